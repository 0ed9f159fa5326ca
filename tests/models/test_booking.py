"""A Booking is what a string means before data; `tmvalite check` prints it, so that both agree."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from tests.networks import register_without_kernels
from tmvalite import plan
from tmvalite.errors import Diagnostics, OptionError
from tmvalite.methods import MethodAE, MethodDL
from tmvalite.methods.understood import understand
from tmvalite.models.booking import book
from tmvalite.models.form import FORMS
from tmvalite.training import network

ROOT = Path(__file__).resolve().parents[2]
TWO_OUTPUTS = "h=DENSE|8|TANH,a=DENSE|1|LINEAR@h,b=DENSE|1|LINEAR@h,OUTPUT|CROSSENTROPY@a,OUTPUT|SUMOFSQUARES|0.5@b"
HALVES = "Encoder={DENSE|8|TANH,LATENT|2}Decoder={DENSE|8|TANH,DENSE|N|LINEAR}"


@pytest.mark.parametrize("name", FORMS)
def test_the_defaults_of_every_method_are_understood_without_a_remark(name):
    diagnostics = Diagnostics()
    booking = book(FORMS[name], diagnostics=diagnostics)
    assert booking.method == name and booking.layout.parts and not diagnostics.warnings
    with pytest.raises(dataclasses.FrozenInstanceError):
        booking.layout = None


def test_check_and_booking_have_the_same_options_and_phases():
    phases = "LearningRate=1e-2,BatchSize=7,TestRepetitions=1|LearningRate=1e-3,BatchSize=9,TestRepetitions=1"
    text = f"InputLayout=1|1|3:VarTransform=N:Layout={HALVES}:KLWeight=0.5:TrainingStrategy={phases}"
    method, report = MethodAE(text), understand(text, method="AE")
    assert dict(report.bound.values) == dict(method.bound.values) and report.phases == method.phases
    assert report.booking.layout == method.booking.layout and str(report.blueprint.prior) == "GAUSS|0|1"


@pytest.mark.parametrize("make", [MethodDL, MethodAE])
def test_targets_beside_the_classes_may_come_with_the_data(make):
    layout = TWO_OUTPUTS if make is MethodDL else f"{HALVES}Head={{{TWO_OUTPUTS}}}"
    assert not make(f"InputLayout=1|1|4:Layout={layout}").is_trained
    assert not understand(f"Layout={layout}", method=make.form.name).diagnostics.warnings


def test_a_loss_that_no_data_can_help_is_refused_when_booked():
    with pytest.raises(OptionError, match="MUTUALEXCLUSIVE needs an output for every class"):
        MethodDL("Layout=TANH|4,LINEAR:ErrorStrategy=MUTUALEXCLUSIVE")


def test_a_layer_without_kernels_is_understood_by_check_and_refused_when_booked(monkeypatch):
    register_without_kernels(monkeypatch, "NOVELTY")
    text = "InputLayout=1|1|3:Layout=NOVELTY,LINEAR"
    assert understand(text).unavailable == ["NOVELTY"]
    with pytest.raises(OptionError, match="NOVELTY is understood, but it cannot be trained or applied yet"):
        MethodDL(text)


def test_strings_of_another_methods_blocks_are_refused_and_not_a_key_error():
    with pytest.raises(OptionError, match="MethodGAN needs two networks"):
        understand(f"Layout={HALVES}", method="GAN")


@pytest.mark.parametrize("name", FORMS)
def test_what_a_string_means_is_said_without_the_engine(name):
    code = (
        "import sys; from tmvalite.methods.understood import understand;"
        f"understand('', method={name!r}); print(*{{'numba', 'uproot', 'rich'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not done.stdout.strip()


def test_booking_makes_no_plan(monkeypatch):
    def refuse(*args, **keywords):
        raise AssertionError("a plan that nobody runs")

    monkeypatch.setattr(plan, "make_plan", refuse)
    monkeypatch.setattr(network, "make_plan", refuse)
    for more in ("", ":LatentLoss=MMD:Layout=Encoder={DENSE|2|SIGMOID}Decoder={DENSE|N|LINEAR}:Sparsity=KL", ":LatentLoss=ADV"):
        layout = "" if "Layout=" in more else f":Layout={HALVES.replace('LATENT|2', 'DENSE|2|LINEAR')}"
        MethodAE("InputLayout=1|1|4" + layout + more)
