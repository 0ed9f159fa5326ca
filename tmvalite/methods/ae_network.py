"""From the options of an autoencoder and the names of the data to one network: blocks joined, losses, what the code is for."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from tmvalite.activations import ACTIVATIONS
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.errors import OptionError, ShapeError
from tmvalite.graph import Graph, input_shapes, require_lowering
from tmvalite.graph.append import append_sink
from tmvalite.graph.join import SEPARATOR, join
from tmvalite.graph.rewrite import rewrite
from tmvalite.losses import Objective, reconstruction
from tmvalite.methods.ae_blocks import (
    DECODER,
    DISCRIMINATOR,
    ENCODER,
    HEAD,
    build_blocks,
    default_discriminator,
    with_one_sigmoid,
)
from tmvalite.methods.dl_outputs import BookedLoss, outputs_of
from tmvalite.methods.phase_dropout import graphs_for_phases
from tmvalite.plan import make_plan
from tmvalite.string_utils import Prior
from tmvalite.training.network import Network

# terms of the loss; ADVERSARY is that of the Discriminator, DECEPTION that of an Encoder which deceives it
RECONSTRUCTION, HEAD_LOSS, DECEPTION, ADVERSARY = "reconstruction", "head", "deception", "adversary"
LATENT_TERMS = {"KL": "kl", "MMD": "mmd", "SWD": "swd", "ADV": DECEPTION}


@dataclass(frozen=True)
class Blueprint:
    """All that decides what an autoencoder computes.

    blocks : the graphs by block, as written, with the dropout of all phases together
    graph : the blocks as one graph; outputs of the Decoder, the Head, the Discriminator; every output names its term
    objectives : one per output of `graph`
    dropout : per phase, rates by node name of `graph`
    head_classes : how many outputs of the Head belong to classes; targets follow
    latent : KL, MMD, SWD, ADV or NONE
    prior : of the code, where `latent` is not NONE
    """

    blocks: dict[str, Graph]
    graph: Graph
    objectives: tuple[Objective, ...]
    dropout: tuple[dict[str, float], ...]
    head_classes: int
    latent: str
    prior: Prior

    def network(self, *, precision: str, threads: int | None) -> Network:
        return Network(
            self.graph,
            precision=precision,
            losses=tuple(o.loss for o in self.objectives),
            output_functions=tuple(o.function for o in self.objectives),
            threads=threads,
        )

    @property
    def code(self):
        """What the Encoder gives."""
        return self.blocks[ENCODER].outputs[-1].value


def make_blueprint(method, info: DataSetInfo) -> Blueprint:
    """The blueprint of a booked MethodAE for these variables, classes and targets.

    Raises
    ------
    OptionError, ShapeError
        With the place in the option string.
    """
    analysis, diagnostics, values = method.analysis_type, method.diagnostics, method.bound.values
    n_head = {"classification": 1, "multiclass": info.n_classes, "regression": info.n_targets}[analysis]
    inputs = input_shapes(method.input_layout, info.n_variables, diagnostics)

    def build(drop) -> dict[str, Graph]:
        return build_blocks(
            method.layout,
            inputs=inputs,
            n_variables=info.n_variables,
            head_outputs=max(1, n_head),
            drop=drop,
            diagnostics=diagnostics,
        )

    blocks, rates = graphs_for_phases(build, [phase.drop_config for phase in method.phases])
    for graph in blocks.values():
        require_lowering(graph)
    blocks = with_one_sigmoid(blocks, values.ErrorStrategy, diagnostics)
    latent = latent_loss(method, blocks)
    blocks = _with_latent_loss(method, blocks, latent)
    objectives, head_classes = _objectives(method, blocks, info)
    graph = named_outputs(join(blocks), blocks)
    dropout = tuple({block + SEPARATOR + name: rate for (block, name), rate in of_phase.items()} for of_phase in rates)
    return Blueprint(blocks, graph, objectives, dropout, head_classes, latent, prior_of(method, blocks[ENCODER]))


# ---------------------------------------------------------------------------------------------- the code


def terms_of(graph: Graph) -> dict[str, bool]:
    """The terms that the layers of a graph add to the loss, and whether they are only reported."""
    plan = make_plan(graph, precision="float32", purpose="train", losses=("SUMOFSQUARES",) * len(graph.outputs))
    return {term.name: term.reported for term in plan.terms}


def draws_of(graph: Graph) -> dict[str, str]:
    """What the layers of a graph draw, such as "noise" or "temperature", by node."""
    plan = make_plan(graph, precision="float32", purpose="train", losses=("SUMOFSQUARES",) * len(graph.outputs))
    return {draw.node: draw.setting for draw in plan.draws}


def latent_loss(method, blocks: dict[str, Graph]) -> str:
    """What the code is trained for: LatentLoss, or what the layout says where it is AUTO. Raises OptionError."""
    asked = method.bound.values.LatentLoss
    written = {name.upper() for name, reported in terms_of(blocks[ENCODER]).items() if not reported}
    span = method.bound.spans.get("LatentLoss")

    def fail(message, hint, at=span, expected=()):
        raise OptionError(
            message, code="latent-loss", source=method.bound.source, span=at, where="LatentLoss", expected=expected, hint=hint
        )

    sinks = sorted(written & {"MMD", "SWD"})
    if asked == "AUTO":
        asked = "ADV" if DISCRIMINATOR in blocks else "KL" if "KL" in written else sinks[0] if sinks else "NONE"
    if asked == "KL" and "KL" not in written:
        fail("LatentLoss=KL needs an encoder that gives a distribution", "end the Encoder with LATENT|2")
    if DISCRIMINATOR in blocks and asked != "ADV":
        fail(f"a Discriminator trains with LatentLoss=ADV only, not with {asked}", "leave the Discriminator out")
    others = [name for name in sinks if name != asked]
    if others:
        fail(f"the Encoder has {' and '.join(others)}, but LatentLoss is {asked}", f"leave {others[0]} out of the Encoder")
    setting = draws_of(blocks[ENCODER])
    if asked in ("MMD", "SWD", "ADV") and "temperature" in setting.values():
        fail(
            f"LatentLoss={asked} compares the code with {method.prior}, which categories cannot follow",
            "write LatentLoss=KL for GUMBEL",
        )
    if asked == "ADV" and "noise" in setting.values():
        fail("LatentLoss=ADV needs a code without noise of its own", "end the Encoder with a DENSE layer")
    if asked == "KL" and method.prior.kind != "GAUSS":
        raise OptionError(
            f"KL has a Gaussian prior, not {method.prior.kind}",
            code="prior",
            source=method.bound.source,
            span=method.bound.spans.get("Prior"),
            where="Prior",
            expected="GAUSS|mean|sigma",
            hint="MMD, SWD and ADV take any prior",
        )
    return asked


def prior_of(method, encoder: Graph) -> Prior:
    """The prior of the code: the option, or where that is not set what the Encoder's own layers say."""
    if method.bound.is_set("Prior"):
        return method.prior
    for node in encoder.nodes:
        layer = node.layer
        if layer.sink and hasattr(layer, "sigma"):
            return Prior("GAUSS", layer.mean, layer.sigma)
        if layer.sink and hasattr(layer, "prior"):
            return Prior(layer.prior, layer.first, layer.second)
    return method.prior


