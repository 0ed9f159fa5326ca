"""MethodDL and weight files: a trained model as a WeightFile, and back.

A network that ROOT can run is written with TMVA's elements and TMVA's options only, since ROOT refuses any other; what is
ours stands in entries of GeneralInfo, which ROOT passes over.
"""

from __future__ import annotations

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import FileError
from tmvalite.io.weight_file import NetworkRecord, OptionRecord, WeightFile
from tmvalite.methods.dl_network import Blueprint
from tmvalite.methods.file_facts import OPTIONS, labels_of
from tmvalite.methods.model import Model
from tmvalite.methods.network_file import block_record, header_sizes, layer_records, network_of_block, network_of_layers
from tmvalite.methods.options import EXTENSIONS, file_options
from tmvalite.training import losses
from tmvalite.training.initialisation import CODES as INITIALISATION_CODES
from tmvalite.training.losses import Objective
from tmvalite.training.network import Network
from tmvalite.training.optimizers import REGULARIZATIONS

_STRATEGY_OF_CODE = {code: name for name, code in losses.LOSS_CODES.items()}
_FUNCTIONS, _LOSSES, _CLASS_WIDTH = "OutputFunctions", "Losses", "ClassWidth"


# ---------------------------------------------------------------------------------------------- writing


def describe_for_file(model: Model, method, blueprint: Blueprint) -> None:
    """Put into a newly trained model what its weight file will say: options, header, settings."""
    bound, phase = method.bound, method.phases[0]
    objective = blueprint.objectives[0]
    replaced = {"ErrorStrategy": objective.strategy}
    initialisation = bound.values.WeightInitialization
    if initialisation not in INITIALISATION_CODES:
        replaced["WeightInitialization"] = "XAVIER"
    model.options = [
        OptionRecord(name, "".join(replaced.get(name, text).split()), modified) for name, text, modified in file_options(bound)
    ]
    ours = [
        f"{name}={text}"
        for name, text, modified in bound.items()
        if modified and (name in EXTENSIONS or name in replaced and name != "ErrorStrategy")
    ]
    if ours:
        model.facts[OPTIONS] = ":".join(ours)
    model.settings = {
        _LOSSES: "+".join(o.strategy for o in blueprint.objectives),
        _FUNCTIONS: "+".join(o.function for o in blueprint.objectives),
        _CLASS_WIDTH: str(blueprint.class_width),
    }
    if layer_records(blueprint.graph, model.network.parameters) is None:
        return
    model.header = header_sizes(blueprint.graph, phase.batch_size) | {
        "LossFunction": losses.LOSS_CODES[objective.strategy],
        "Initialization": INITIALISATION_CODES.get(initialisation, "X"),
        "Regularization": str(REGULARIZATIONS[phase.regularization]),
        "OutputFunction": losses.FUNCTION_CODES[objective.function],
        "WeightDecay": float(phase.weight_decay),
    }


def weight_file(title: str, model: Model) -> WeightFile:
    """A trained model as a weight file."""
    info, parameters = model.info, model.network.parameters
    file = WeightFile(
        "DL",
        title,
        dict(model.facts),
        list(model.options),
        list(info.variables),
        list(info.spectators),
        list(info.targets),
        list(info.classes),
        model.chain.to_records(),
        list(model.pdfs),
    )
    layers = layer_records(model.network.graph, parameters) if model.header else None
    if layers is not None:
        file.header, file.network = dict(model.header) | {"NetDepth": len(layers)}, layers
    else:
        block = block_record(model.network.graph, parameters)
        file.extension = NetworkRecord([block], model.network.precision, dict(model.settings))
    return file


# ---------------------------------------------------------------------------------------------- reading


