"""What methods share that learn the variables themselves: `fit` without classes or targets."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import OptionError


class WithoutTruth:
    """What a Method has, and stands in front of it, that may be trained on variables alone."""

    def fit(
        self,
        X,
        y=None,
        sample_weight=None,
        *,
        targets=None,
        norm: str | None = ...,
        signal=None,
        eval_set=None,
        progress: str | None = None,
        on_interrupt: str = "raise",
        trace: int = 0,
        checkpoint=None,
        checkpoint_every: str | None = None,
        resume=None,
        warm_start: bool = False,
        workers=None,
    ):
        """Train on arrays. The validation events are drawn, or given.

        Parameters
        ----------
        X, sample_weight, targets, norm, signal, eval_set, progress, on_interrupt
            As for `Method.fit`; eval_set may be (X,) where nothing else is learnt. A GAN has the weights in the loss of the
            discriminator and refuses negative ones.
        y : optional
            What a Head of an autoencoder learns, (N,) classes, or (N,) or (N, T) targets of a regression; the classes of a
            condition or of RealClass in a GAN. Else it only groups the events for `norm` and for transformations of one class.
        checkpoint, checkpoint_every, resume, warm_start, workers
            As for `Method.fit`.
        trace : int
            Keep the means of the loss and its parts over so many optimisation steps in `trace`; 0 keeps none.

        Returns
        -------
        self

        Raises
        ------
        DataError, OptionError, ShapeError, TrainingError
            As for `Method.fit`; DataError also for variables that CROSSENTROPY cannot reconstruct, since they are not in [0, 1].
        """
        trace = whole_number("trace", trace)
        more = dict(trace=trace, checkpoint=checkpoint, checkpoint_every=checkpoint_every, resume=resume, workers=workers)
        start = self._first_weights(warm_start)
        self._fit((X, y, sample_weight, targets), norm, signal, eval_set, progress, on_interrupt, start=start, **more)
        return self

    @property
    def trace(self) -> dict[str, list]:
        """The means that `fit(trace=n)` kept; "iteration" counts optimisation steps from 1, then a list per part of the loss."""
        return dict(self._trace)


def whole_number(name: str, value) -> int:
    """Raises OptionError unless the value is a whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise OptionError(f"{name}={value!r} is no number that can be", code="argument", expected="a whole number from 0 on")
    return int(value)
