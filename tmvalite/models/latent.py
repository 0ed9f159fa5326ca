"""What the code of an autoencoder is trained for: LatentLoss, Prior and Sparsity, and the layers that they ask for."""

from __future__ import annotations

from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import Diagnostics
from tmvalite.graph import Graph, rewrite
from tmvalite.graph.append import append_sink
from tmvalite.models.blocks import DISCRIMINATOR, ENCODER, default_discriminator, with_one_sigmoid
from tmvalite.models.booking import Booking
from tmvalite.models.features import check_features
from tmvalite.string_utils import Prior

# terms of the loss; ADVERSARY is that of the Discriminator, DECEPTION that of an Encoder which deceives it
RECONSTRUCTION, HEAD_LOSS, DECEPTION, ADVERSARY = "reconstruction", "head", "deception", "adversary"
LATENT_TERMS = {"KL": "kl", "MMD": "mmd", "SWD": "swd", "ADV": DECEPTION}
SINKS = ("MMD", "SWD")  # these are layers behind the code


def complete(booking: Booking, blocks: dict[str, Graph], diagnostics: Diagnostics) -> tuple[dict[str, Graph], str, Prior]:
    """The blocks with the layers that the options ask for, what the code is trained for, and its prior.

    Raises
    ------
    OptionError, ShapeError
        Options that do not fit the layout, with the place.
    """
    if booking.values.Features:
        check_features(booking, blocks)
    blocks = with_one_sigmoid(blocks, booking.values.ErrorStrategy, diagnostics)
    latent = latent_loss(booking, blocks)
    encoder = _with_sparsity(booking, _with_latent_loss(booking, _with_prior(booking, blocks[ENCODER]), latent))
    blocks = {**blocks, ENCODER: encoder}
    if latent == "ADV" and DISCRIMINATOR not in blocks:
        blocks[DISCRIMINATOR] = default_discriminator(encoder)
    return blocks, latent, _prior_of(booking, encoder)


def draws_of(graph: Graph) -> dict[str, str]:
    """What the layers of a graph draw, such as "noise" or "temperature", by node."""
    return {node.name: setting for node in graph.nodes for setting in node.layer.draws()}


def latent_loss(booking: Booking, blocks: dict[str, Graph]) -> str:
    """LatentLoss, or what the layout says where it is AUTO. Raises OptionError."""
    asked, encoder = booking.values.LatentLoss, blocks[ENCODER]
    of_code = DISCRIMINATOR in blocks and not booking.values.Features  # it reads codes
    written = {term.name.upper() for node in encoder.nodes for term in node.layer.terms() if not term.reported}
    drawn = draws_of(encoder).values()

    def wrong(message, hint):
        return booking.error("LatentLoss", message, "latent-loss", hint=hint)

    sinks = sorted(written.intersection(SINKS))
    if asked == "AUTO":
        asked = "ADV" if of_code else "KL" if "KL" in written else sinks[0] if sinks else "NONE"
    if asked == "KL" and "KL" not in written:
        raise wrong("LatentLoss=KL needs an encoder that gives a distribution", "end the Encoder with LATENT|2")
    if of_code and asked != "ADV":
        hint = "leave the Discriminator out; or name one of its layers with Features, and it reads events"
        raise wrong(f"a Discriminator trains with LatentLoss=ADV only, not with {asked}", hint)
    if asked == "ADV" and booking.values.Features:
        raise wrong("with Features the Discriminator reads events, and with LatentLoss=ADV codes", "leave one of them out")
    others = [name for name in sinks if name != asked]
    if others:
        hint = f"leave {others[0]} out of the Encoder"
        raise wrong(f"the Encoder has {' and '.join(others)}, but LatentLoss is {asked}", hint)
    if asked in (*SINKS, "ADV") and "temperature" in drawn:
        message = f"LatentLoss={asked} compares the code with {booking.prior}, which categories cannot follow"
        raise wrong(message, "write LatentLoss=KL for GUMBEL")
    if asked == "ADV" and "noise" in drawn:
        raise wrong("LatentLoss=ADV needs a code without noise of its own", "end the Encoder with a DENSE layer")
    if asked == "KL" and booking.prior.kind != "GAUSS":
        message, hint = f"KL has a Gaussian prior, not {booking.prior.kind}", "MMD, SWD and ADV take any prior"
        raise booking.error("Prior", message, "prior", expected="GAUSS|mean|sigma", hint=hint)
    return asked


def _prior_of(booking: Booking, encoder: Graph) -> Prior:
    """The option, or where that is not set what the Encoder's own layers say."""
    said = [node.layer.code_prior for node in encoder.nodes if node.layer.code_prior is not None]
    return booking.prior if booking.bound.is_set("Prior") or not said else Prior(*said[0])


def _with_prior(booking: Booking, encoder: Graph) -> Graph:
    """The Encoder, the layers that measure the distance from a prior told which one."""
    p = booking.prior
    nodes = [node for node in encoder.nodes if node.layer.code_prior is not None and booking.bound.is_set("Prior")]
    changes = {node: {"layer": node.layer.with_code_prior(p.kind, p.first, p.second)} for node in nodes}
    return rewrite(encoder, changes) if changes else encoder


def _with_latent_loss(booking: Booking, encoder: Graph, latent: str) -> Graph:
    """The Encoder with the layer that LatentLoss asks for, if it has none."""
    there = {term.name for node in encoder.nodes for term in node.layer.terms()}
    if latent not in SINKS or LATENT_TERMS[latent] in there:
        return encoder
    fields = {"MMD": (), "SWD": (str(booking.values.Projections),)}[latent]
    return _append(booking, encoder, "LatentLoss", "|".join((latent, *fields, *booking.prior.fields)))


def _with_sparsity(booking: Booking, encoder: Graph) -> Graph:
    """The Encoder with the layer that Sparsity asks for."""
    values, code = booking.values, encoder.outputs[-1].value
    if values.Sparsity == "NONE":
        return encoder
    layer = code.producer.layer
    if values.Sparsity == "KL" and not (layer.activation and ACTIVATIONS[layer.activation].unit_range):
        what = f"its activation is {layer.activation}" if layer.activation else f"it comes from {layer.kind}"
        message, hint = (
            f"Sparsity=KL needs a code between 0 and 1, but {what}",
            "end the Encoder with SIGMOID, or write Sparsity=L1",
        )
        raise booking.error("Sparsity", message, "sparsity", hint=hint)
    return _append(booking, encoder, "Sparsity", "SPARSITY|L1" if values.Sparsity == "L1" else f"SPARSITY|KL|{values.Rho:g}")


def _append(booking: Booking, graph: Graph, option: str, text: str) -> Graph:
    """One more layer that reads the code."""
    code = graph.outputs[-1].value
    return append_sink(graph, text, code, place=option, source=booking.bound.source, span=booking.span(option))
