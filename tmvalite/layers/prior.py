"""The prior that MMD and SWD compare codes with: GAUSS|mean|sigma or UNIFORM|low|high, the last fields of these layers."""

from __future__ import annotations

from dataclasses import replace

from tmvalite.layers.base import Layer, arg

DEFAULTS = {"GAUSS": (0.0, 1.0), "UNIFORM": (-1.0, 1.0)}


class CodeDistance(Layer):
    """A layer with the fields `prior`, `first` and `second`."""

    @property
    def code_prior(self):
        return self.prior, self.first, self.second

    def with_code_prior(self, kind, first, second):
        return replace(self, prior=kind, first=first, second=second)


def prior_arg():
    return arg("distribution that the codes shall have", type=str, default="GAUSS", choices=tuple(DEFAULTS))


def first_arg():
    return arg("mean of GAUSS, lower end of UNIFORM", type=float, default=0.0)


def second_arg():
    return arg("standard deviation of GAUSS, upper end of UNIFORM", type=float, default=1.0)


def checked_prior(layer, words, context):
    """The layer with the usual numbers where none are written; complains about a width or an interval that is not positive."""
    if words and words[-1].text in DEFAULTS:
        first, second = DEFAULTS[layer.prior]
        layer = replace(layer, first=first, second=second)
    word = words[-1] if words else None
    if layer.prior == "GAUSS" and layer.second <= 0:
        context.fail(
            f"{layer.kind} cannot have sigma {layer.second:g}",
            code="field-range",
            word=word,
            name="second",
            expected="standard deviation of GAUSS, above 0",
        )
    if layer.prior == "UNIFORM" and layer.second <= layer.first:
        context.fail(
            f"UNIFORM of {layer.kind} ends at {layer.second:g}, before it begins",
            code="field-range",
            word=word,
            name="second",
            expected=f"upper end of UNIFORM, above {layer.first:g}",
        )
    return layer
