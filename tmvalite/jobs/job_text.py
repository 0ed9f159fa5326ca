"""A TOML file with the places of its keys, so that an error can point at a line. tomllib reads it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tmvalite.errors import FileError, OptionError, Source, Span, TmvaliteError

_HEADER = re.compile(r"""\s*(\[\[|\[)\s*([A-Za-z0-9_."'\- ]+?)\s*(\]\]|\])\s*(#.*)?""")
_KEY = re.compile(r"""\s*([A-Za-z0-9_\-]+|"[^"]*"|'[^']*')\s*=""")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
LONGEST = 1_000_000  # bytes of a job file


class JobText:
    """The text of a job file, what it holds, and its places.

    A place is a path such as ("method", 0, "options"): sections by name, those of a list by number, keys.
    """

    def __init__(self, text: str, name: str):
        self.name = name
        self._lines = text.splitlines()
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise self._not_toml(problem) from None
        self._places = dict(_places(self._lines))

    def _not_toml(self, problem: tomllib.TOMLDecodeError) -> OptionError:
        message = str(problem)
        found = _AT.search(message)
        line = min(int(found[1]), len(self._lines)) - 1 if found else len(self._lines) - 1
        column = int(found[2]) - 1 if found else 0
        message = _AT.sub("", message).strip().rstrip(".")
        return self._error(f"this is not TOML: {message}", "job-toml", max(line, 0), Span(column, column + 1), hint=None)

    def error(self, message: str, code: str, place: Sequence, *, value: bool = False, expected=(), hint=None) -> OptionError:
        """An error with its line, and the key marked, or its value; the nearest section above where the key is not written."""
        place = tuple(place)
        while place and place not in self._places:
            place, value = place[:-1], False
        line, key, end = self._places.get(place, (0, 0, 0))
        text = self._lines[line] if self._lines else ""
        span = Span(key, end)
        if value:
            start = text.find("=", end) + 1
            start += len(text[start:]) - len(text[start:].lstrip())
            span = Span(start, max(start + 1, len(text.rstrip())))
        return self._error(message, code, line, span, expected=expected, hint=hint)

    def _error(self, message, code, line: int, span: Span, *, expected=(), hint=None) -> OptionError:
        text = self._lines[line] if line < len(self._lines) else ""
        return OptionError(
            message,
            code=code,
            source=Source(text),
            span=span,
            where=f"{self.name}, line {line + 1}",
            expected=expected,
            hint=hint,
        )

    def located(self, error: TmvaliteError, place: Sequence) -> TmvaliteError:
        """An error that something in the file led to, with the line added to its place."""
        place = tuple(place)
        while place and place not in self._places:
            place = place[:-1]
        where = f"{self.name}, line {self._places.get(place, (0, 0, 0))[0] + 1}"
        error.where = f"{error.where}; {where}" if error.where else where
        return error


def read_text(path: str | os.PathLike) -> JobText:
    """Raises FileError where the file cannot be read, OptionError where it is not TOML."""
    try:
        with open(path, "rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as problem:
        raise FileError(f"'{os.fspath(path)}' cannot be read: {problem.strerror}", code="file-missing") from problem
    if len(data) > LONGEST:
        raise FileError(f"'{os.fspath(path)}' is too long for a job file", code="job-file", expected=f"at most {LONGEST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"'{os.fspath(path)}' is no text in UTF-8", code="job-file") from None
    return JobText(text, Path(path).name)


def _places(lines: list[str]):
    """(place, (line, start, end)) of every section and key that stands on a line of its own."""
    section: tuple = ()
    counts: dict[tuple, int] = {}
    quote = ""  # of a text over several lines
    for number, line in enumerate(lines):
        if quote:
            quote = "" if line.count(quote) % 2 else quote
            continue
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header:
            section = _section(header[2], header[1] == "[[", counts)
            yield section, (number, header.start(2), header.end(2))
        elif key:
            yield (*section, key[1].strip("\"'")), (number, key.start(1), key.end(1))
        quote = next((q for q in ('"""', "'''") if line.count(q) % 2), "")


def _section(name: str, listed: bool, counts: dict[tuple, int]) -> tuple:
    path: tuple = ()
    parts = [part.strip().strip("\"'") for part in name.split(".")]
    for at, part in enumerate(parts):
        path = (*path, part)
        if at == len(parts) - 1 and listed:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
