"""A trained network as a weight file, and back, for every method.

A single chain of layers that ROOT can run is written with TMVA's elements and TMVA's options only, since ROOT refuses any
other; what is ours stands in entries of GeneralInfo, which ROOT passes over. Everything else stands in our <Network> element,
a block for each network. TMVA's own MethodAE wrote one stack of layers that does not say where the encoder ends; such a file
is refused.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import FileError, Source, TmvaliteWarning, quoted, warn_user
from tmvalite.graph import Graph
from tmvalite.graph.expand import implied_kind
from tmvalite.graph.join import reads
from tmvalite.io.weight_file import BlockRecord, NetworkRecord, OptionRecord, WeightFile
from tmvalite.losses import FUNCTION_CODES, FUNCTION_OF_CODE, LETTERS, LOSSES, Objective, is_function
from tmvalite.models import network_file
from tmvalite.models.blueprint import Blueprint, joined, network_of, node_name
from tmvalite.models.booking import Booking
from tmvalite.models.conditions import conditions_text, read_conditions
from tmvalite.models.form import TRUTH, VARIABLES, Form
from tmvalite.models.latent import LATENT_TERMS
from tmvalite.models.options import OF_THE_RUN
from tmvalite.models.output_densities import check_records
from tmvalite.models.replica_file import replica_set, replicas_record
from tmvalite.models.trained import Description, Trained
from tmvalite.optimizers import REGULARIZATIONS
from tmvalite.string_utils import OptionTable, parse_prior
from tmvalite.training.initialisation import CODES as INITIALISATION_CODES

# The versions whose schema is written; ROOT compares the numbers in brackets: major * 65536 + minor * 256 + patch.
RELEASES = {"TMVA Release": "4.2.1 [262657]", "ROOT Release": "6.32/04 [401412]"}
# entries of GeneralInfo that are ours
LABELS, SEED, OPTIONS, INTERRUPTED = "Class labels", "Random seed", "tmvalite options", "Training interrupted"


# ---------------------------------------------------------------------------------------------- before the training


def describe(
    booking: Booking, blueprint: Blueprint, info: DataSetInfo, *, n_events: int, seed: int, labels: tuple
) -> Description:
    """What the weight file of a training will say beside the network; its end adds date, host and time to the facts."""
    bound, single = booking.bound, "" in blueprint.blocks
    replaced = {}
    initialisation = bound.values.WeightInitialization
    if single:
        replaced["ErrorStrategy"] = blueprint.objectives[0].strategy
        if initialisation not in INITIALISATION_CODES:
            replaced["WeightInitialization"] = "XAVIER"
    items, ours = list(bound.items()), {*booking.form.extensions.names, *booking.form.table.opened_names}
    options = [OptionRecord(n, "".join(replaced.get(n, text).split()), set_) for n, text, set_ in items if n not in ours]
    facts = RELEASES | {"Creator": "tmvalite", "Date": "", "Host": "", "Dir": "", "Training events": str(n_events)}
    facts |= {"TrainingTime": "", "AnalysisType": booking.analysis_type.capitalize(), SEED: str(seed)}
    if labels != info.classes:
        facts[LABELS] = json.dumps(list(labels))
    set_here = [(n, text) for n, text, set_ in items if set_ and n not in OF_THE_RUN]
    own = [f"{n}={text}" for n, text in set_here if n in ours or n in replaced and n != "ErrorStrategy"]
    if own:
        facts[OPTIONS] = ":".join(own)
    header, letters = {}, _letters(blueprint.objectives[0])
    if single and None not in letters and network_file.root_can_run(blueprint.graph):
        phase = booking.phases[0]
        header = _header(
            blueprint.graph,
            phase.batch_size,
            *letters,
            INITIALISATION_CODES.get(initialisation, "X"),
            REGULARIZATIONS[phase.regularization].code,
            phase.weight_decay,
        )
    return Description(facts, tuple(options), header)


def _letters(objective: Objective) -> tuple[str | None, str | None]:
    """TMVA's letters of the loss and the function of an output; None where it has none."""
    return objective.declared.letter, FUNCTION_CODES.get(objective.function)


def _header(
    graph: Graph, batch_size: int, loss: str, function: str, start: str = "X", regularization: int = 0, decay: float = 0.0
):
    """The attributes of <Weights>; letters and numbers are TMVA's."""
    numbers = {"LossFunction": loss, "Initialization": start, "Regularization": str(regularization)}
    return network_file.header_sizes(graph, batch_size) | numbers | {"OutputFunction": function, "WeightDecay": float(decay)}


