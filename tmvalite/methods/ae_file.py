"""MethodAE and weight files: a trained autoencoder, or one half of it, as a WeightFile, and back.

ROOT has no method that could read it, so everything stands in our <Network> element, a block for each half. TMVA's own
MethodAE wrote one stack of layers that does not say where the encoder ends; such a file is refused.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import FileError, OptionError, Source
from tmvalite.graph import Graph
from tmvalite.graph.expand import implied_kind
from tmvalite.graph.join import SEPARATOR, join
from tmvalite.io.weight_file import BlockRecord, NetworkRecord, OptionRecord, WeightFile
from tmvalite.methods.ae_blocks import BLOCKS, DECODER, ENCODER, HEAD
from tmvalite.methods.ae_model import AutoencoderModel
from tmvalite.methods.ae_network import FUNCTIONS, LATENT_TERMS, named_outputs
from tmvalite.methods.file_facts import OPTIONS, labels_of
from tmvalite.methods.network_file import block_record, network_of_block
from tmvalite.methods.options import AE_EXTENSIONS, file_options
from tmvalite.string_utils import parse_prior
from tmvalite.training.losses import LOSS_CODES, Objective
from tmvalite.training.network import Network

_LOSSES, _FUNCTIONS, _HEAD_CLASSES = "Losses", "OutputFunctions", "HeadClasses"
_LATENT, _PRIOR, _SIGMA = "LatentLoss", "Prior", "DecoderSigma"


# ---------------------------------------------------------------------------------------------- writing


def describe_for_file(model: AutoencoderModel, method) -> None:
    """Put into a newly trained model what its weight file will say: options and settings."""
    model.options = [OptionRecord(name, "".join(text.split()), modified) for name, text, modified in file_options(method.bound)]
    ours = [f"{name}={text}" for name, text, modified in method.bound.items() if modified and name in AE_EXTENSIONS]
    if ours:
        model.facts[OPTIONS] = ":".join(ours)


def weight_file(title: str, model: AutoencoderModel, blocks: Sequence[str] = BLOCKS) -> WeightFile:
    """A trained autoencoder as a weight file, or those of its blocks that are asked for. Raises OptionError if one is missing."""
    if len(blocks) == 1 and blocks[0] not in model.blocks:
        raise OptionError(f"this autoencoder has no {blocks[0]}; it has {' and '.join(model.blocks)}", code="block-missing")
    info, chosen = model.info, [name for name in blocks if name in model.blocks]
    file = WeightFile(
        "AE",
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
    settings = {
        _LOSSES: "+".join(o.strategy for o in _objectives_of(model, chosen)),
        _FUNCTIONS: "+".join(o.function for o in _objectives_of(model, chosen)),
        _HEAD_CLASSES: str(model.head_classes if HEAD in chosen else 0),
        _LATENT: model.latent,
        _PRIOR: str(model.prior),
        _SIGMA: repr(float(model.sigma)),
    }
    records = [_block_record(model, name, alone=ENCODER not in chosen) for name in chosen]
    file.extension = NetworkRecord(records, model.network.precision, settings)
    return file


def _objectives_of(model: AutoencoderModel, blocks: Sequence[str]) -> list[Objective]:
    """Those of the outputs of these blocks."""
    found, start = [], 0
    for name in (name for name in BLOCKS if name in model.blocks):
        count = 0 if name == ENCODER else len(model.blocks[name].outputs)
        found += model.objectives[start : start + count] if name in blocks else ()
        start += count
    return found


class _Prefixed:
    """The parameters of one block under the names that its nodes have in the block."""

    def __init__(self, parameters, block: str):
        self._parameters, self._prefix = parameters, block + SEPARATOR

    def get(self, node: str, name: str) -> np.ndarray:
        return self._parameters.get(self._prefix + node, name)


def _block_record(model: AutoencoderModel, name: str, *, alone: bool) -> BlockRecord:
    """One block; without the encoder beside it, a layer that shares the encoder's weights is written with them."""
    graph = model.blocks[name]
    record = block_record(graph, _Prefixed(model.network.parameters, name), name)
    if not alone:
        return record
    dense = implied_kind()
    inside = set(graph.nodes)
    nodes = []
    for node, entry in zip(graph.nodes, record.nodes, strict=True):
        if node.shared is not None and not any(node.shared.name == other.name for other in inside):
            weights = model.network.parameters.get(ENCODER + SEPARATOR + node.shared.name, "Weights")
            fields = "|".join([dense.kind, str(node.shape[0]), node.layer.activation])
            matrices = [("Weights", np.ascontiguousarray(weights.T)), *entry.parameters]
            entry = dataclasses.replace(entry, fields=fields, parameters=matrices)
        nodes.append(entry)
    return dataclasses.replace(record, nodes=nodes)


# ---------------------------------------------------------------------------------------------- reading