def model(file: WeightFile, analysis: str) -> Model:
    """The trained model that a weight file states. Raises FileError, DataError and OptionError (transformations)."""
    info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
    if file.extension is not None:
        graph, matrices, objectives, class_width, precision = _read_extension(file)
    else:
        graph, matrices = network_of_layers(file)
        function = losses.FUNCTION_OF_CODE[file.header["OutputFunction"]]
        objectives = (Objective(_STRATEGY_OF_CODE[file.header["LossFunction"]], function),)
        class_width = 0 if analysis == "regression" else graph.outputs[0].value.size
        double = file.dtype is np.float64 or "Precision=float64" in file.info.get(OPTIONS, "").split(":")
        precision = "float64" if double else "float32"
    _check_sizes(graph, info, analysis, class_width)
    network = Network(
        graph,
        precision=precision,
        losses=tuple(o.loss for o in objectives),
        output_functions=tuple(o.function for o in objectives),
    )
    for node, name, values in matrices:
        network.parameters.set(node, name, values)
    chain = TransformChain.from_records(file.transforms, info)
    result = Model(network, chain, info, analysis, labels_of(file, info), class_width, flat=info.n_targets == 1)
    result.facts, result.header, result.options = dict(file.info), dict(file.header), list(file.options)
    result.settings = dict(file.extension.settings) if file.extension is not None else {}
    result.pdfs = list(file.pdfs)
    if file.method_type == "DNN":
        result.header = _as_dl_header(file, graph)
    return result


def _read_extension(file: WeightFile):
    extension = file.extension
    if [block.name for block in extension.blocks] != [""]:
        names = ", ".join(block.name for block in extension.blocks)
        raise FileError(f"the weight file has the networks {names}; MethodDL has one without a name", code="network-blocks")
    graph, matrices = network_of_block(extension.blocks[0])
    strategies = extension.settings.get(_LOSSES, "").split("+")
    functions = extension.settings.get(_FUNCTIONS, "").split("+")
    width = extension.settings.get(_CLASS_WIDTH, "")
    good = (
        len(strategies) == len(functions) == len(graph.outputs)
        and set(strategies) <= set(losses.LOSS_CODES)
        and set(functions) <= set(losses.FUNCTION_CODES)
        and width.isascii()
        and width.isdecimal()
        and len(width) < 10
    )
    if not good:
        raise FileError(
            "the weight file does not say what its outputs mean",
            code="network-settings",
            expected=f"settings {_LOSSES}, {_FUNCTIONS} and {_CLASS_WIDTH} for {len(graph.outputs)} outputs",
        )
    objectives = tuple(Objective(s, f) for s, f in zip(strategies, functions))
    return graph, matrices, objectives, int(width), extension.precision


def _check_sizes(graph, info: DataSetInfo, analysis: str, class_width: int) -> None:
    """Inputs and outputs must be those of the variables, classes and targets."""
    if graph.input_size != info.n_variables:
        raise FileError(
            f"the network reads {graph.input_size} values, but the weight file has {info.n_variables} variables",
            code="network-inputs",
        )
    n_outputs = sum(output.value.size for output in graph.outputs)
    if any(len(output.value.shape) != 1 for output in graph.outputs):
        raise FileError("the last layer of the weight file gives no vector", code="network-outputs")
    wanted = {"multiclass": info.n_classes, "regression": 0}.get(analysis, class_width or 1)
    if analysis == "classification" and info.n_classes != 2:
        raise FileError(f"a classification has two classes, the weight file {info.n_classes}", code="network-outputs")
    if class_width != wanted or (analysis == "regression" and n_outputs != info.n_targets):
        what = f"{info.n_targets} targets" if analysis == "regression" else f"{info.n_classes} classes"
        raise FileError(f"the network has {n_outputs} outputs, but the weight file {what}", code="network-outputs")
    if len(graph.outputs) > 1 and n_outputs - class_width != info.n_targets:
        raise FileError(f"{n_outputs - class_width} outputs stand for {info.n_targets} targets", code="network-outputs")


def _as_dl_header(file: WeightFile, graph) -> dict:
    """The header of a MethodDNN file in the form of MethodDL."""
    return header_sizes(graph, 1) | {
        "LossFunction": file.header["LossFunction"],
        "Initialization": "X",
        "Regularization": "0",
        "OutputFunction": file.header["OutputFunction"],
        "WeightDecay": 0.0,
    }
