"""MethodGAN: a generator and a discriminator, and the values they give; its options are in gan_form.py."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.tables import scored_events
from tmvalite.errors import OptionError
from tmvalite.methods.base import Method
from tmvalite.methods.gan_form import GenerativeAdversarial
from tmvalite.methods.without_truth import WithoutTruth, whole_number
from tmvalite.models.conditions import conditions_in
from tmvalite.models.form import FORMS, register
from tmvalite.models.gan_events import class_columns, class_condition, generated, variables_of
from tmvalite.models.gan_networks import DISCRIMINATOR, GENERATOR
from tmvalite.training import streams

register(GenerativeAdversarial)


class MethodGAN(WithoutTruth, Method):
    """A generative adversarial network: a generator makes events out of noise, which a discriminator cannot tell from real ones.

    Parameters
    ----------
    options : str
        TMVA's option string: "Layout=Generator={DENSE|64|RELU,DENSE|N|LINEAR}Discriminator={DENSE|64|RELU,DENSE|1|LINEAR}:...",
        or the two networks with ## between them. InputLayout=16##2 makes two variables of 16 numbers of noise; an input that
        has the same name on both sides of ## is a condition: InputLayout=noise=16,energy=1##shower=48,energy=1.
        `tmvalite check --method GAN "..."` on the command line lists all options with their values.
    analysis_type : str
        How the data are declared.
    title : str, optional
        Name of the method in files and tables.
    norm, progress, verbose : optional
        How `fit` weighs the classes and what it shows, see `Method`.
    **keywords
        The same options, and the keys of TrainingStrategy, as Python arguments.

    Raises
    ------
    OptionError, ShapeError
        An option that cannot be understood, or layers that do not fit, with the place.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(1).normal(3.0, 0.5, (500, 2))
    >>> method = MethodGAN("InputLayout=4##2:RandomSeed=1:VarTransform=N:"
    ...                    "Layout=Generator={DENSE|16|TANH,DENSE|N|LINEAR}Discriminator={DENSE|16|LEAKYRELU,DENSE|1|LINEAR}:"
    ...                    "TrainingStrategy=LearningRate=2e-3,MaxEpochs=20,BatchSize=50,TestRepetitions=5,ConvergenceSteps=20")
    >>> made = method.fit(X, progress="silent").sample(1000, seed=2)
    >>> made.shape, bool(np.abs(made.mean(axis=0) - 3.0).max() < 0.5)
    ((1000, 2), True)
    """

    form = FORMS[GenerativeAdversarial.name]

    # ------------------------------------------------------------------------------------- events

    def sample(self, n: int | None = None, seed: int | None = None, condition=None, classes=None) -> np.ndarray:
        """New events (n, V) in original units; a seed gives the same ones again, and event i does not depend on n.

        Parameters
        ----------
        n : int
            Number of events; that of the conditions without it.
        condition : (n, C) array, (C,) or a number, optional
            The variables that are conditions, in original units and in the order of the event; one for all events, or one each.
        classes : label, or (n,) array of labels, optional
            As y had them, where the class is a condition.

        Raises
        ------
        OptionError, DataError
            n or seed is no whole number from 0 on; conditions are missing, too many, or of another shape.
        """
        model = self._trained()
        seed = streams.drawn_seed() if seed is None else whole_number("seed", seed)
        return generated(model, model.part(GENERATOR), None if n is None else whole_number("n", n), seed, condition, classes)

    def discriminate(self, X, classes=None) -> np.ndarray:
        """What the discriminator says of events (N, V): (N,), larger is more like a real one; of one event a float.

        With NONSATURATING the probability to be real where as many are generated; with the others its output. Where the class is
        a condition: as an event of the `classes` given, a label or one each, or else the mean over all classes.
        """
        model = self._trained()
        network = model.part(DISCRIMINATOR)
        x, single = model.transformed(X)
        c = class_condition(model.conditions, model.info.n_variables)
        if c is None:
            if classes is not None:
                raise OptionError("the class is no condition here", code="conditions", hint="leave classes out")
            values = network.values(x)[:, 0]
        elif classes is not None:
            values = network.values(np.concatenate([x, class_columns(classes, len(x), c.count, model)], axis=1))[:, 0]
        else:
            every = np.eye(c.count, dtype=x.dtype)
            rows = (np.concatenate([x, np.broadcast_to(row, (len(x), c.count))], axis=1) for row in every)
            values = np.mean([network.values(r)[:, 0] for r in rows], axis=0, dtype=np.float64).astype(model.dtype)
        return float(values[0]) if single else values

    # ------------------------------------------------------------------------------------- values

    def mva_values(self, X):
        """What the discriminator says of every event, (N,), or a float for one event: larger is more like a real one."""
        return self.discriminate(X)

    def regression_values(self, X) -> np.ndarray:
        """A generated event for every event, (N, V), with its conditions; event i has the noise of `sample(seed=0)`."""
        model = self._trained()
        x, single = scored_events(X, model.info.variables, model.dtype)
        columns = variables_of(model)
        made = generated(model, model.part(GENERATOR), len(x), 0, x[:, columns] if columns else None)
        return made[0] if single else made

    def multiclass_values(self, X) -> np.ndarray:
        """The probabilities to be real and to be generated, (N, 2), or (2,) for one event.

        Raises
        ------
        OptionError
            The output of this discriminator is no probability.
        """
        model = self._trained()
        if model.objectives[-1].function != "sigmoid":
            message, hint = "the discriminator of this GanLoss gives no probabilities", "use GetMvaValues"
            raise OptionError(message, code="analysis-type", hint=hint)
        real = np.asarray(self.discriminate(X))
        return np.stack([real, 1 - real], axis=-1)

    # ------------------------------------------------------------------------------------- files

    def save_generator(self, path: str | os.PathLike) -> None:
        """Write the generator with its transformations alone; `tmvalite.load` gives a method that can `sample`."""
        self._save(path, (GENERATOR,))

    def save_discriminator(self, path: str | os.PathLike) -> None:
        """Write the discriminator with its transformations alone; `tmvalite.load` gives a method with `GetMvaValues`."""
        self._save(path, (DISCRIMINATOR,))

    # ------------------------------------------------------------------------------------- workflow, print

    @property
    def value_kind(self) -> str:
        """Which results the Factory shows; in a classification it ranks events by how real they look."""
        return "regression" if self.analysis_type == "regression" else "classification"

    def truth(self, events) -> np.ndarray:
        """What generated events (N, V) are compared with: the variables themselves."""
        return events.x

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values; those of generated events are the variables'."""
        return [v.internal for v in info.variables] if self.value_kind == "regression" else super().value_names(info)

    def _remarkable(self, shown):
        there = shown.blocks.values()
        conditions = conditions_in(*there) if len(there) == 2 else shown.conditions
        given = f", given {', '.join(c.name for c in conditions)}" if conditions else ""
        return [f"noise: {shown.prior}{given}"]