def model(file: WeightFile, analysis: str) -> AutoencoderModel:
    """The autoencoder, or the half, that a weight file states. Raises FileError, DataError and OptionError (transformations)."""
    if file.extension is None:
        raise FileError(
            "this weight file of TMVA's MethodAE does not say where the encoder ends",
            code="network-blocks",
            hint="train again with tmvalite.MethodAE and the same option string",
        )
    info = DataSetInfo(tuple(file.variables), tuple(file.targets), tuple(file.spectators), tuple(file.classes))
    blocks, matrices = _read_blocks(file.extension.blocks)
    objectives, settings = _read_settings(file, blocks)
    _check_sizes(blocks, info)
    graph = named_outputs(join(blocks), blocks)
    known = [Objective("SUMOFSQUARES", "identity")] if not objectives else objectives
    network = Network(
        graph,
        precision=file.extension.precision,
        losses=tuple(o.loss for o in known),
        output_functions=tuple(o.function for o in known),
    )
    for node, name, values in matrices:
        network.parameters.set(node, name, values)
    chain = TransformChain.from_records(file.transforms, info)
    result = AutoencoderModel(
        blocks, network, tuple(objectives), chain, info, analysis, labels_of(file, info), info.n_targets == 1, **settings
    )
    result.facts, result.options, result.pdfs = dict(file.info), list(file.options), list(file.pdfs)
    return result


def _read_blocks(records: Sequence[BlockRecord]) -> tuple[dict[str, Graph], list[tuple[str, str, np.ndarray]]]:
    """The graphs by block, and the matrices under the names of the joined graph."""
    names = [record.name for record in records]
    if (
        not names
        or not set(names) <= set(BLOCKS)
        or names != [name for name in BLOCKS if name in names]
        or (ENCODER not in names and names != [DECODER])
    ):
        raise FileError(
            f"the weight file has the networks {', '.join(name or 'without a name' for name in names)}",
            code="network-blocks",
            expected="Encoder and Decoder, perhaps Head and Discriminator, or one half",
        )
    blocks, matrices, earlier = {}, [], {}
    for record in records:
        graph, found = network_of_block(record, earlier)
        blocks[record.name] = graph
        matrices += [(record.name + SEPARATOR + node, name, values) for node, name, values in found]
        earlier |= {node.name: node for node in graph.nodes}
        others = [name for name in blocks if name != names[0]]
        if record.name in others and [v.shape for v in graph.inputs] != [blocks[names[0]].outputs[-1].value.shape]:
            raise FileError(
                f"the {record.name} of the weight file does not read what the {names[0]} gives", code="network-inputs"
            )
    return blocks, matrices


def _read_settings(file: WeightFile, blocks: dict[str, Graph]) -> tuple[list[Objective], dict]:
    given = file.extension.settings
    strategies = given.get(_LOSSES, "").split("+") if given.get(_LOSSES) else []
    functions = given.get(_FUNCTIONS, "").split("+") if given.get(_FUNCTIONS) else []
    classes, latent = given.get(_HEAD_CLASSES, ""), given.get(_LATENT, "")
    n_outputs = sum(len(graph.outputs) for name, graph in blocks.items() if name != ENCODER)
    try:
        sigma = float(given.get(_SIGMA, ""))
    except ValueError:
        sigma = math.nan
    good = (
        len(strategies) == len(functions) == n_outputs
        and set(strategies) <= set(LOSS_CODES)
        and set(functions) <= {*FUNCTIONS.values()}
        and classes.isascii()
        and classes.isdecimal()
        and len(classes) < 10
        and latent in (*LATENT_TERMS, "NONE")
        and math.isfinite(sigma)
        and sigma > 0
        and _PRIOR in given
    )
    if not good:
        raise FileError(
            "the weight file does not say what its networks are for",
            code="network-settings",
            expected=f"settings {', '.join((_LOSSES, _FUNCTIONS, _HEAD_CLASSES, _LATENT, _PRIOR, _SIGMA))}",
        )
    prior = parse_prior(Source(given[_PRIOR]))
    head = blocks[HEAD].outputs if HEAD in blocks else ()
    if int(classes) > sum(output.value.size for output in head):
        raise FileError("the Head of the weight file has fewer outputs than classes", code="network-outputs")
    objectives = [Objective(s, f) for s, f in zip(strategies, functions)]
    return objectives, {"head_classes": int(classes), "latent": latent, "prior": prior, "sigma": sigma}


def _check_sizes(blocks: dict[str, Graph], info: DataSetInfo) -> None:
    """Encoder and decoder must be those of the variables."""
    sizes = {"reads": blocks[ENCODER].input_size} if ENCODER in blocks else {}
    if DECODER in blocks:
        sizes["gives"] = sum(output.value.size for output in blocks[DECODER].outputs)
    for what, size in sizes.items():
        if size != info.n_variables:
            raise FileError(
                f"the network {what} {size} values, but the weight file has {info.n_variables} variables", code="network-inputs"
            )