# ---------------------------------------------------------------------------------------------- what the networks are for


def _words(known: Callable[[str], bool]) -> Callable[[str], tuple[str, ...] | None]:
    def read(text: str):
        words = tuple(text.split("+")) if text else ()
        return words if all(map(known, words)) else None

    return read


def _read_count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _read_width(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


# What a <Network> element states beside its layers: by its name there, the attribute of `Trained` and how the text is read;
# None is what cannot be.
SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "Losses": ("losses", _words(LOSSES.__contains__)),
    "OutputFunctions": ("functions", _words(is_function)),
    "ClassWidth": ("class_width", _read_count),
    "HeadClasses": ("class_width", _read_count),
    "LatentLoss": ("latent", lambda text: text if text in (*LATENT_TERMS, "NONE") else None),
    "Prior": ("prior", lambda text: text or None),
    "DecoderSigma": ("sigma", _read_width),
    "Conditions": ("conditions", read_conditions),
}


def _setting_texts(trained: Trained, objectives: tuple[Objective, ...], classes: int) -> dict[str, str]:
    """The settings of a file with these outputs, of which `classes` belong to classes."""
    values = {
        "losses": "+".join(o.strategy for o in objectives),
        "functions": "+".join(o.function for o in objectives),
        "class_width": str(classes),
        "latent": trained.latent,
        "prior": str(trained.prior),
        "sigma": repr(float(trained.sigma)),
        "conditions": conditions_text(trained.conditions),
    }
    return {name: values[SETTINGS[name][0]] for name in trained.form.settings}


def _read_settings(form: Form, given: dict[str, str], blocks: dict[str, Graph]) -> tuple[tuple[Objective, ...], dict[str, Any]]:
    """The objectives of the outputs, and the other settings by the names that `Trained` gives them."""
    n_outputs = sum(len(graph.outputs) for name, graph in blocks.items() if _learns(form, name))
    found = {SETTINGS[name][0]: SETTINGS[name][1](given.get(name, "")) for name in form.settings}
    pairs = found.pop("losses"), found.pop("functions")
    if None in (*pairs, *found.values()) or any(len(names) != n_outputs for names in pairs):
        *first, last = form.settings
        names, mean = ", ".join(form.settings), "networks are for"
        if "" in blocks:
            names, mean = f"{', '.join(first)} and {last} for {n_outputs} outputs", "outputs mean"
        raise FileError(f"the weight file does not say what its {mean}", code="network-settings", expected=f"settings {names}")
    if "prior" in found:
        found["prior"] = parse_prior(Source(found["prior"]))
    return tuple(Objective(*pair) for pair in zip(*pairs)), found


def _learns(form: Form, block: str) -> str:
    return next(role.learns for role in form.roles if role.name == block)


# ---------------------------------------------------------------------------------------------- writing


def weight_file(title: str, trained: Trained, blocks: Sequence[str] | None = None) -> WeightFile:
    """A trained network as a weight file, or those of its blocks that are asked for. Raises OptionError if one is missing."""
    form, info, said = trained.form, trained.info, trained.description
    for name in blocks or ():
        if name not in trained.blocks:
            raise trained.lacks(name)
    names = [list(group) for group in (info.variables, info.spectators, info.targets, info.classes)]
    file = WeightFile(form.name, title, dict(said.facts), list(said.options), *names)
    file.transforms, file.pdfs = trained.chain.to_records(), list(said.pdfs)
    if said.header and trained.replicas is None:
        records = network_file.layer_records(trained.network.graph, trained.network.parameters)
        file.header, file.network = form.weights(said.header, records)
        return file
    chosen = [name for name in trained.blocks if blocks is None or name in blocks]
    objectives, start = (), 0
    for name, graph in trained.blocks.items():
        count = len(graph.outputs) if _learns(form, name) else 0
        objectives += trained.objectives[start : start + count] if name in chosen else ()
        start += count
    settings = _setting_texts(trained, objectives, trained.class_width if form.role(TRUTH) in chosen else 0)
    records = [_block_record(trained, name, alone=form.roles[0].name not in chosen) for name in chosen]
    file.extension = NetworkRecord(records, trained.network.precision, settings)
    if trained.replicas is not None:
        file.extension.replicas = replicas_record(trained.replicas, trained.blocks, trained.network.parameters)
    return file


class _OfBlock:
    """The parameters of one block under the names that its nodes have in the block."""

    def __init__(self, parameters, block: str):
        self._parameters, self._block = parameters, block

    def get(self, node: str, name: str) -> np.ndarray:
        return self._parameters.get(node_name(self._block, node), name)


