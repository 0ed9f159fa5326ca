"""The registry of sources: a kind of table that users hold is one file here, and one import line in __init__.py."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmvalite.data.columns import Table
from tmvalite.errors import DataError, MissingExtraError, did_you_mean


@dataclass(frozen=True)
class TableSource:
    """A kind of source.

    shown : the words for messages
    endings : of the names of its files
    last : whether it is asked after all others, as what takes any text for the path of a file
    fits : whether an object is of this kind
    open : the object -> its tables, one after the other; nothing but names and lengths is read yet
    files : the object -> the path of each file, for a kind of file; None for what is in memory
    """

    shown: str
    fits: Callable[[object], bool]
    open: Callable[[object], Table | Sequence[Table]]
    last: bool = False
    endings: tuple[str, ...] = ()
    files: Callable[[object], Sequence[str]] | None = None


SOURCES: list[TableSource] = []


def register(source: TableSource) -> None:
    """Add a kind of source; the first one that fits is taken."""
    SOURCES.append(source)
    SOURCES.sort(key=lambda kind: kind.last)


def module_of(source) -> str:
    """The package whose object this is; it need not be importable for others."""
    return type(source).__module__.partition(".")[0]


def file_source(shown: str, endings: tuple[str, ...], open_file: Callable[[str, str | None], Table]) -> TableSource:
    """The source of files with one of these endings: `path`, `path:part`, or a pattern with * ? [ ].

    open_file : (path, part or None) -> Table
    """

    def split(text: str) -> tuple[str, str | None]:
        for ending in endings:
            if text.lower().endswith(ending):
                return text, None
            at = text.lower().rfind(ending + ":")
            if at >= 0:
                return text[: at + len(ending)], text[at + len(ending) + 1 :]
        return "", None

    def fits(source) -> bool:
        return isinstance(source, str | Path) and bool(split(str(source))[0])

    def opened(source) -> list[Table]:
        path, part = split(str(source))
        return [open_file(one, part) for one in matching_files(path)]

    def files(source) -> list[str]:
        path, part = split(str(source))
        return [one if part is None else f"{one}:{part}" for one in matching_files(path)]

    return TableSource(shown, fits, opened, endings=endings, files=files)


def known_files() -> str:
    """The kinds of files that are read, for messages."""
    return f"a ROOT file, or one that ends in {' '.join(sorted(ending for kind in SOURCES for ending in kind.endings))}"


def matching_files(path: str) -> list[str]:
    """The files of a path or pattern. Raises DataError, which names the nearest file, where there is none."""
    if "://" in path or os.path.exists(path):
        return [path]
    found = sorted(glob.glob(os.path.expanduser(path), recursive=True)) if glob.has_magic(path) or path.startswith("~") else []
    if not found:
        what = "no file matches" if glob.has_magic(path) else "there is no file"
        hint = None if glob.has_magic(path) else _near_file(os.path.dirname(path) or ".", os.path.basename(path))
        raise DataError(f"{what} '{path}'", code="data-file-missing", hint=hint)
    return found


def _near_file(folder: str, name: str) -> str | None:
    if not os.path.isdir(folder):
        return f"there is no folder '{folder}'"
    return did_you_mean(name, [entry for entry in os.listdir(folder) if os.path.isfile(os.path.join(folder, entry))])


def needs(what: str, package: str, extra: str) -> MissingExtraError:
    """The error for a package that a kind of file needs."""
    return MissingExtraError(
        f"reading {what} needs {package}", code="missing-extra", hint=f"pip install tmvalite[{extra}], or pip install {package}"
    )


def damaged(path: str, problem: Exception) -> DataError:
    """The error for a file that its package cannot read."""
    reason = str(problem).strip().partition("\n")[0][:200] or type(problem).__name__
    return DataError(f"'{path}' cannot be read: {reason.rstrip(',:;')}", code="data-file-damaged", hint="the file may be damaged")
