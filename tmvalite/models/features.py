"""Features: the layer of a Discriminator in whose values an autoencoder compares events with their reconstructions."""

from __future__ import annotations

from tmvalite.errors import OptionError, did_you_mean
from tmvalite.graph import Graph
from tmvalite.models.blocks import DECODER, DISCRIMINATOR

EVENT = "event"  # the input of a Discriminator that reads events; one that reads codes has the input `input`


def check_features(booking, blocks: dict[str, Graph]) -> None:
    """Raise OptionError unless Features names a layer of the Discriminator before its last one."""
    name, graph = booking.values.Features, blocks.get(DISCRIMINATOR)
    if graph is None:
        hint = "write Discriminator={f=DENSE|64|LEAKYRELU,DENSE|1|LINEAR} behind the Decoder"
        raise booking.error("Features", "Features needs a Discriminator", "features", hint=hint)
    names = [node.name for node in graph.nodes if node.named]
    if name not in names:
        hint = did_you_mean(name, names) or f"write {name}=DENSE|64|LEAKYRELU in the Discriminator"
        raise booking.error(
            "Features", f"the Discriminator has no layer called '{name}'", "features", expected=tuple(names), hint=hint
        )
    if graph.outputs[0].value.producer.name == name:
        message = "the Discriminator's value says whether an event is real, nothing else; features come from a layer before"
        raise booking.error("Features", message, "features", hint="name a hidden layer")
    outputs = blocks[DECODER].outputs
    if len(outputs) != 1:
        raise booking.error("Features", "the Decoder has several outputs; the Discriminator reads one", "features")


def wrong_strategy(booking) -> OptionError:
    """The error of a loss that makes the values of its own accord: the Discriminator would not read them."""
    message = (
        f"{booking.values.ErrorStrategy} gives values by a sigmoid behind the Decoder, which the Discriminator would not read"
    )
    hint = "write ErrorStrategy=SUMOFSQUARES and end the Decoder with SIGMOID"
    return booking.error("ErrorStrategy", message, "features", hint=hint)
