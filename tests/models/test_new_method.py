"""One more method is one more file: tests/models/toy_gan.py, a GAN, is all that is written for it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.methods.samples import strategy
from tmvalite.errors import Diagnostics
from tmvalite.methods import METHODS, load
from tmvalite.methods.understood import understand
from tmvalite.models.form import FORMS

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = f"VarTransform=N:NoiseSize=3:RandomSeed=5:TrainingStrategy={strategy(4)}"


@pytest.fixture
def toy():
    """The class, known for one test; an imported module stays, so that what it registered is put back."""
    from tests.models import toy_gan

    FORMS["TOY"], METHODS["TOY"] = toy_gan.FORMS.get("TOY", toy_gan.MethodToy.form), toy_gan.MethodToy
    yield toy_gan.MethodToy
    FORMS.pop("TOY", None), METHODS.pop("TOY", None)


def events(n=200):
    return np.random.default_rng(1).normal(2.0, 0.5, (n, 2)).astype(np.float32)


@pytest.mark.filterwarnings("ignore:no epoch had a smaller validation error")
def test_it_is_trained_saved_and_read_back_with_the_same_bits(toy, tmp_path):
    method = toy(OPTIONS).fit(events(), progress="silent")
    again = toy(OPTIONS).fit(events(), progress="silent")
    assert np.array_equal(method.network.parameters.flat, again.network.parameters.flat)
    method.save(tmp_path / "toy.xml")
    read = load(tmp_path / "toy.xml")
    assert type(read) is toy and method.sample(7, seed=3).shape == (7, 2)
    assert np.array_equal(read.GetMvaValues(events()), method.GetMvaValues(events()))
    assert np.array_equal(read.sample(7, seed=3), method.sample(7, seed=3))


@pytest.mark.filterwarnings("ignore:no epoch had a smaller validation error")
def test_its_own_validation_loss_is_the_one_of_the_history(toy):
    history = toy(OPTIONS).fit(events(), progress="silent").history
    assert history["epoch"] == [1, 2, 3, 4]
    assert all(0.3 < loss < 2.0 for loss in history["valid_loss"])  # ln 2 where real and generated cannot be told apart


def test_check_reads_its_strings(toy):
    report = understand(OPTIONS, method="TOY", n_variables=2, diagnostics=Diagnostics())
    assert "MethodTOY, classification, 2 variables" in report.as_text()
    assert {name: graph.input_size for name, graph in report.graphs.items()} == {"Generator": 3, "Discriminator": 2}
    assert report.bound.values.NoiseSize == 3


def test_the_command_line_and_types_ask_the_registries():
    """In a process of its own: the enumeration of methods is made when Types is first used."""
    code = (
        "import tests.models.toy_gan, tmvalite, tmvalite.cli, sys; print(tmvalite.Types.kTOY.name);"
        "from tmvalite.workflow.method_booking import REGISTRY; print(REGISTRY[tmvalite.Types.kTOY].__name__);"
        "sys.exit(tmvalite.cli.main(['check', '--method', 'TOY', 'NoiseSize=4']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    named, made, *lines = done.stdout.splitlines()
    assert (named, made) == ("kTOY", "MethodToy")
    first = "MethodTOY, classification, 4 variables (assumed: give --variables or InputLayout)"
    assert " ".join(line.strip() for line in lines[:2]) == first


def test_the_methods_of_the_package_are_these():
    assert list(FORMS) == ["DL", "DNN", "AE", "GAN"] and list(METHODS) == ["DL", "DNN", "AE", "GAN"]
    assert [tmvalite.Types.kAE.value, tmvalite.Types.kDL.name] == [1001, "kDL"]
