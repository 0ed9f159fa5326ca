"""Which loss and which output function; the functions themselves."""

import numpy as np
import pytest

from tests.helpers import EXACT_FLOAT64, assert_close
from tests.naive import activations
from tmvalite import losses, mathematics
from tmvalite.errors import Diagnostics, OptionError, Source, Span


def resolve(analysis, strategy, given=True, width=1):
    diagnostics = Diagnostics(Source(f"ErrorStrategy={strategy}", ":"))
    span = Span(14, 14 + len(strategy))
    found = losses.objective(analysis, strategy, given=given, width=width, diagnostics=diagnostics, span=span)
    return found, diagnostics.warnings


@pytest.mark.parametrize(
    "analysis, strategy, given, width, kernel, function",
    [
        ("classification", "CROSSENTROPY", False, 1, "CROSSENTROPY", "sigmoid"),
        ("classification", "SUMOFSQUARES", True, 1, "SUMOFSQUARES_SIGMOID", "sigmoid"),
        ("classification", "MUTUALEXCLUSIVE", True, 2, "MUTUALEXCLUSIVE", "softmax"),
        ("regression", "CROSSENTROPY", False, 3, "SUMOFSQUARES", "identity"),
        ("regression", "SUMOFSQUARES", True, 3, "SUMOFSQUARES", "identity"),
        ("multiclass", "CROSSENTROPY", False, 4, "MUTUALEXCLUSIVE", "softmax"),
        ("multiclass", "SUMOFSQUARES", True, 4, "SUMOFSQUARES", "softmax"),
    ],
)
def test_resolved_without_a_warning(analysis, strategy, given, width, kernel, function):
    found, warnings = resolve(analysis, strategy, given, width)
    assert (found.loss, found.function) == (kernel, function) and not warnings


def test_error_warning_regression_with_another_loss():
    found, warnings = resolve("regression", "CROSSENTROPY")
    assert found.loss == "SUMOFSQUARES"
    assert [str(w) for w in warnings] == [
        "a regression is trained with SUMOFSQUARES, as in TMVA; CROSSENTROPY is ignored\n"
        "  ErrorStrategy=CROSSENTROPY\n"
        "                ^~~~~~~~~~~~\n"
        "  hint: write ErrorStrategy=SUMOFSQUARES"
    ]


def test_error_warning_multiclass_with_cross_entropy():
    found, warnings = resolve("multiclass", "CROSSENTROPY", width=3)
    assert (found.loss, found.function) == ("CROSSENTROPY", "softmax")
    assert [str(w) for w in warnings] == [
        "CROSSENTROPY trains every class by itself, but the values of the classes are made to sum to 1, as in TMVA\n"
        "  ErrorStrategy=CROSSENTROPY\n"
        "                ^~~~~~~~~~~~\n"
        "  hint: write ErrorStrategy=MUTUALEXCLUSIVE"
    ]


def test_error_mutual_exclusion_needs_an_output_for_every_class():
    with pytest.raises(OptionError) as caught:
        resolve("classification", "MUTUALEXCLUSIVE")
    assert str(caught.value) == (
        "MUTUALEXCLUSIVE needs an output for every class; a classification has one output for both\n"
        "  ErrorStrategy=MUTUALEXCLUSIVE\n"
        "                ^~~~~~~~~~~~~~~\n"
        f"  expected one of: {', '.join(name for name in losses.losses_for('classification') if name != 'MUTUALEXCLUSIVE')}\n"
        "  hint: write ErrorStrategy=CROSSENTROPY"
    )


def test_tmva_s_losses_and_letters_are_listed_first():
    assert list(losses.LOSSES)[:3] == ["CROSSENTROPY", "SUMOFSQUARES", "MUTUALEXCLUSIVE"]
    assert losses.LETTERS == {"C": "CROSSENTROPY", "R": "SUMOFSQUARES", "S": "MUTUALEXCLUSIVE"}


def test_error_a_loss_of_ours_where_it_trains_nothing(monkeypatch):
    class Narrow(losses.Loss):
        name = "NARROW"
        uses = {"regression": losses.Use("identity")}

    monkeypatch.setitem(losses.LOSSES, "NARROW", Narrow())
    for call in (lambda: resolve("multiclass", "NARROW"), lambda: losses.reconstruction("NARROW")):
        with pytest.raises(OptionError, match="NARROW does not train a") as caught:
            call()
    assert "NARROW does not train an autoencoder\n  expected one of: CROSSENTROPY, SUMOFSQUARES" in str(caught.value)
    assert resolve("regression", "NARROW")[0] == losses.Objective("NARROW", "identity")


def test_output_functions_are_exact_and_do_not_overflow():
    x = np.array([[-1e4, -3.0, 0.0], [0.5, 700.0, 1e4]])
    with np.errstate(all="raise", under="ignore"):
        s, m = mathematics.sigmoid(x), mathematics.softmax(x)
    assert_close(s, [[activations.sigmoid(v) for v in row] for row in x], EXACT_FLOAT64)
    assert_close(m, [activations.softmax(row) for row in x], EXACT_FLOAT64)
