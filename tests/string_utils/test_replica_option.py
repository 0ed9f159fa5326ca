"""The option Replicas."""

import pytest

from tmvalite import MethodDL
from tmvalite.errors import OptionError, Source, Span
from tmvalite.models.form import FORMS
from tmvalite.string_utils import parse_replicas


def replicas(text):
    return parse_replicas(Source(f"V:Replicas={text}", ":"), Span(11, 11 + len(text)))


@pytest.mark.parametrize(
    "text, written, plain",
    [
        ("1", "1|seeds", True),
        ("100", "100|seeds", False),
        ("100|bootstrap", "100|bootstrap", False),
        ("1|bootstrap", "1|bootstrap", False),
        ("5|Folds", "5|folds", False),
        ("2 | seeds", "2|seeds", False),
    ],
)
def test_replicas_have_a_number_and_a_kind(text, written, plain):
    found = replicas(text)
    assert (str(found), found.plain) == (written, plain)


@pytest.mark.parametrize("word", ["n_estimators=10", "ensemble=5", "nReplicas=10"])
def test_the_words_of_other_programs_lead_here(word):
    with pytest.raises(OptionError) as caught:
        FORMS["DL"].table.bind(word)
    assert caught.value.hint == "did you mean 'Replicas'?"


def test_python_gives_a_number_or_a_text():
    assert (
        MethodDL(Replicas=3).booking.replicas == replicas("3") and MethodDL(Replicas="3|folds").booking.replicas.kind == "folds"
    )
    with pytest.raises(OptionError, match="no option is called 'Replicas'"):
        FORMS["DNN"].table.bind("Replicas=3")


EXPECTED = "  expected a number, or number|kind, such as 100|bootstrap; kinds are seeds, bootstrap, folds"


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "10|bootstrp",
            "there are no replicas of the kind 'bootstrp'\n  Replicas=10|bootstrp\n              ^~~~~~~~\n  in Replicas\n"
            f"{EXPECTED}\n  hint: did you mean 'bootstrap'?",
        ),
        (
            "bootstrap",
            "'bootstrap' is no number of replicas from 1 to 10000\n  Replicas=bootstrap\n           ^~~~~~~~~\n  in Replicas\n"
            f"{EXPECTED}\n  hint: write Replicas=100|bootstrap",
        ),
        ("0", f"'0' is no number of replicas from 1 to 10000\n  Replicas=0\n           ^\n  in Replicas\n{EXPECTED}"),
        (
            "10001",
            f"'10001' is no number of replicas from 1 to 10000\n  Replicas=10001\n           ^~~~~\n  in Replicas\n{EXPECTED}",
        ),
        (
            "1000000000001",
            "'1000000000001' is no number of replicas from 1 to 10000\n  Replicas=1000000000001\n           ^~~~~~~~~~~~~\n"
            f"  in Replicas\n{EXPECTED}",
        ),
        ("|seeds", f"Replicas has no number\n  Replicas=|seeds\n           ^\n  in Replicas\n{EXPECTED}"),
        (
            "3|seeds|folds",
            f"Replicas has two fields, not 3\n  Replicas=3|seeds|folds\n           ^~~~~~~~~~~~~\n  in Replicas\n{EXPECTED}",
        ),
        (
            "1|folds",
            "one fold has nothing to train on\n  Replicas=1|folds\n           ^\n  in Replicas\n"
            f"{EXPECTED}\n  hint: write Replicas=5|folds",
        ),
    ],
)
def test_error_replicas(text, message):
    with pytest.raises(OptionError) as caught:
        replicas(text)
    assert str(caught.value) == message and caught.value.code == "replicas"
