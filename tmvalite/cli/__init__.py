"""The command line: `tmvalite VERB ...`. One import line for each verb, in the order in which they are listed."""

# ruff: noqa: I001
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import tmvalite
from tmvalite.cli import check as _check
from tmvalite.cli import train as _train
from tmvalite.cli import test as _test
from tmvalite.cli import apply as _apply
from tmvalite.cli import options as _options
from tmvalite.cli import compress as _compress
from tmvalite.cli import decompress as _decompress
from tmvalite.cli import show_archive as _show_archive
from tmvalite.cli import export as _export
from tmvalite.cli import migrate as _migrate
from tmvalite.cli import report as _report
from tmvalite.cli import submit as _submit
from tmvalite.cli import piece as _piece
from tmvalite.cli import merge as _merge
from tmvalite.cli import warm as _warm
from tmvalite.cli.base import VERBS, Verb
from tmvalite.cli.endings import FAILED, INTERRUPTED, TERMINATED, WRONG, plain_warnings
from tmvalite.errors import TmvaliteError, TrainingError
from tmvalite.wrapping import fitted

__all__ = ["VERBS", "Verb", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb. Returns 0; 1 after a work that failed, 2 after wrong input, each with one error on stderr; 130 after Ctrl-C,
    143 after SIGTERM.
    """
    arguments = _parser().parse_args(argv)
    try:
        with plain_warnings():
            lines = arguments.run(arguments)
    except TmvaliteError as error:
        _print(fitted(f"error: {error}"), sys.stderr)
        return FAILED if isinstance(error, TrainingError) else WRONG
    except KeyboardInterrupt as ended:
        code = getattr(ended, "code", INTERRUPTED)
        _print("terminated" if code == TERMINATED else "interrupted", sys.stderr)
        return code
    try:
        if lines:
            _print(lines, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough; nothing may be left to flush at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class _Parser(argparse.ArgumentParser):
    """One whose errors fit a terminal, and which lists the verbs where there is none."""

    def error(self, message):
        (self.print_help if message.endswith("COMMAND") else self.print_usage)(sys.stderr)
        self.exit(2, fitted(f"{self.prog}: error: {message}") + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tmvalite", description="TMVA's deep learning without ROOT.")
    parser.add_argument("--version", action="version", version=f"tmvalite {tmvalite.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for verb in VERBS.values():
        own = commands.add_parser(verb.name, help=verb.help, description=verb.description)
        verb.declare(own)
        own.set_defaults(run=verb.run)
    return parser


def _print(text: str, stream) -> None:
    """Print whatever the terminal can show; other characters as escapes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)
