"""What a method says of the trainings that it is made of (Replicas): the spread of its values, and each training alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tmvalite.errors import OptionError

if TYPE_CHECKING:
    from tmvalite.models.replica_set import ReplicaSet


class Replicated:
    """The part of a Method that the option Replicas asks for."""

    @property
    def replicas(self) -> ReplicaSet | None:
        """The trainings whose mean its values are; None for a method that was trained once."""
        return self._trained().replicas

    @property
    def has_errors(self) -> bool:
        """Whether its values have a spread, since it has several replicas."""
        return self.is_trained and self.replicas is not None and len(self.replicas) > 1

    def values_and_errors(self, X) -> tuple:
        """The values of all events and the sample standard deviation of the replicas' values, both (N,) or (N, outputs).

        Of a classification as `mva_values` gives them, of a regression as `regression_values`, of several classes as
        `multiclass_values`, bit for bit; for one event two floats or (outputs,).

        Raises OptionError for a method without replicas.
        """
        found = self._trained().with_spread(X)
        if self.analysis_type != "classification":
            return found
        return tuple(one[:, 0] if one.ndim > 1 else float(one[0]) for one in found)

    def errors(self, X):
        """The second of `values_and_errors`."""
        return self.values_and_errors(X)[1]

    def mva_error(self, X):
        """The spread of `mva_values`, (N,), or a float for one event; of a regression that of target 0. Raises OptionError."""
        found = self.errors(X)
        if self.analysis_type == "classification":
            return found
        return found[:, 0] if found.ndim > 1 else float(found[0])

    def replica_values(self, X) -> Iterator[np.ndarray]:
        """What the getter of the analysis gives for events, (N,) or (N, outputs), of one replica after the other.

        Raises OptionError for a method without replicas.
        """
        self._check_replicas()
        for values in self._trained().each_replica(X):
            yield values[:, 0] if self.analysis_type == "classification" else values

    def replica(self, number: int):
        """The training `number`, from 0, as a method of its own: saved and exported as one that was trained alone.

        Raises OptionError for a method without replicas, or a number that there is not.
        """
        self._check_replicas()
        count = len(self.replicas)
        if not (isinstance(number, (int, np.integer)) and 0 <= number < count):
            raise OptionError(f"there is no replica {number!r}", code="argument", expected=f"0 to {count - 1}")
        from tmvalite.models.file import weight_file
        from tmvalite.models.replica_training import alone

        model = alone(self._trained(), int(number))
        method = type(self).from_weight_file(weight_file(self.title, model))
        method._model = model
        return method

    def _check_replicas(self) -> None:
        if self.replicas is None:
            message, hint = "this method was trained once, and has no replicas", "train it with Replicas=100|bootstrap"
            raise OptionError(message, code="replicas-none", hint=hint)
