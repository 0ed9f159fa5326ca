"""Any Python object with fit and predict_proba (or predict, for a regression) as a method of a Factory."""

from __future__ import annotations

import inspect

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import DataError, FileError, OptionError
from tmvalite.methods.plain import PlainMethod
from tmvalite.models.options import read_option
from tmvalite.string_utils import parse_var_transform

# What an estimator must have besides `fit`: one of these, in this order.
SCORING = {
    "classification": ("predict_proba", "decision_function"),
    "multiclass": ("predict_proba", "decision_function"),
    "regression": ("predict",),
}


class PythonEstimator(PlainMethod):
    """An object that learns by `fit(X, y)`, or `fit(X, y, sample_weight=w)`.

    BookMethod(loader, "Python", title, estimator=object) books it. X are the variables after VarTransform in float64; y is 1 for
    signal and 0 for background, the number of the class, or the targets; w are TMVA's normalised event weights, for a `fit` that
    takes them. The object itself is trained. It has no weight file.

    Parameters
    ----------
    estimator : object
    options, analysis_type, title
        See PlainMethod; the options are those that all methods have.
    """

    method_type = "Python"
    writes_file = False
    instead = "keep the object itself: factory.GetMethod(data set, title).estimator"

    def __init__(self, options: str = "", *, analysis_type: str, title: str, estimator=None, **keywords):
        super().__init__(options, analysis_type=analysis_type, title=title, **keywords)
        self.estimator = estimator
        self._transforms = read_option(self.bound, "VarTransform", parse_var_transform, self.diagnostics)
        if estimator is not None or self.method_type == PythonEstimator.method_type:
            self._check(estimator)

    def _check(self, estimator) -> None:
        if estimator is None:
            hint = 'BookMethod(loader, "Python", title, estimator=GaussianNB())'
            raise OptionError("a method of type Python needs an estimator", code="estimator", hint=hint)
        wanted = SCORING[self.analysis_type]
        missing = [] if hasattr(estimator, "fit") else ["fit"]
        missing += [] if any(hasattr(estimator, name) for name in wanted) else [" or ".join(wanted)]
        if missing or isinstance(estimator, type):
            what = f"the estimator of '{self.title}', a {type(estimator).__name__},"
            if isinstance(estimator, type):
                raise OptionError(f"{what} is a class, not an object", code="estimator", hint=f"write {estimator.__name__}()")
            hint = f"a {self.analysis_type} asks for fit and {' or '.join(wanted)}"
            raise OptionError(f"{what} has no {' and no '.join(missing)}", code="estimator", hint=hint)

    def blueprint(self, info: DataSetInfo) -> None:
        TransformChain.build(self._transforms, info, self.diagnostics)

    # Training

    def train(self, events: Events, info: DataSetInfo, *, progress="auto", write=print) -> None:
        """Fit the estimator to the training events."""
        weight = events.weight
        if self.bound.values.IgnoreNegWeightsInTraining:
            weight = np.maximum(weight, 0.0)
        self._info, chain = None, TransformChain.build(self._transforms, info, self.diagnostics)
        self._chain = chain.fit(events.x, events.targets, events.class_index, events.weight)
        if self.analysis_type == "classification":
            y = (events.class_index == info.signal_class).astype(np.int64)
        elif self.analysis_type == "multiclass":
            y = events.class_index
        else:
            targets = chain.apply_targets(events.targets) if chain.transforms_targets else events.targets
            y = targets[:, 0] if targets.shape[1] == 1 else targets
        self._fit(self._transformed(events.x), y, weight, info)
        self._info = info

    def _fit(self, x, y, weight, info: DataSetInfo) -> None:
        if takes_weights(self.estimator):
            self.estimator.fit(x, y, sample_weight=weight)
        else:
            self.estimator.fit(x, y)

    def _transformed(self, x) -> np.ndarray:
        x = np.asarray(x, np.float32)
        return np.asarray(self._chain.apply_variables(x) if self._chain.transforms_variables else x, np.float64)

    # Values

    def _scores(self, x, classes: list[int]) -> np.ndarray:
        """(N, classes): the values of these classes, 0 for one that the training did not have."""
        x, names = self._transformed(x), list(getattr(self.estimator, "classes_", classes))
        if not len(x):
            return np.empty((0, len(classes)))
        name = next(name for name in SCORING[self.analysis_type] if hasattr(self.estimator, name))
        found = np.asarray(getattr(self.estimator, name)(x), np.float64)
        if found.ndim == 1:  # a decision function of two classes
            found = np.stack([-found, found], axis=1)
        if found.shape != (len(x), len(names)):
            message = f"{name} of '{self.title}' gives the shape {found.shape}"
            raise DataError(message, code="estimator-values", expected=f"({len(x)}, {len(names)})")
        zero = np.zeros(len(x))
        return np.stack([found[:, names.index(c)] if c in names else zero for c in classes], axis=1)

    def _mva(self, x) -> np.ndarray:
        return self._scores(x, [0, 1])[:, 1]

    def _classes(self, x) -> np.ndarray:
        return self._scores(x, list(range(self.info.n_classes)))

    def _targets(self, x) -> np.ndarray:
        n = self.info.n_targets
        found = np.asarray(self.estimator.predict(self._transformed(x)) if len(x) else np.empty((0, n)), np.float64)
        if found.size != len(x) * n:
            message = f"predict of '{self.title}' gives the shape {found.shape}"
            raise DataError(message, code="estimator-values", expected=f"({len(x)}, {n})")
        found = found.reshape(len(x), n)
        return self._chain.invert_targets(found.astype(np.float32)) if self._chain.transforms_targets else found

    def save(self, path) -> None:
        """Raises FileError: there is no weight file of TMVA for it."""
        message = f"there is no weight file for '{self.title}', which is {type(self.estimator).__name__} of Python"
        raise FileError(message, code="file-none", hint=self.instead)

    def __str__(self):
        return f"{super().__str__()}: {self.estimator!r}"


def takes_weights(estimator) -> bool:
    """Whether `fit` has the argument sample_weight."""
    return "sample_weight" in inspect.signature(estimator.fit).parameters
