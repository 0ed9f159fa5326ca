"""DENSE: u = x W^T + b, y = f(u)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tmvalite.activations import ACTIVATIONS, DEFAULT
from tmvalite.errors import Span, quoted
from tmvalite.layers.base import (
    REGISTRY,
    ActivationName,
    Attribute,
    Example,
    Layer,
    Parameter,
    Shape,
    WeightElement,
    arg,
    declared_fields,
    register,
)
from tmvalite.layers.formula import FormulaError, depends_on_variables, evaluate, evaluate_width
from tmvalite.layers.shapes import as_vector
from tmvalite.string_utils.numbers import number_hint

_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"[0-9]+")


@register("DENSE")
@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected layer: (N, D) -> (N, width).

    Fields may stand in any order; the last activation counts, the first width counts. A width of 0 or none is the
    number of outputs of the method.
    """

    width: int = arg("number of nodes, a number or a formula in N", minimum=1)
    activation: str = arg("function of every node", type=ActivationName, default=DEFAULT)

    tmva = True
    drops_input = True
    implied = True
    weight_element = WeightElement(
        "DenseLayer",
        (Attribute("Width", "width"), Attribute("ActivationFunction", "activation")),
        (("Weights", "Weights"), ("Biases", "Biases")),
    )
    other_names = ("LINEARLAYER", "FC", "FULLYCONNECTED", "AFFINE", "GEMM")
    examples = (
        Example("DENSE|7|TANH", ((5,),), (7,)),
        Example("DENSE|RELU|3", ((5,),), (3,)),
        Example("TANH|N+2", ((5,),), (7,)),
        Example("DENSE|4|SOFTMAX", ((3,),), (4,)),
        Example("LINEAR", ((5,),), (1,)),
    )

    @classmethod
    def begins(cls, word) -> bool:
        """Whether an item without a kind may begin with this field: an activation, or what may be a width."""
        return word.text in ACTIVATIONS or word.text in ("N", "n") or not _WORD.fullmatch(word.text)

    @classmethod
    def from_fields(cls, words, context):
        width, activation, surplus, overridden = 0, None, [], []
        for word in words:
            if word.text == cls.kind:
                continue
            if word.text in ACTIVATIONS:
                if activation is not None:
                    overridden.append(activation)
                activation = word
            elif width:
                surplus.append(word)
            elif _WORD.fullmatch(word.text) and word.text not in ("N", "n"):
                surplus.append(word)
            else:
                width = _width(word, context)
        name = activation.text if activation else DEFAULT
        if not width:
            width = context.n_outputs
            if context.hidden:
                context.warn(
                    f"{cls.kind} without a width has as many nodes as the method has outputs, {width}, also inside the network",
                    code="dense-no-width",
                    hint=f"write its number of nodes{_comma_hint(words, context)}",
                    lost=True,
                )
        if _is_rest(words, context):
            ended = context.before[0].text
            context.warn(
                f"the comma before {quoted('|'.join(w.text for w in words))} ends {ended}; what follows is one dense layer of "
                f"{width} nodes with {name}, as in TMVA",
                code="comma-for-bar",
                hint=_decimal_hint(words, context) or f"write '|' for the comma, if the fields belong to {ended}",
                lost=True,
            )
            return cls(width, name)
        _complain(cls.kind, width, name, surplus, overridden, context)
        return cls(width, name)

    def output_shape(self, x: Shape) -> Shape:
        as_vector(self.kind, x)
        return (self.width,)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return (
            Parameter("Weights", (self.width, as_vector(self.kind, x)), decays=True),
            Parameter("Biases", (self.width, 1), init="zero"),
        )

    def lower(self, low, inputs, slots):
        y = low.tensor(slots["Weights"].shape[0])
        low.emit("Product", x=inputs[0], y=y, weights=slots["Weights"], bias=slots["Biases"])
        return low.map(y, self.activation)

    def reverse(self, low, node, gradient, slots):
        y = low.tensor(slots["Weights"].shape[1])
        return low.emit("ReverseProduct", x=gradient, y=y, weights=slots["Weights"], owned=tuple(slots.values()))

    def onnx(self, forms, inputs, shapes, parameters):
        bias = forms.constant(parameters["Biases"].ravel())
        y = forms.node("Gemm", inputs[0], forms.constant(parameters["Weights"]), bias, transB=1)
        return forms.activation(y, self.activation)


