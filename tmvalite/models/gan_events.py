"""Events of a trained generator: noise and conditions as users give them, in original units, to whole events."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import DataError, OptionError


def class_condition(conditions, n_variables: int):
    """The condition that is the class of an event, or None."""
    return next((c for c in conditions if c.first >= n_variables), None)


def variables_of(model) -> list[int]:
    """The variables that are conditions."""
    return [i for c in model.conditions for i in range(c.first, c.first + c.count) if i < model.info.n_variables]


def class_columns(classes, n: int, count: int, model) -> np.ndarray:
    """(n, count) with 1 in the column of the class of every event. Raises OptionError and DataError."""
    labels = [str(label) for label in model.labels]
    given = np.atleast_1d(np.asarray(classes)).astype(str)
    unknown = next((label for label in given.tolist() if label not in labels), None)
    if unknown is not None:
        raise OptionError(f"there is no class {unknown!r}", code="conditions", expected=tuple(labels))
    if given.ndim != 1 or len(given) not in (1, n):
        raise DataError(f"the classes have shape {given.shape}", code="data-shape", expected=f"one label, or ({n},)")
    index = np.array([labels.index(label) for label in given.tolist()])
    return np.eye(count, dtype=model.dtype)[np.broadcast_to(index, n)]


def generated(model, generator, n: int | None, seed: int, condition, classes=None) -> np.ndarray:
    """n events (n, V) in original units, see `MethodGAN.sample`."""
    from tmvalite.models.gan_training import SAMPLE, Maker  # brings the engine with it

    v, columns = model.info.n_variables, variables_of(model)
    of_class = class_condition(model.conditions, v)
    if (classes is None) != (of_class is None):
        message = "this generator has no classes" if of_class is None else "this generator needs the class of its events"
        hint = "leave classes out" if of_class is None else f"give classes=..., one of {', '.join(map(str, model.labels))}"
        raise OptionError(message, code="conditions", hint=hint)
    if n is None and condition is None and classes is not None and np.ndim(classes) == 1:
        n = len(classes)
    n, given = _given(n, condition, len(columns), model)
    x = np.zeros((n, v), model.dtype)
    x[:, columns] = given
    if columns and model.chain.transforms_variables:
        x = np.ascontiguousarray(model.chain.apply_variables(x), model.dtype)
    if of_class is not None:
        x = np.concatenate([x, class_columns(classes, n, of_class.count, model)], axis=1)
    maker = Maker(generator, model.conditions, x.shape[1], model.prior)
    made = np.ascontiguousarray(maker.events(maker.inputs(x, seed, SAMPLE), x)[:, :v])
    if model.chain.transforms_variables:
        made = np.asarray(model.chain.invert_variables(made), model.dtype)
    made[:, columns] = given
    return made


def _given(n: int | None, condition, width: int, model) -> tuple[int, np.ndarray]:
    """The number of events and their conditions (n, width)."""
    names = ", ".join(model.info.variables[i].label for i in variables_of(model))
    if (condition is None) != (width == 0):
        message = f"this generator needs conditions: {names}" if width else "this generator has no conditions"
        hint = "give condition=..., a number, a row, or a row for each event" if width else "leave condition out"
        raise OptionError(message, code="conditions", hint=hint)
    if width == 0:
        if n is None:
            raise OptionError("sample needs the number of events", code="argument", expected="a whole number from 0 on")
        return n, np.zeros((n, 0))
    try:
        given = np.asarray(condition, np.float64)
    except (TypeError, ValueError):
        raise DataError("the conditions hold values that are no numbers", code="data-type") from None
    shape = given.shape
    if given.ndim == 1 and width == 1 and len(given) != 1:
        given = given[:, None]
    given = np.atleast_2d(given)
    n = len(given) if n is None else n
    if given.ndim != 2 or given.shape[1] != width or len(given) not in (1, n):
        raise DataError(
            f"the conditions have shape {shape}", code="data-shape", expected=f"({n}, {width}), or ({width},): {names}"
        )
    return n, np.broadcast_to(given, (n, width))
