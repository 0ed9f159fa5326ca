"""A work in pieces that run alone, perhaps on different machines, and are put together by whoever has all of their files.

A folder has the plan, which says what the work is and into how many pieces it is cut, and what the pieces have written. A piece
may be done again at any time: what is there and whole stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tmvalite
from tmvalite.errors import FileError, OptionError, TmvaliteError, TrainingError
from tmvalite.io.atomic import make_folder, write_atomic
from tmvalite.jobs import apply_pieces, training_pieces
from tmvalite.jobs.apply_pieces import ApplyPlan
from tmvalite.jobs.training_pieces import RESULTS, TrainingPlan

Plan = ApplyPlan | TrainingPlan
FORMATS = {apply_pieces.FORMAT: ApplyPlan, training_pieces.FORMAT: TrainingPlan}
PLAN, LOGS = "plan.json", "logs"
VERSION = 1
SHOWN = 5  # missing pieces that are named


@dataclass(frozen=True)
class PieceDone:
    """What a piece came to. before : whether it had been done before"""

    piece: int
    names: str
    path: str
    before: bool = False

    def as_json(self) -> dict:
        return {"piece": self.piece, "tasks": self.names, "file": self.path, "before": self.before}

    def __str__(self):
        return f"piece {self.piece} ({self.names}) {'was done before' if self.before else 'is done'}: {self.path}"


def write_plan(folder: str | os.PathLike, plan: Plan) -> None:
    """Write a plan into a folder that is made. Raises FileError where the folder has another plan."""
    path = Path(folder) / PLAN
    if path.exists() and read_plan(folder) != plan:
        message = f"'{path}' is the plan of another work"
        raise FileError(message, code="piece-other", hint="choose another folder, or remove this one")
    for name in ("", RESULTS, LOGS):
        make_folder(Path(folder) / name)
    content = {"version": VERSION, "tmvalite": tmvalite.__version__, **plan.content()}
    write_atomic(path, json.dumps(content, indent=1) + "\n")


def read_plan(folder: str | os.PathLike) -> Plan:
    """Raises FileError where there is none, or one of another version of tmvalite, whose trainings may have other bits."""
    path = Path(folder) / PLAN
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if content["version"] != VERSION or content["tmvalite"] != tmvalite.__version__:
            message = f"'{path}' was written by tmvalite {content['tmvalite']}, this is {tmvalite.__version__}"
            raise FileError(message, code="piece-other", hint="use the same version for all pieces")
        return FORMATS[content["format"]].of(content)
    except FileError:
        raise
    except OSError as problem:
        hint = "tmvalite submit JOB --htcondor --output DIR writes it"
        raise FileError(f"'{path}' cannot be read: {problem.strerror}", code="file-missing", hint=hint) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise FileError(f"'{path}' is no plan of tmvalite, or is damaged", code="piece-damaged") from problem


def digest_of(plan: Plan) -> str:
    """Of all that a plan says: results of one plan are not taken for those of another."""
    return hashlib.blake2b(json.dumps(plan.content(), sort_keys=True).encode(), digest_size=16).hexdigest()


def command_of(folder: str | os.PathLike, piece: int) -> str:
    """What does a piece, in a shell."""
    return f"tmvalite piece {shlex.quote(os.fspath(folder))} {piece}"


def do_piece(folder: str | os.PathLike, piece: int, write: Callable[[str], None] = print) -> PieceDone:
    """Do a piece, unless what it writes is there and whole.

    Raises what the work raises; why it failed then stands in a file beside the results too.
    """
    folder = os.path.abspath(folder)
    plan = read_plan(folder)
    if not 0 <= piece < plan.pieces:
        raise OptionError(f"there is no piece {piece}", code="range", expected=f"0 to {plan.pieces - 1}")
    failed = _failed(folder, piece)
    try:
        with _inside(plan.folder):
            path, before = plan.run(folder, piece, digest_of(plan), write)
    except (TmvaliteError, MemoryError) as problem:
        write_atomic(failed, "".join(traceback.format_exception_only(problem)))
        raise
    failed.unlink(missing_ok=True)
    return PieceDone(piece, plan.names_of(piece), path, before)


def merge(folder: str | os.PathLike, page: str | None = None):
    """Put the pieces of a folder together: what the work gives, prints and writes when it is done in one process.

    Raises
    ------
    TrainingError
        Pieces are missing; the commands that do them are named.
    FileError
        A file that is damaged or belongs to another work.
    """
    folder = os.path.abspath(folder)
    plan = read_plan(folder)
    missing = [piece for piece in range(plan.pieces) if not plan.is_done(folder, piece)]
    if missing:
        raise _missing(folder, plan, missing)
    with _inside(plan.folder):
        return plan.together(folder, digest_of(plan), page)


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    """Paths of the work begin in its folder. Raises FileError where it is not there."""
    try:
        with contextlib.chdir(folder):
            yield
    except OSError as problem:
        if isinstance(problem, TmvaliteError) or os.path.isdir(folder):
            raise
        raise FileError(f"the folder '{folder}' of the work is not there", code="file-missing") from problem


def _failed(folder: str, piece: int) -> Path:
    """The file that says why a piece failed."""
    return Path(folder) / RESULTS / f"{piece}.failed"


def _missing(folder: str, plan: Plan, missing: list[int]) -> TrainingError:
    lines = []
    for piece in missing[:SHOWN]:
        failed = _failed(folder, piece)
        why = f": {failed.read_text('utf-8').splitlines()[0]}" if failed.exists() else ""
        lines.append(f"\n  {command_of(folder, piece)}    # {plan.names_of(piece)}{why}")
    if len(missing) > SHOWN:
        lines.append(f"\n  and {len(missing) - SHOWN} more")
    many = f"{len(missing)} of {plan.pieces} pieces are" if len(missing) > 1 else f"1 of {plan.pieces} pieces is"
    hint = "submit them again: those that are done end at once"
    return TrainingError(f"{many} not done{''.join(lines)}", code="piece-missing", hint=hint)