def _with_prior(method, encoder: Graph) -> Graph:
    """The Encoder, the layers that measure the distance from a prior told which one."""
    if not method.bound.is_set("Prior"):
        return encoder
    p, changes = method.prior, {}
    for node in encoder.nodes:
        if node.layer.sink and hasattr(node.layer, "sigma"):
            changes[node] = {"layer": dataclasses.replace(node.layer, mean=p.first, sigma=p.second)}
        elif node.layer.sink and hasattr(node.layer, "prior"):
            changes[node] = {"layer": dataclasses.replace(node.layer, prior=p.kind, first=p.first, second=p.second)}
    return rewrite(encoder, changes) if changes else encoder


def _with_latent_loss(method, blocks: dict[str, Graph], latent: str) -> dict[str, Graph]:
    """The blocks, with the layers behind the Encoder that LatentLoss and Sparsity ask for."""
    values, encoder = method.bound.values, _with_prior(method, blocks[ENCODER])
    code = encoder.outputs[-1].value
    there = terms_of(encoder)

    def append(graph: Graph, option: str, text: str) -> Graph:
        return append_sink(graph, text, code, place=option, source=method.bound.source, span=method.bound.spans.get(option))

    if latent in ("MMD", "SWD") and latent.lower() not in there:
        fields = {"MMD": (), "SWD": (str(values.Projections),)}[latent]
        encoder = append(encoder, "LatentLoss", "|".join((latent, *fields, *method.prior.fields)))
    if values.Sparsity != "NONE":
        activation = getattr(code.producer.layer, "activation", "")
        if values.Sparsity == "KL" and not (activation and ACTIVATIONS[activation].unit_range):
            what = f"its activation is {activation}" if activation else f"it comes from {code.producer.layer.kind}"
            raise OptionError(
                f"Sparsity=KL needs a code between 0 and 1, but {what}",
                code="sparsity",
                source=method.bound.source,
                span=method.bound.spans.get("Sparsity"),
                where="Sparsity",
                hint="end the Encoder with SIGMOID, or write Sparsity=L1",
            )
        text = "SPARSITY|L1" if values.Sparsity == "L1" else f"SPARSITY|KL|{values.Rho:g}"
        encoder = append(encoder, "Sparsity", text)
    blocks = {**blocks, ENCODER: encoder}
    if latent == "ADV" and DISCRIMINATOR not in blocks:
        blocks[DISCRIMINATOR] = default_discriminator(encoder)
    return blocks


