"""The option Prior."""

import pytest

from tmvalite.errors import OptionError, Source, Span
from tmvalite.string_utils import parse_prior


def prior(text):
    return parse_prior(Source(f"V:Prior={text}", ":"), Span(8, 8 + len(text)))


@pytest.mark.parametrize(
    "text, written",
    [("GAUSS|0|1", "GAUSS|0|1"), ("GAUSS", "GAUSS|0|1"), ("UNIFORM", "UNIFORM|-1|1"), ("GAUSS|-1.5|2e-1", "GAUSS|-1.5|0.2")],
)
def test_a_prior_has_a_kind_and_two_numbers(text, written):
    assert str(prior(text)) == written


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "GAUS|0|1",
            "there is no prior 'GAUS'\n  Prior=GAUS|0|1\n        ^~~~\n  in Prior\n"
            "  expected GAUSS|mean|sigma or UNIFORM|low|high\n  hint: did you mean 'GAUSS'?",
        ),
        (
            "GAUSS|1",
            "GAUSS has 2 numbers, not 1\n  Prior=GAUSS|1\n        ^~~~~~~\n  in Prior\n"
            "  expected GAUSS|mean|sigma or UNIFORM|low|high",
        ),
        ("GAUSS|0|0", "the sigma of GAUSS is 0\n  Prior=GAUSS|0|0\n                ^\n  in Prior\n  expected a number above 0"),
        (
            "UNIFORM|1|-1",
            "UNIFORM ends at -1, before it begins\n  Prior=UNIFORM|1|-1\n                  ^~\n  in Prior\n"
            "  expected a number above 1",
        ),
        (
            "GAUSS|0|1x",
            "'1x' is not a number\n  Prior=GAUSS|0|1x\n                ^~\n  in Prior\n"
            "  expected GAUSS|mean|sigma or UNIFORM|low|high",
        ),
        (
            "GAUSS|zero|1",
            "'zero' is not a number; TMVA would read the mean of GAUSS as 0\n  Prior=GAUSS|zero|1\n"
            "              ^~~~\n  in Prior\n  expected a number",
        ),
    ],
)
def test_error_prior(text, message):
    with pytest.raises(OptionError) as caught:
        prior(text)
    assert str(caught.value) == message
