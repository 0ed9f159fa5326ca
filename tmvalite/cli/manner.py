"""What verbs that work for long share: --json, --quiet, --threads, and a line of progress on standard error."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from tmvalite.cli.base import positive

EVERY = 0.2  # seconds between two lines of progress


def declare_manner(parser: argparse.ArgumentParser, *, threads: bool = True) -> None:
    """Add the arguments that such verbs share."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    if threads:
        parser.add_argument("--threads", type=positive, metavar="N", help="cores to use (all that this process may use)")


def cores(arguments: argparse.Namespace) -> int:
    """The cores that a verb may use; kernels of this process are told too."""
    from tmvalite.training.thread_count import available_threads

    if arguments.threads is not None:
        os.environ["TMVALITE_THREADS"] = str(arguments.threads)
    return available_threads()


def shown(done, arguments: argparse.Namespace) -> str:
    """What a verb prints of what it did: JSON, nothing, or the text."""
    if arguments.json:
        return json.dumps(done.as_json(), indent=2)
    if arguments.quiet:
        return ""
    return done.as_text() if hasattr(done, "as_text") else str(done)


class ProgressLine:
    """How far a work is, in one line of a terminal that is written over. What is no terminal gets nothing."""

    def __init__(self, what: str, quiet: bool, stream=None, clock=time.perf_counter):
        self._stream = sys.stderr if stream is None else stream
        self._what, self._clock, self._began = what, clock, clock()
        self._shown = not quiet and self._stream.isatty()
        self._last = -EVERY
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        from tmvalite.training.progress import remaining_text

        now = self._clock() - self._began
        if not self._shown or (now - self._last < EVERY and done < total):
            return
        self._last = now
        rate = f", {done / now:,.0f}/s" if done and now > 0 else ""
        left = remaining_text(now, done / total) if total and done < total else ""
        self._write(f"{done:,} of {total:,} {self._what}{rate}{', ' if left else ''}{left}")

    def close(self) -> None:
        """Leave the line empty."""
        if self._width:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text:{self._width}}")
        self._width = len(text)
        self._stream.flush()