# ---------------------------------------------------------------------------------------------- outputs


def _objectives(method, blocks: dict[str, Graph], info: DataSetInfo) -> tuple[tuple[Objective, ...], int]:
    """One per output of the joined graph, and how many outputs of the Head belong to classes."""
    booked = method.bound.values.ErrorStrategy
    decoder = blocks[DECODER]
    found = [reconstruction(o.loss or booked, source=decoder.source, span=o.span) for o in decoder.outputs]
    classes = 0
    if HEAD in blocks:
        if method.analysis_type == "regression" and not info.n_targets:
            output = blocks[HEAD].outputs[-1]
            raise ShapeError(
                "the Head of a regression learns targets, and there are none",
                code="head-targets",
                source=blocks[HEAD].source,
                span=output.span,
                where="Layout, Head",
                hint="give targets, or leave Head out",
            )
        more, classes = outputs_of(
            blocks[HEAD],
            method.analysis_type,
            n_classes=info.n_classes,
            n_targets=info.n_targets,
            booked=BookedLoss(),
            diagnostics=method.diagnostics,
        )
        found += more
    if DISCRIMINATOR in blocks:
        found.append(Objective("CROSSENTROPY", "sigmoid"))
    return tuple(found), classes


def named_outputs(graph: Graph, blocks: dict[str, Graph]) -> Graph:
    """The joined graph, its outputs called by their terms of the loss."""
    names = []
    for block, term in ((DECODER, RECONSTRUCTION), (HEAD, HEAD_LOSS), (DISCRIMINATOR, DECEPTION)):
        count = len(blocks[block].outputs) if block in blocks else 0  # the Encoder alone gives its code
        names += [term] if count == 1 else [f"{term}.{i}" for i in range(1, count + 1)]
    names = names or ["code"]
    outputs = tuple(dataclasses.replace(output, name=name) for output, name in zip(graph.outputs, names, strict=True))
    return dataclasses.replace(graph, outputs=outputs)


def gaussian_constant(width: int, sigma: float) -> float:
    """width/2 ln(2 pi sigma^2): what SUMOFSQUARES in nats lacks of a Gaussian's negative log-likelihood."""
    return 0.5 * width * math.log(2.0 * math.pi * sigma**2)


# ---------------------------------------------------------------------------------------------- targets


def target_matrix(
    blueprint: Blueprint, x: np.ndarray, events: Events, targets: np.ndarray, info: DataSetInfo, analysis: str
) -> np.ndarray:
    """What the network learns, (N, outputs): the transformed variables, then what the Head learns, then 1 for the Discriminator.

    Parameters
    ----------
    x : (N, V), targets : (N, T)
        After the transformations.
    """
    columns = [x]
    if HEAD in blueprint.blocks:
        width = sum(output.value.size for output in blueprint.blocks[HEAD].outputs)
        head = np.zeros((len(x), width), x.dtype)
        if analysis == "classification":
            head[:, 0] = events.class_index == info.signal_class
            if blueprint.head_classes > 1:
                head[:, 1] = events.class_index != info.signal_class
        elif analysis == "multiclass":
            head[np.arange(len(x)), events.class_index] = 1
        head[:, blueprint.head_classes :] = targets[:, : width - blueprint.head_classes]
        columns.append(head)
    if DISCRIMINATOR in blueprint.blocks:
        columns.append(np.ones((len(x), 1), x.dtype))
    return x if len(columns) == 1 else np.concatenate(columns, axis=1)
