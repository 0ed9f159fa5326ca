"""Info, Warning, Error: one line on standard error, as ROOT writes it; and one line for what is skipped."""

from __future__ import annotations

import sys

from tmvalite.errors import TmvaliteWarning, warn_user


def _tell(level: str, location, form, values) -> None:
    text = str(form)
    if values and "%" in text:
        text = text % tuple(value if isinstance(value, int | float) else str(value) for value in values)
    print(f"{level} in <{location}>: {text.rstrip()}", file=sys.stderr)


def Info(location, text, *values) -> None:
    """Print a remark; `values` fill the `%` places of the text."""
    _tell("Info", location, text, values)


def Warning(location, text, *values) -> None:
    """Print a warning; `values` fill the `%` places of the text."""
    _tell("Warning", location, text, values)


def Error(location, text, *values) -> None:
    """Print an error; nothing is raised. `values` fill the `%` places of the text."""
    _tell("Error", location, text, values)


def skipped(what: str, hint: str | None = None) -> None:
    """Say in one line that a call of ROOT does nothing here."""
    warn_user(TmvaliteWarning(f"{what} is not part of tmvalite, skipped", code="root-skipped", hint=hint))
