"""TMVA's log: a field of 25 characters that names the source, then `: ` and the text, on standard output.

    Factory                  : Train all methods
                             : Elapsed time for training with 14000 events: 411 sec
    <WARNING>                : ...

Progress goes to standard error and is none of this file's business. A log file never gets a control character: colours
are written only to a terminal and only with option Color, and whatever else is not printable becomes a blank. No line is
longer than 80 columns, unless a name in it is: a sentence goes on below itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from tmvalite.workflow.config import gConfig
from tmvalite.wrapping import WIDTH, wrapped

FIELD = 25
ROOM = WIDTH - FIELD - len(": ")
BLANK = " " * FIELD + ": "  # of lines that say no source
BOLD, RED, PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"


@dataclass
class LogSettings:
    """What the log of one Factory, DataLoader or Reader shows: options Silent, V and Color."""

    silent: bool = False
    verbose: bool = False
    color: bool = False


def source_field(source: str) -> str:
    """`source` in exactly 25 characters; a longer name is cut to 22 and `...`."""
    return f"{source[: FIELD - 3]}..." if len(source) > FIELD else f"{source:<{FIELD}s}"


def printable(text: str) -> str:
    """`text` without control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


class Log:
    """Writes the lines of one source. `dataset` appears in brackets before the text of header lines."""

    def __init__(self, source: str, settings: LogSettings | None = None, dataset: str | None = None):
        self.source, self.settings, self.dataset = source, settings or LogSettings(), dataset

    def header(self, text: str) -> None:
        """A line that names the source."""
        prefix = f"[{self.dataset}] : " if self.dataset else ""
        self._write(source_field(self.source), prefix + text, BOLD)

    def info(self, text: str = "") -> None:
        """A line with a blank source field; an empty one separates paragraphs."""
        self._write(" " * FIELD, text)

    def lines(self, texts: Iterable[str]) -> None:
        """A table; one that would pass 80 columns beside the field begins at the left."""
        texts = list(texts)
        write = self.info if all(len(text) <= ROOM for text in texts) else self.plain
        for text in texts:
            write(text)

    def titled(self, texts: Iterable[str]) -> None:
        """A table whose first line stands beside the name of the source, where all of it has room there."""
        first, *rest = texts
        if all(len(text) <= ROOM for text in (first, *rest)):
            self.header(first)
            self.lines(rest)
        else:
            self.header("")
            self.lines((first, *rest))

    def plain(self, text: str = "") -> None:
        """A line without the field, for what needs the whole width."""
        self._write(None, text)

    def verbose(self, text: str) -> None:
        """A line that is shown only with option V."""
        if self.settings.verbose:
            self.info(text)

    def warning(self, text: str) -> None:
        """A line marked <WARNING>; the caller issues the Python warning where there is one."""
        self._write(source_field("<WARNING>"), text, RED)

    def error(self, text: str) -> None:
        """A line marked <ERROR>, for what goes on without the thing that failed."""
        self._write(source_field("<ERROR>"), text, RED)

    def _write(self, field: str | None, text: str, style: str | None = None) -> None:
        if self.settings.silent or gConfig().silent:
            return
        stream = sys.stdout
        if stream is None:  # a program without a console
            return
        field, encoding = None if field is None else f"{printable(field)}: ", getattr(stream, "encoding", None) or "utf-8"
        colored = self.settings.color and gConfig().color and "NO_COLOR" not in os.environ and stream.isatty()
        room = ROOM if field else WIDTH
        for line in text.split("\n"):
            line = printable(line).encode(encoding, "replace").decode(encoding)
            shown = f"{style}{field[:-2]}{PLAIN}: " if colored and style else field or ""
            for part in wrapped(line, width=room) if len(line) > room else (line,):
                stream.write(f"{shown}{part}\n" if len(part) <= room else f"  {part.strip()}\n")  # a long path, at the left
                shown = BLANK if field else ""
        stream.flush()