def _block_record(trained: Trained, name: str, *, alone: bool) -> BlockRecord:
    """One block; without the first block beside it, a layer that shares that one's weights is written with them."""
    graph, parameters = trained.blocks[name], trained.network.parameters
    record = network_file.block_record(graph, _OfBlock(parameters, name), name)
    if not alone:
        return record
    dense, inside, nodes = implied_kind(), {node.name for node in graph.nodes}, []
    for node, entry in zip(graph.nodes, record.nodes, strict=True):
        if node.shared is not None and node.shared.name not in inside:
            weights = parameters.get(node_name(trained.form.roles[0].name, node.shared.name), "Weights")
            fields = "|".join([dense.kind, str(node.shape[0]), node.layer.activation])
            matrices = [("Weights", np.ascontiguousarray(weights.T)), *entry.parameters]
            entry = dataclasses.replace(entry, fields=fields, parameters=matrices)
        nodes.append(entry)
    return dataclasses.replace(record, nodes=nodes)


# ---------------------------------------------------------------------------------------------- reading


def trained_of(file: WeightFile, form: Form, analysis: str) -> Trained:
    """What a weight file holds. Raises FileError, DataError and OptionError (transformations)."""
    info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
    check_records(file.pdfs)
    if file.extension is not None:
        blocks, matrices = _read_blocks(form, file.extension.blocks)
        objectives, settings = _read_settings(form, file.extension.settings, blocks)
        precision = file.extension.precision
    else:
        blocks, matrices, objectives, precision = _read_layers(file, form)
        settings = {"class_width": 0 if analysis == "regression" else blocks[""].outputs[0].value.size}
    _check_sizes(form, blocks, info, analysis, settings.get("class_width", 0))
    network = network_of(joined(form, blocks), objectives, precision=precision)
    for node, name, values in matrices:
        network.parameters.set(node, name, values)
    chain, labels = TransformChain.from_records(file.transforms, info), labels_of(file, info)
    header = dict(file.header)
    if file.method_type != form.name:  # a MethodDNN file becomes one of MethodDL
        header = _header(blocks[""], 1, header["LossFunction"], header["OutputFunction"])
    replicas = None
    if file.extension is not None and file.extension.replicas is not None:
        replicas = replica_set(file.extension.replicas, form, blocks, network.parameters)
        letters = _letters(objectives[0])
        if None not in letters and network_file.root_can_run(blocks[""]):
            header = _header(blocks[""], 1, *letters)  # of a replica alone
    said = Description(dict(file.info), tuple(file.options), header, tuple(file.pdfs))
    settings |= {"description": said, "replicas": replicas}
    return Trained(form, blocks, network, objectives, chain, info, analysis, labels, info.n_targets == 1, **settings)


def _read_layers(file: WeightFile, form: Form):
    """Blocks, matrices, objectives and precision of TMVA's <Weights>."""
    if form.roles[0].name:
        message = f"this weight file of TMVA's Method{form.name} does not say where the encoder ends"
        hint = f"train again with tmvalite.Method{form.name} and the same option string"
        raise FileError(message, code="network-blocks", hint=hint)
    graph, matrices = network_file.network_of_layers(file)
    _remark_on_root(file, graph)
    function = FUNCTION_OF_CODE[file.header["OutputFunction"]]
    objectives = (Objective(LETTERS[file.header["LossFunction"]], function),)
    double = file.dtype is np.float64 or "Precision=float64" in file.info.get(OPTIONS, "").split(":")
    return {"": graph}, matrices, objectives, "float64" if double else "float32"


def _remark_on_root(file: WeightFile, graph: Graph) -> None:
    """Warn where a network that ROOT trained on a CPU scores otherwise there."""
    if file.info.get("Creator") == "tmvalite" or file.option("Architecture", "").upper() not in ("CPU", "STANDARD"):
        return
    remarks = [node.layer.remark_on_root(*(value.shape for value in node.inputs)) for node in graph.nodes]
    for remark in dict.fromkeys(filter(None, remarks)):
        message = f"the weight file of '{file.title}' has {remark}"
        warn_user(TmvaliteWarning(message, code="root-differs", hint="train again here, or with ROOT on a GPU"))


