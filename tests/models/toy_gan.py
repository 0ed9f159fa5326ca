"""A method as somebody would add it: one file. A generator and a discriminator, trained in two turns per batch.

Only the class at the end must be imported; nothing else in the package knows the name. The form is called TOY.
"""

from __future__ import annotations

import numpy as np

from tmvalite.graph import build_graphs
from tmvalite.graph.join import block_of
from tmvalite.methods.base import Method
from tmvalite.models import options
from tmvalite.models.form import FORMS, ORIGIN, Form, Role, register
from tmvalite.string_utils import DeclaredOption, OptionTable
from tmvalite.training import streams
from tmvalite.training.alternating import Alternating, Turn

GENERATOR, DISCRIMINATOR = "Generator", "Discriminator"


def noise(n: int, size: int, seed: int, epoch: int = 0, step: int = 0) -> np.ndarray:
    key = streams.stream_key(seed, "noise", "generator")
    return streams.normals(key, n * size, epoch=epoch, step=step).reshape(n, size).astype(np.float32)


class TwoPlayers(Alternating):
    """The validation loss is how well the discriminator takes generated events for real: there is no other yardstick."""

    def loss(self, x, targets, weights, *, seed=0, parts=None):
        return super().loss(noise(len(x), self.whole.n_inputs, seed), targets, weights, seed=seed, parts=parts)


@register
class Toy(Form):
    name = "TOY"
    table = options.method_options(
        DeclaredOption("Layout", str, "DENSE|8|TANH,DENSE|N|LINEAR##DENSE|8|TANH,DENSE|1|LINEAR", "generator ## discriminator"),
        DeclaredOption("NoiseSize", int, 2, "numbers of noise", minimum=1),
        *(options.LOSS, options.INITIALIZATION, options.SEED, options.VALIDATION, options.ARCHITECTURE, options.STRATEGY),
        inputs=OptionTable(),
    )
    roles = (Role(GENERATOR, reads_event=False, alone=True), Role(DISCRIMINATOR, ORIGIN, "deception", booked=True, alone=True))
    settings = ("Losses", "OutputFunctions")
    written = ("generator ## discriminator", "Generator and Discriminator, or one of them")

    def build(self, booking, inputs, info, drop, diagnostics):
        n = info.n_variables
        reads = {GENERATOR: (("input", (booking.values.NoiseSize,)),), DISCRIMINATOR: (("input", (n,)),)}
        widths = {GENERATOR: n, DISCRIMINATOR: 1}
        return build_graphs(booking.layout, inputs=reads, n_variables=n, n_outputs=widths, drop=drop, diagnostics=diagnostics)

    def learner(self, booking, blueprint, network):
        generator = network.part(block_of(network.graph, GENERATOR))
        judge = network.part(block_of(network.graph, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(DISCRIMINATOR,))
        deceive = network.part(network.graph, losses=("CROSSENTROPY",), trained=(GENERATOR,))

        def drawn(batch):
            return noise(len(batch.rows), generator.n_inputs, batch.seed, batch.epoch, batch.step)

        def real_and_made(batch):
            made = generator.outputs(drawn(batch))
            return np.concatenate([made, batch.x]), np.repeat([0, 1], len(made))[:, None].astype(made.dtype)

        def anew(batch):
            return drawn(batch), np.ones((len(batch.rows), 1), np.float32)

        first = Turn(judge, make=real_and_made, extra="discriminator")
        return TwoPlayers(network, [first, Turn(deceive, make=anew, rate_of="deception")])


class MethodToy(Method):
    """The value of an event is how real it looks."""

    form = FORMS["TOY"]

    def fit(self, X, y=None, **keywords):
        return super().fit(X, y, **keywords)

    def mva_values(self, X):
        trained = self._trained()
        x, single = trained.transformed(X)
        values = trained.part(DISCRIMINATOR).values(x)[:, 0]
        return float(values[0]) if single else values

    def sample(self, n: int, seed: int) -> np.ndarray:
        trained = self._trained()
        generator = trained.part(GENERATOR)
        made = generator.outputs(noise(n, generator.n_inputs, seed))
        return trained.chain.invert_variables(made) if trained.chain.transforms_variables else made
