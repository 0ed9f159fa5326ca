"""A checkpoint file: a TrainingState, what was booked, and which events it was trained on.

The file is a safetensors file with one text, in JSON. The file before is kept beside it, as NAME.previous, so that there is
always a whole one. A checkpoint goes on only where the booking and the events are the same.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmvalite.errors import FileError, TmvaliteWarning, warn_user
from tmvalite.io.safetensors import read_safetensors, write_safetensors
from tmvalite.models.booking import Booking
from tmvalite.models.options import OF_THE_RUN
from tmvalite.training.array_digest import arrays_digest
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.state import TrainingState

KEY, VERSION = "tmvalite", 1
PREVIOUS = ".previous"
FREE = ("H", "V", "Threads", *OF_THE_RUN)  # options that do not change a training
_ARRAYS = ("terms", "parameters")
_SCALARS = tuple(
    f.name
    for f in dataclasses.fields(TrainingState)
    if f.name not in (*_ARRAYS, "kept", "moments", "run_time", "history", "companion", "optimizer_steps")
)


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: a state, and the facts it belongs to."""

    state: TrainingState
    facts: dict[str, Any]

    @property
    def seed(self) -> int:
        return int(self.state.history["seed"])


def facts_of(booking: Booking, train: Sample, valid: Sample) -> dict[str, Any]:
    """What has to be the same for a training to go on: the method, its options, the events."""
    options = {name: text for name, text, _ in booking.bound.items() if name not in FREE}
    return {
        "method": booking.form.name,
        "analysis_type": booking.analysis_type,
        "options": options,
        "training events": train.fingerprint(),
        "validation events": valid.fingerprint(),
    }


def write_checkpoint(path: str | os.PathLike, state: TrainingState, facts: Mapping[str, Any]) -> None:
    """Write the file; the one that was there is kept beside it. Raises FileError."""
    arrays = {name: getattr(state, name) for name in _ARRAYS}
    if state.kept is not None:
        arrays["kept"] = state.kept
    arrays |= {f"moment{i}": array for i, array in enumerate(state.moments)}
    arrays |= {f"run_time{i}": array for i, array in enumerate(state.run_time)}
    arrays |= {f"companion.{name}": value for name, value in state.companion.items() if isinstance(value, np.ndarray)}
    content = {
        "version": VERSION,
        "facts": dict(facts),
        "scalars": {name: getattr(state, name) for name in _SCALARS},
        "optimizer_steps": list(state.optimizer_steps),
        "moments": len(state.moments),
        "run_time": len(state.run_time),
        "history": state.history,
        "companion": {name: value for name, value in state.companion.items() if not isinstance(value, np.ndarray)},
        "digest": arrays_digest(arrays),
    }
    path = os.fspath(path)
    with contextlib.suppress(OSError):  # nothing there yet, or no links on this file system
        spare = f"{path}{PREVIOUS}.link"
        with contextlib.suppress(OSError):
            os.unlink(spare)
        os.link(path, spare)
        os.replace(spare, f"{path}{PREVIOUS}")
        os.unlink(spare)  # a rename does nothing where both are the same file, since the last write had failed
    write_safetensors(path, arrays, {KEY: json.dumps(content)})


def read_checkpoint(path: str | os.PathLike) -> Checkpoint:
    """The checkpoint of a file; where it is missing or damaged that before it, with a warning. Raises FileError."""
    path = os.fspath(path)
    try:
        return _read(path)
    except FileError as error:
        if error.code not in ("checkpoint-damaged", "file-read"):
            raise
        try:
            found = _read(f"{path}{PREVIOUS}")
        except FileError:
            raise error from None
        warn_user(TmvaliteWarning(f"{error.message}; the checkpoint before it is used", code="checkpoint-damaged"))
        return found


def _read(path: str) -> Checkpoint:
    arrays, texts = read_safetensors(path)
    try:
        content = json.loads(texts[KEY])
        if content["version"] != VERSION:
            raise FileError(f"'{path}' is a checkpoint of version {content['version']}", code="checkpoint-version")
        if content["digest"] != arrays_digest(arrays):
            raise ValueError
        companion = content["companion"] | {
            name.partition(".")[2]: array for name, array in arrays.items() if name.startswith("companion.")
        }
        state = TrainingState(
            **content["scalars"],
            **{name: arrays[name] for name in _ARRAYS},
            kept=arrays.get("kept"),
            moments=tuple(arrays[f"moment{i}"] for i in range(content["moments"])),
            optimizer_steps=tuple(content["optimizer_steps"]),
            run_time=tuple(arrays[f"run_time{i}"] for i in range(content["run_time"])),
            history=content["history"],
            companion=companion,
        )
        return Checkpoint(state, content["facts"])
    except FileError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"'{path}' is no checkpoint of tmvalite, or is damaged", code="checkpoint-damaged") from error


def check_facts(path: str | os.PathLike, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raises FileError, which says what differs, where a checkpoint belongs to another training."""
    for name, value in expected.items():
        if name == "options":
            own = found.get(name) or {}
            changed = [key for key in value if own.get(key) != value[key]]
            if changed:
                key = changed[0]
                message = f"'{os.fspath(path)}' belongs to a training with {key}={own.get(key)}, not {key}={value[key]}"
                raise FileError(message, code="checkpoint-other", hint="warm_start=True begins a new training from old weights")
        elif found.get(name) != value:
            what = f"other {name}" if name.endswith("events") else f"{name} '{found.get(name)}'"
            raise FileError(f"'{os.fspath(path)}' belongs to a training with {what}", code="checkpoint-other")