def _comma_hint(words, context) -> str:
    """What an activation alone stands behind: `DENSE|16,RELU`."""
    before = [w.text for w in context.before]
    cls = REGISTRY.get(before[0]) if len(before) > 1 else None
    takes_one = cls is not None and any(f.metadata["arg"].type is ActivationName for f in declared_fields(cls))
    if len(words) == 1 and takes_one and not set(before) & set(ACTIVATIONS):
        return f", or '|' for the comma before {words[0].text}"
    return ""


def _decimal_hint(words, context) -> str | None:
    """What to write where a decimal comma ended an item: DROPOUT|0,5."""
    cls, last = REGISTRY.get(context.before[0].text), len(context.before) - 2
    declared = declared_fields(cls) if cls is not None else ()
    reads_float = 0 <= last < len(declared) and declared[last].metadata["arg"].type is float
    return f"write {context.before[-1]}.{words[0]}, with a point" if reads_float and len(words) == 1 else None


def _is_rest(words, context) -> bool:
    """Whether numbers alone, or several of them, follow a layer that is not dense: a comma stands for a '|'."""
    if not context.before or context.before[0].text == context.kind or context.before[0].text in ACTIVATIONS:
        return False
    numbers = [w for w in words if _NUMBER.fullmatch(w.text)]
    others = [w for w in words if w not in numbers]
    return bool(numbers) and (not others or (len(numbers) > 1 and all(w.text in ACTIVATIONS for w in others)))


def _width(word, context) -> int:
    try:
        width = evaluate_width(word.text, context.n_variables)
        if not depends_on_variables(word.text) and evaluate(word.text, context.n_variables) != width:
            context.warn(
                f"the width {word.text} is no whole number; the layer has {width} nodes, as in TMVA",
                code="width-truncated",
                word=word,
                name="width",
                hint=f"write {width}",
            )
        return width
    except FormulaError as error:
        span = Span(word.span.start + error.start, min(word.span.start + error.stop, word.span.stop))
        context.fail(
            f"{quoted(word.text)} is no width: {error}",
            code="width",
            span=span,
            name="width",
            expected="a number of nodes or a formula in N, such as 64 or (N+100)*2",
            hint=number_hint(word.text) or context.word_hint(word.text, ()),
        )


def _complain(kind, width, activation, surplus, overridden, context) -> None:
    """One warning about everything that TMVA's reading of a dense layer swallows."""
    ignored = sorted(surplus + overridden, key=lambda word: word.span.start)
    if not ignored:
        return
    if len(ignored) == 1 and surplus and _WORD.fullmatch(surplus[0].text) and surplus[0].text not in ("N", "n"):
        word = surplus[0]
        used = f"{activation} is used" if activation != DEFAULT else f"{DEFAULT} is used, as in TMVA"
        context.warn(
            f"{kind} has no activation {quoted(word.text)}; {used}",
            code="activation-unknown",
            word=word,
            name="activation",
            expected=tuple(ACTIVATIONS),
            hint=context.word_hint(word.text, ACTIVATIONS),
            lost=True,
        )
        return
    text = ", ".join(quoted(word.text) for word in ignored[:6]) + (" and more" if len(ignored) > 6 else "")
    context.warn(
        f"this is one dense layer of {width} nodes with {activation}, as in TMVA; {text} {_is(ignored)} ignored",
        code="field-surplus",
        span=Span(ignored[0].span.start, ignored[-1].span.stop),
        hint="a comma begins the next layer",
        lost=True,
    )


def _is(words) -> str:
    return "is" if len(words) == 1 else "are"
