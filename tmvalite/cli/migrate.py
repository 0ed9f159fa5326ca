"""migrate: a TMVA macro in C++ as a Python script."""

from __future__ import annotations

import argparse
from pathlib import Path

from tmvalite.cli.base import Verb, register


@register("migrate")
class Migrate(Verb):
    help = "translate a TMVA macro in C++ into a Python script"
    description = "Translate a TMVA macro in C++ into a Python script, with a comment where a call has no counterpart."

    def declare(self, parser):
        parser.add_argument("macro", metavar="MACRO", help="the macro, such as TMVAClassification.C")
        parser.add_argument("--output", metavar="FILE", help="write the script into this file instead of printing it")
        parser.add_argument("--force", action="store_true", help="replace an existing file")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.errors import FileError
        from tmvalite.io.atomic import write_atomic
        from tmvalite.migration import migrate
        from tmvalite.migration.python_lines import NO_COUNTERPART

        path = Path(arguments.macro)
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as problem:
            raise FileError(f"'{path}' cannot be read: {problem.strerror}", code="macro-file") from problem
        script = migrate(text, path.stem)
        if arguments.output is None:
            return script.rstrip("\n")
        if Path(arguments.output).exists() and not arguments.force:
            raise FileError(f"'{arguments.output}' exists", code="file-exists", hint="--force replaces it")
        write_atomic(arguments.output, script)
        n = script.count(f"# {NO_COUNTERPART}: ")
        return f"{arguments.output}: {len(script.splitlines())} lines, {n} place{'s' * (n != 1)} without a counterpart"