def _read_blocks(form: Form, records: Sequence[BlockRecord]):
    """The graphs by block, and the matrices under the names of the joined graph."""
    names, known = [record.name for record in records], [role.name for role in form.roles]
    alone = len(names) == 1 and any(role.name == names[0] and role.alone for role in form.roles)
    if not names or names != [name for name in known if name in names] or (known[0] not in names and not alone):
        if known == [""]:
            what = f"{', '.join(names)}; Method{form.name} has one without a name"
        else:
            what = ", ".join(name or "without a name" for name in names)
        raise FileError(f"the weight file has the networks {what}", code="network-blocks", expected=form.written[1])
    blocks, matrices, earlier = {}, [], {}
    for record in records:
        graph, found = network_file.network_of_block(record, earlier)
        source = form.sources({**blocks, record.name: graph}).get(record.name, names[0])
        if blocks and not reads(graph, blocks[source], blocks[names[0]]):
            raise FileError(f"the {record.name} of the weight file does not read what the {source} gives", code="network-inputs")
        blocks[record.name] = graph
        matrices += [(node_name(record.name, node), name, values) for node, name, values in found]
        earlier |= {node.name: node for node in graph.nodes}
    return blocks, matrices


def _check_sizes(form: Form, blocks: dict[str, Graph], info: DataSetInfo, analysis: str, class_width: int) -> None:
    """Inputs and outputs must be those of the variables, classes and targets."""
    first, copy, truth = (blocks.get(name) for name in (form.roles[0].name, form.role(VARIABLES), form.role(TRUTH)))
    sizes = {"reads": first.input_size} if first is not None and form.roles[0].reads_event else {}
    if copy is not None:
        sizes["gives"] = sum(output.value.size for output in copy.outputs)
    for what, size in sizes.items():
        if size != info.n_variables:
            message = f"the network {what} {size} values, but the weight file has {info.n_variables} variables"
            raise FileError(message, code="network-inputs")
    n_outputs = sum(output.value.size for output in truth.outputs) if truth is not None else 0
    if class_width > n_outputs:
        raise FileError(
            f"the {form.role(TRUTH) or 'network'} of the weight file has fewer outputs than classes", code="network-outputs"
        )
    if truth is None:
        return
    if any(len(output.value.shape) != 1 for output in truth.outputs):
        raise FileError("the last layer of the weight file gives no vector", code="network-outputs")
    wanted = {"multiclass": info.n_classes, "regression": 0}.get(analysis, class_width or 1)
    if analysis == "classification" and info.n_classes != 2:
        raise FileError(f"a classification has two classes, the weight file {info.n_classes}", code="network-outputs")
    if class_width != wanted or (analysis == "regression" and n_outputs != info.n_targets):
        what = f"{info.n_targets} targets" if analysis == "regression" else f"{info.n_classes} classes"
        raise FileError(f"the network has {n_outputs} outputs, but the weight file {what}", code="network-outputs")
    if len(truth.outputs) > 1 and n_outputs - class_width != info.n_targets:
        raise FileError(f"{n_outputs - class_width} outputs stand for {info.n_targets} targets", code="network-outputs")


# ---------------------------------------------------------------------------------------------- the user's side of a file


def analysis_type_of(file: WeightFile) -> str:
    """Raises FileError unless it is one of the three."""
    analysis = file.analysis_type.lower()
    if analysis not in ANALYSIS_TYPES:
        message = f"the weight file states the analysis type {quoted(file.analysis_type)}"
        raise FileError(message, code="analysis-type", expected=ANALYSIS_TYPES)
    return analysis


def option_text(file: WeightFile, table: OptionTable) -> str:
    """The options that the user of the training set, as a booking string."""
    own = file.info.get(OPTIONS, "").split(":") if file.info.get(OPTIONS) else []
    names = {piece.partition("=")[0] for piece in own}
    stated = [
        f"{o.name}={o.text.strip()}"
        for o in file.options
        if o.modified and o.name in table and o.name not in names and o.text.strip() and ":" not in o.text
    ]
    return ":".join([*stated, *own])


def labels_of(file: WeightFile, info: DataSetInfo) -> tuple:
    """What y called the classes: numbers stand in our own entry of GeneralInfo. Raises FileError."""
    text = file.info.get(LABELS)
    if text is None:
        return info.classes
    try:
        found = json.loads(text) if len(text) <= 100000 else None
    except (ValueError, RecursionError):
        found = None
    kinds = {type(value) for value in found} if isinstance(found, list) else set()
    if len(kinds) != 1 or not kinds <= {int, float, bool, str} or len(set(found)) != info.n_classes:
        expected = f"{info.n_classes} names or numbers"
        raise FileError(f"the weight file has the class labels {quoted(text)}", code="labels", expected=expected)
    return tuple(found)
