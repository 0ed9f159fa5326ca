"""What scikit-learn asks an estimator for: `predict`, `score`, parameters, tags. A method has only what its analysis gives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from types import MethodType
from typing import Any, ClassVar

import numpy as np

from tmvalite.data.sources import is_table
from tmvalite.data.tables import scored_events, weight_vector
from tmvalite.errors import DataError, OptionError, UnavailableError
from tmvalite.estimators import signature
from tmvalite.evaluation.importance import Importance, permutation_importance
from tmvalite.evaluation.paired import Measured, measured_area, measured_areas, measured_rms
from tmvalite.models.form import TRUTH, lacking
from tmvalite.models.weighting import explained
from tmvalite.wrapping import preformatted


class only_where:
    """Decorator of a method that an object has only where `check(object)` raises no AttributeError; `hasattr` sees it."""

    def __init__(self, check: Callable[[Any], None]):
        self.check = check

    def __call__(self, function: Callable) -> only_where:
        self.function, self.__doc__ = function, function.__doc__
        return self

    def __get__(self, instance, owner=None):
        if instance is None:
            return self.function
        self.check(instance)
        return MethodType(self.function, instance)


def _learns_truth(method) -> None:
    if not method.learns_truth:
        if not any(role.learns == TRUTH for role in method.form.roles):
            raise UnavailableError(f"a {method.form.noun} learns no classes and no targets", code="analysis-type")
        lacks = lacking(method.form, method.form.role(TRUTH), method.blocks)
        raise UnavailableError(lacks.message, code=lacks.code, hint=lacks.hint)


def _learns_classes(method) -> None:
    _learns_truth(method)
    if method.analysis_type == "regression":
        raise UnavailableError("a regression has no probabilities of classes", code="analysis-type", hint="use predict")


def _measure(method, values: str, measured: Callable, truth: np.ndarray, weight: np.ndarray, x: np.ndarray) -> Measured:
    return measured(getattr(method._trained(), values)(x), truth, weight)


class Estimator:
    """The scikit-learn side of a method.

    Attributes
    ----------
    classes_ : (C,) array
        What y called the classes, sorted; `predict_proba` has a column for each.
    signal_class
        What y called the signal, in a classification.
    n_features_in_ : int
        Number of variables.
    feature_names_in_ : (V,) array of str
        Their names, if the events of the training had names.
    """

    _defaults: ClassVar[dict[str, Any]]

    # ------------------------------------------------------------------------------------- values

    @only_where(_learns_truth)
    def predict(self, X, *, not_finite: str = "raise") -> np.ndarray:
        """The class of every event as y called it (a value of 0.5 or more is signal), or the targets of a regression.

        Parameters
        ----------
        X : (N, V) array, or a table with named columns
        not_finite : "raise" or "mark"
            What an event with a NaN or an infinity gives: a DataError, or the class -1 (an empty text where classes have
            names) and NaN for targets.
        """
        model = self._trained()
        return model.predictions(self._rows(X), not_finite)

    @only_where(_learns_classes)
    def predict_proba(self, X, *, not_finite: str = "raise") -> np.ndarray:
        """The values of the classes, (N, C); columns in the order of `classes_`.

        They are probabilities for events that come as those of the training did: with its numbers of events of every class,
        weighted as there. `norm` asks for other shares of the classes.

        not_finite : "raise" or "mark", as for `predict`; a marked event has NaN
        """
        model = self._trained()
        return model.probabilities(self._rows(X), not_finite)[:, [model.labels.index(label) for label in self.classes_.tolist()]]

    @only_where(_learns_truth)
    def score(self, X, y, sample_weight=None) -> float:
        """Weighted part of the events in the right class; of a regression R^2 = 1 - sum w (y - p)^2 / sum w (y - <y>)^2."""
        predicted, y = self.predict(X), np.asarray(y)
        w = weight_vector(sample_weight, len(predicted))
        if y.shape != predicted.shape and y.size == predicted.size:
            y = y.reshape(predicted.shape)
        if y.shape != predicted.shape:
            raise DataError(f"y has shape {y.shape}, the predictions have {predicted.shape}", code="data-shape")
        if self.analysis_type != "regression":
            return float(np.average(predicted == y, weights=w))
        return explained(y.reshape(len(y), -1), predicted.reshape(len(y), -1), w)

    @only_where(_learns_truth)
    def permutation_importance(self, X, y, sample_weight=None, *, n_repeats: int = 5, seed: int = 1, executor=None) -> Importance:
        """How much worse the method is where one variable is shuffled among the events: loss of ROC area, or rise of the RMS.

        Parameters
        ----------
        X : (N, V) array, or a table with named columns
        y : (N,) classes, or (N,), (N, T) targets of a regression
            Best of events that did not train.
        n_repeats : int
            Shuffles of each variable.
        executor : None, int or executor
            Where the variables are shuffled: here, in so many processes, or on anything with `submit`.

        Returns
        -------
        Importance
            Names, values and errors; printed a table, `figure()` a picture.
        """
        model = self._trained()
        x, _ = scored_events(self._rows(X), model.info.variables, model.dtype)
        w, y = weight_vector(sample_weight, len(x)), np.asarray(y)
        if len(y) != len(x):
            raise DataError(f"y has {len(y)} events, X has {len(x)}", code="data-shape")
        unknown = [] if self.analysis_type == "regression" else sorted(set(y.tolist()) - set(model.labels), key=str)
        if unknown:
            expected = tuple(map(repr, model.labels))
            raise DataError(f"y has the class {unknown[0]!r}, which did not train", code="data-classes", expected=expected)
        names = [v.label if v.index is None else v.internal for v in model.info.variables]
        if self.analysis_type == "regression":
            measure = partial(_measure, self, "targets", measured_rms, y.reshape(len(y), -1), w)
        elif self.analysis_type == "multiclass":
            index = np.array([model.labels.index(label) for label in y.tolist()])
            measure = partial(_measure, self, "classes", measured_areas, index, w)
        else:
            measure = partial(_measure, self, "mva", measured_area, y == model.labels[model.info.signal_class], w)
        return permutation_importance(measure, x, names, n_repeats=n_repeats, seed=seed, executor=executor)

    def _rows(self, X):
        """X, unless it is an array that has not a row of all variables for every event. Raises DataError."""
        shape = getattr(X, "shape", None)
        if shape is None or is_table(X):
            return X
        n = self._trained().info.n_variables
        if len(shape) == 1:
            message = f"X has shape {shape}, which is one event or one variable. Reshape your data"
            hint = "X.reshape(1, -1) is one event; GetMvaValue takes it as it is"
            raise DataError(message, code="data-shape", expected=f"(events, {n})", hint=hint)
        if len(shape) == 2 and shape[1] != n:
            message = f"X has {shape[1]} features, but {type(self).__name__} is expecting {n} features as input"
            raise DataError(message, code="data-shape")
        return X

    # ------------------------------------------------------------------------------------- what is known after the training

    @property
    def learns_truth(self) -> bool:
        """Whether classes or targets are learnt at all."""
        return self.form.role(TRUTH) in self.blocks

    @property
    def classes_(self) -> np.ndarray:
        """The labels of the classes, sorted. Raises AttributeError for a regression, NotFittedError before the training."""
        if self.analysis_type == "regression":
            raise AttributeError("a regression has no classes")
        return np.array(sorted(self._trained().labels))

    @property
    def signal_class(self):
        """The label of the class whose scores are near 1. Raises AttributeError outside classification."""
        model = self._trained()
        if self.analysis_type != "classification":
            raise AttributeError(f"a {self.analysis_type} has no signal class")
        return model.labels[model.info.signal_class]

    @property
    def n_features_in_(self) -> int:
        """The number of variables of the training. Raises NotFittedError before it."""
        return self._trained().info.n_variables

    @property
    def feature_names_in_(self) -> np.ndarray:
        """The names of the variables (V,). Raises AttributeError where the events of the training had none."""
        info = self._trained().info
        names = [v.label for v in info.variables]
        if names == [f"var{i + 1}" for i in range(len(names))]:
            raise AttributeError("the events of the training had no names")
        return np.array(names, object)

    def _check_features(self, given: list[str]) -> None:
        """Raises DataError where these names are not those of the training."""
        n = self.n_features_in_
        if len(given) != n:
            raise DataError(f"input_features should have length equal to {n}, the number of variables", code="data-shape")
        names = list(getattr(self, "feature_names_in_", given))
        if given != names:
            raise DataError("input_features is not equal to feature_names_in_", code="data-column", expected=", ".join(names))

    # ------------------------------------------------------------------------------------- parameters

    @property
    def _parameters(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._defaults}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor; those that were not given have their default, for most of them None."""
        return self._parameters

    def set_params(self, **arguments):
        """Book anew with some arguments changed. Returns self.

        What was trained is forgotten, unless nothing but title, norm, progress or verbose changes.
        """
        arguments = signature.spelt(arguments, self._defaults)
        signature.check_known(arguments, self._defaults)
        unknown = next((name for name in arguments if name not in self._defaults), None)
        if unknown is not None:
            self.table.bind("", {unknown: arguments[unknown]})  # says what is known
            raise OptionError(f"no parameter is called {unknown!r}", code="option-unknown", expected=tuple(self._defaults))
        if not arguments:
            return self
        again = type(self)(**{**self._parameters, **arguments})
        kept = (
            {}
            if set(arguments) - signature.HARMLESS
            else {"_model": self._model, "_history": self._history, "_trace": self._trace}
        )
        self.__dict__ = again.__dict__ | kept
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        """An argument of the constructor is set as `set_params` does it, so that it never differs from what is booked."""
        if name in self._defaults:
            self.set_params(**{name: value})
        else:
            super().__setattr__(name, value)

    def _given(self) -> dict[str, Any]:
        """The arguments that were given, and analysis_type."""
        return {
            name: value
            for name, value in self._parameters.items()
            if name == "analysis_type" or type(value) is not type(self._defaults[name]) or value != self._defaults[name]
        }

    # ------------------------------------------------------------------------------------- what only scikit-learn calls

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags, TransformerTags

        truth, regression = self.learns_truth, self.analysis_type == "regression"
        classes = truth and not regression
        return Tags(
            estimator_type=None if not truth else "classifier" if classes else "regressor",
            target_tags=TargetTags(required=truth, multi_output=truth and regression),
            classifier_tags=ClassifierTags(multi_class=self.analysis_type == "multiclass") if classes else None,
            regressor_tags=RegressorTags() if truth and regression else None,
            transformer_tags=TransformerTags(preserves_dtype=[]) if hasattr(self, "transform") else None,
            non_deterministic=not self.bound.values.RandomSeed,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return self.is_trained

    def __repr__(self):
        given = ", ".join(repr(v) if name == signature.OPTIONS else f"{name}={v!r}" for name, v in self._given().items())
        return f"{type(self).__name__}({given})"

    def _repr_html_(self) -> str:
        """What notebooks show: the name, whether it is trained, what was given, and the layers where they are known."""
        row = "<tr><th style='text-align:left'>{}</th><td style='text-align:left'><code>{}</code></td></tr>"
        rows = "".join(row.format(escape(name), escape(str(value))) for name, value in self._given().items())
        state = "trained" if self.is_trained else "not trained"
        layers = "\n".join(str(self).splitlines()[1:])
        shown = f"<details><summary>layers</summary>{preformatted(layers)}</details>"
        return f"<div><b>{escape(type(self).__name__)}</b>, {state}<table>{rows}</table>{shown}</div>"
