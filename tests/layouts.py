"""Networks around one layer, from the examples in its file. Mostly a dense layer comes first: no place is 0 by chance."""

from __future__ import annotations

import numpy as np

from tmvalite.layers import REGISTRY

NAMES = "abcdefgh"
EXAMPLES = [(cls, example) for cls in REGISTRY.values() if not cls.marks_output for example in cls.examples]


def size(shape):
    return int(np.prod(shape))


def name_of(example):
    return f"{example.text} {example.inputs}"


def kind_of(example):
    return example.text.partition("@")[0].partition("|")[0]


def in_front(example):
    """The names of dense layers, with tanh, whose values are the inputs of the layer; None where no layer can give them."""
    if any(len(shape) == 2 for shape in example.inputs):
        return None  # a sequence
    return [f"{name}1" for name in NAMES[: len(example.inputs)]]


def alone(example):
    """A layout that reads the inputs of the layer y, holds it alone and gives its output as a vector, and the named inputs."""
    text = example.text.partition("@")[0]
    if kind_of(example) == "TIED":
        return f"h=DENSE|{example.inputs[0][0]}|TANH,y={text}@h,RESHAPE|FLAT", (("a", example.output),)
    sources = NAMES[: len(example.inputs)]
    return f"y={text}@{'+'.join(sources)},RESHAPE|FLAT", tuple(zip(sources, example.inputs))


def around(example):
    """A layout with the layer y, and its named inputs, and the shape of what it gives.

    The layer reads dense layers of the inputs, and gives a vector. A layer of sequences, which no dense layer gives, reads them
    as they are, and a dense layer of one more input, which comes first, goes into the output beside it.
    """
    text, nodes, sources = example.text.partition("@")[0], [], []
    if kind_of(example) == "TIED":  # uses the weights of the layer that it reads
        inner, outer = example.inputs[0][0], example.output[0]
        return f"a1=DENSE|{outer}|TANH@a,h=DENSE|{inner}|TANH@a1,y={text}@h,RESHAPE|FLAT", (("a", (outer,)),)
    inputs = tuple(zip(NAMES, example.inputs))
    if in_front(example) is None:
        sources = [name for name, _ in inputs]
        layout = f"z1=DENSE|3|TANH@z,y={text}@{'+'.join(sources)},y1=RESHAPE|FLAT@y,CONCAT@z1+y1"
        return layout, (("z", (2,)), *inputs)
    for name, shape in inputs:
        nodes.append(f"{name}1=DENSE|{size(shape)}|TANH@{name}")
        sources.append(f"{name}1")
        if len(shape) == 3:
            nodes.append(f"{name}2=RESHAPE|{'|'.join(map(str, shape))}@{name}1")
            sources[-1] = f"{name}2"
    return ",".join([*nodes, f"y={text}@{'+'.join(sources)},RESHAPE|FLAT"]), tuple((n, (size(s),)) for n, s in inputs)


def between(example):
    """The layer between dense layers, so that its gradient reaches parameters; None where there is no such layout."""
    if in_front(example) is None:
        return None
    nodes, text = [], example.text.partition("@")[0].replace("N+2", str(example.output[0]))
    if kind_of(example) == "TIED":
        a, h = example.output[0], example.inputs[0][0]
        return f"a=DENSE|{a}|TANH,h=DENSE|{h}|TANH,y={text}@h,RESHAPE|FLAT@y,DENSE|2|LINEAR"
    for name, shape in zip(NAMES, example.inputs):
        reshape = {1: "", 3: f",{name}=RESHAPE|{'|'.join(map(str, shape))}@{name}0"}
        first = f"{name}0" if len(shape) > 1 else name
        nodes.append(f"{first}=DENSE|{size(shape)}|TANH@input{reshape[len(shape)]}")
    return ",".join(nodes) + f",y={text}@{'+'.join(NAMES[: len(example.inputs)])},RESHAPE|FLAT@y,DENSE|2|LINEAR"


def with_sink(example):
    """Dense layers of three variables, the sink y on them, and an output that reads them too."""
    nodes, names = [], NAMES[: len(example.inputs)]
    for name, shape in zip(names, example.inputs):
        flat = len(shape) == 1
        nodes.append(f"{name}{'' if flat else '0'}=DENSE|{size(shape)}|SIGMOID@input")
        if not flat:
            nodes.append(f"{name}=RESHAPE|{'|'.join(map(str, shape))}@{name}0")
    text = example.text.partition("@")[0]
    layout = ",".join(nodes) + f",y={text}@{'+'.join(names)}," + ",".join(f"{n}1=RESHAPE|FLAT@{n}" for n in names)
    return layout + (",CONCAT@" + "+".join(f"{n}1" for n in names) if len(names) > 1 else "")
