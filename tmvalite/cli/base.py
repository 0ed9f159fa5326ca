"""What a verb of the command line is: its words, its arguments, and what it prints. Nothing else knows its name."""

from __future__ import annotations

import argparse
from typing import ClassVar

from tmvalite.registry import registrar


class Verb:
    """Base of all verbs. What a verb needs beside the words of its arguments is imported when it runs: `--help` is quick.

    Attributes
    ----------
    name : str
        As written behind `tmvalite`.
    help, description : str
        A line for the list of all verbs, and what its own `--help` says first.
    """

    name: ClassVar[str] = ""
    help: ClassVar[str] = ""
    description: ClassVar[str] = ""

    def declare(self, parser: argparse.ArgumentParser) -> None:
        """Add its arguments to its parser."""
        raise NotImplementedError(f"{self.name} declares no arguments")

    def run(self, arguments: argparse.Namespace) -> str:
        """Do it, and return what is printed. Raises TmvaliteError, which ends the program with exit code 2."""
        raise NotImplementedError(f"{self.name} does nothing")


VERBS: dict[str, Verb] = {}


register = registrar(VERBS, "verbs")


class Instead(argparse.Action):
    """An option that is there in place of an argument."""

    def __init__(self, *given, positional, **more):
        super().__init__(*given, **more)
        self._positional = positional

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values)
        self._positional.required = False


def positive(text: str) -> int:
    """A whole number above 0, for `type=` of an argument."""
    if not text.isdecimal() or not text.isascii() or not 0 < int(text[:9]) or len(text) > 7:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number from 1 to 9999999")
    return int(text)


def names(text: str | None) -> list[str] | None:
    """The names of a list A,B,...; None where the argument is not given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
