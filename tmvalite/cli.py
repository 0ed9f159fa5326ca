"""The command line: `tmvalite check "OPTION STRING"` says what an option string means; `compress` and `decompress` are in
`compression/commands.py`, `warm` is in `methods/warm.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tmvalite.compression.commands import add_commands as add_compression
from tmvalite.errors import Diagnostics, TmvaliteError
from tmvalite.methods.warm import add_command as add_warm


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns 0, or 2 after one error on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        lines = arguments.run(arguments)
    except TmvaliteError as error:
        _print(f"error: {error}", sys.stderr)
        return 2
    try:
        _print(lines, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough; nothing may be left to flush at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    from tmvalite.methods.report import FORMS

    parser = argparse.ArgumentParser(prog="tmvalite", description="TMVA's deep learning without ROOT.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="say what an option string means",
        description="Say what a booking option string means, layer by layer, with every warning.",
    )
    check.add_argument(
        "options", metavar="OPTIONS", help='such as "Layout=TANH|128,LINEAR:TrainingStrategy=LearningRate=1e-3,TestRepetitions=1"'
    )
    check.add_argument("--method", choices=tuple(FORMS), default="DL", help="the method booked (DL)")
    check.add_argument("--variables", type=_positive, metavar="N", help="number of input variables, if InputLayout has none")
    outputs = check.add_mutually_exclusive_group()
    outputs.add_argument("--classes", type=_positive, metavar="N", help="a multiclass analysis with N classes")
    outputs.add_argument("--targets", type=_positive, metavar="N", help="a regression with N targets")
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.add_argument("--strict", action="store_true", help="refuse what would only give a warning")
    check.set_defaults(run=_check)
    add_compression(commands)
    add_warm(commands)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 0 < int(text[:9]) or len(text) > 7:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number from 1 to 9999999")
    return int(text)


def _check(arguments: argparse.Namespace) -> str:
    from tmvalite.methods.report import understand

    report = understand(
        arguments.options,
        method=arguments.method,
        n_variables=arguments.variables,
        n_classes=arguments.classes,
        n_targets=arguments.targets,
        diagnostics=Diagnostics(strict=arguments.strict),
    )
    return json.dumps(report.as_json(), indent=2) if arguments.json else report.as_text()


def _print(text: str, stream) -> None:
    """Print whatever the terminal can show; other characters as escapes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


if __name__ == "__main__":
    sys.exit(main())
