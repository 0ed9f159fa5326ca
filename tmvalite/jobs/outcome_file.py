"""The outcomes of trainings as a file, whole or not at all: arrays in a safetensors file, all else as one text in JSON.

A method is what its constructor makes of its options and the reader of weight files of its weight file; nothing in a file is run.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tmvalite.errors import FileError, Source, Span, TmvaliteError, TmvaliteWarning, TrainingError
from tmvalite.io.safetensors import read_safetensors, write_safetensors
from tmvalite.training.array_digest import arrays_digest
from tmvalite.workflow.part_training import Outcome, TrainingPart

KEY, VERSION = "tmvalite", 1
ARRAY = "array of this name"  # the key of what stands for an array
TOLD = ("message", "code", "where", "hint", "expected")  # of an error or a warning


def write_outcomes(path: str | os.PathLike, plan: str, outcomes: dict[int, Outcome], events: dict[int, str]) -> None:
    """Write outcomes by the number of their task. plan, events : digests of what they belong to. Raises FileError."""
    arrays: dict[str, np.ndarray] = {}
    about = {}
    for number, outcome in outcomes.items():
        arrays[f"{number}.output"], arrays[f"{number}.train_output"] = outcome.output, outcome.train_output
        state = None
        if outcome.method is not None:
            state = _without_arrays(outcome.method.trained_state(), arrays, f"{number}.state")
        about[number] = {
            "events": events[number],
            "state": state,
            "lines": list(outcome.lines),
            "seconds": outcome.seconds,
            "warnings": [_said(warning) for warning in outcome.warnings],
            "error": None if outcome.error is None else _said(outcome.error),
        }
    content = {"version": VERSION, "plan": plan, "digest": arrays_digest(arrays), "outcomes": about}
    write_safetensors(path, arrays, {KEY: json.dumps(content, default=_plain)})


def read_outcomes(
    path: str | os.PathLike, plan: str, parts: dict[int, TrainingPart], events: dict[int, str]
) -> dict[int, Outcome]:
    """The outcomes of these parts. Raises FileError where the file is damaged or belongs to another plan or other events."""
    arrays, texts = read_safetensors(path)
    name = os.fspath(path)
    try:
        content = json.loads(texts[KEY])
        if content["version"] != VERSION or content["plan"] != plan:
            raise FileError(f"'{name}' belongs to another work", code="piece-other", hint="remove it, and do the piece again")
        if content["digest"] != arrays_digest(arrays):
            raise ValueError
        if any(content["outcomes"][str(number)]["events"] != events[number] for number in parts):
            raise FileError(f"'{name}' belongs to other events", code="piece-other", hint="did the data change since?")
        return {number: _outcome(number, part, arrays, content["outcomes"][str(number)]) for number, part in parts.items()}
    except TmvaliteError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"'{name}' is damaged", code="piece-damaged", hint="remove it, and do the piece again") from error


def _outcome(number: int, part: TrainingPart, arrays, about: dict[str, Any]) -> Outcome:
    method, state = None, about["state"]
    if state is not None:
        method = part.method.with_state(_with_arrays(state, arrays))
    return Outcome(
        method,
        arrays[f"{number}.output"],
        arrays[f"{number}.train_output"],
        tuple(about["lines"]),
        tuple(TmvaliteWarning(**_told(one)) for one in about["warnings"]),
        float(about["seconds"]),
        None if about["error"] is None else TrainingError(**_told(about["error"])),
    )


def _without_arrays(value, arrays: dict[str, np.ndarray], name: str):
    """A value whose arrays are in `arrays` under names that begin with `name`; lists and dicts as JSON has them."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {ARRAY: name}
    if isinstance(value, dict):
        return {key: _without_arrays(one, arrays, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(one, arrays, f"{name}.{i}") for i, one in enumerate(value)]
    return value


def _with_arrays(value, arrays: Mapping[str, np.ndarray]):
    """The value that `_without_arrays` was given, with lists in the place of tuples."""
    if isinstance(value, dict):
        return arrays[value[ARRAY]] if ARRAY in value else {key: _with_arrays(one, arrays) for key, one in value.items()}
    return [_with_arrays(one, arrays) for one in value] if isinstance(value, list) else value


def _said(one: TmvaliteWarning | TmvaliteError) -> dict[str, Any]:
    """A warning or an error as plain values."""
    said = {name: getattr(one, name) for name in TOLD}
    if one.source is not None:
        said["source"], said["span"] = (
            dataclasses.asdict(one.source),
            None if one.span is None else [one.span.start, one.span.stop],
        )
    return said


def _told(said: dict[str, Any]) -> dict[str, Any]:
    expected, span = said["expected"], said.get("span")
    told = {**said, "expected": expected if isinstance(expected, str) else tuple(expected)}
    if "source" in said:
        source = Source(**{**said["source"], "names": tuple(said["source"]["names"])})
        told |= {"source": source, "span": None if span is None else Span(*span)}
    return told


def _plain(value):
    """Numbers of numpy as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no plain value")
