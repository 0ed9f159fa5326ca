"""MethodGAN's strings: a generator and a discriminator. They are understood, and cannot be trained yet."""

from __future__ import annotations

from typing import ClassVar

from tmvalite.errors import OptionError, Span
from tmvalite.graph import build_graphs
from tmvalite.models import options
from tmvalite.models.form import ORIGIN, Form, Role, register
from tmvalite.string_utils import DeclaredOption, OptionTable, parse_input_layout

_INPUT = OptionTable(
    DeclaredOption("InputLayout", str, "0|0|0##0|0|0", "shape of the noise ## shape of one event"),
    DeclaredOption("BatchLayout", str, "0|0|0##0|0|0", "shapes of the batches; they follow from InputLayout"),
)
_LAYOUT = DeclaredOption(
    "Layout",
    str,
    "DENSE|(N+100)*2|SOFTSIGN,DENSE|N|LINEAR##DENSE|(N+100)*2|SOFTSIGN,DENSE|1|LINEAR",
    "the layers of generator ## discriminator",
)
GENERATOR, DISCRIMINATOR = "Generator", "Discriminator"


@register
class GenerativeAdversarial(Form):
    """TMVA's generator ## discriminator; the keys of its TrainingStrategy have prefixes."""

    name = "GAN"
    table: ClassVar[OptionTable] = options.method_options(
        *(_LAYOUT, options.LOSS, options.INITIALIZATION, options.SEED, options.ARCHITECTURE, options.STRATEGY), inputs=_INPUT
    )
    unread = ("BatchLayout", "TrainingStrategy")
    roles = (Role(GENERATOR), Role(DISCRIMINATOR, ORIGIN, booked=True))

    def phases(self, bound, diagnostics):
        return ()

    def input_layouts(self, bound, diagnostics):
        source, span = bound.place("InputLayout")
        cut = source.text.find("##", span.start, span.stop)
        spans = [span] if cut < 0 else [Span(span.start, cut), Span(cut + 2, span.stop)]
        return tuple(parse_input_layout(source, part, diagnostics) for part in spans)

    def build(self, booking, inputs, info, drop, diagnostics):
        layout, n = booking.layout, info.n_variables
        names = [block.name and block.name.text for block in layout.parts]
        if len(names) != 2 or (None not in names and not {*names} <= {GENERATOR, DISCRIMINATOR}):
            place = {"source": layout.source, "span": layout.span, "where": "Layout"}
            expected = "generator ## discriminator"
            raise OptionError("MethodGAN needs two networks", code="layout-blocks", **place, expected=expected)
        graphs = build_graphs(
            layout,
            inputs={GENERATOR: inputs[0], DISCRIMINATOR: inputs[-1]},
            n_variables=n,
            n_outputs={GENERATOR: n, DISCRIMINATOR: 1},
            diagnostics=diagnostics,
        )
        generated = graphs[GENERATOR].outputs[-1].value.size
        if generated != n:
            last = graphs[GENERATOR].nodes[-1]
            place = {"source": layout.source, "span": last.span, "where": last.place}
            message = f"the generator gives {generated} values, but an event has {n}"
            raise OptionError(message, code="output-width", **place, hint=f"end with DENSE|{n}|LINEAR")
        return graphs
