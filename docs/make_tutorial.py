"""Fill docs/tutorial.md: the outputs below its blocks and its pictures, by running it in an empty folder.

    python docs/make_tutorial.py

Its Python blocks are one program; a block without a language is a command. A test runs the page again and compares.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "tutorial.md"
PICTURES = ("tutorial_roc.png", "tutorial_loss.png")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BETWEEN = "---- next block ----"


def blocks(text: str) -> list[tuple[str, str]]:
    """(language, body) of every block, in order."""
    return FENCE.findall(text)


def run(arguments: list[str], folder: Path) -> str:
    """What a program prints, with the package of this checkout; its warnings are errors. Raises SystemExit where it fails."""
    environment = os.environ | {"PYTHONPATH": str(DOCS.parent), "PYTHONWARNINGS": "error", "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def outputs(text: str, folder: Path) -> Iterator[str]:
    """What each Python block and each command prints, in order."""
    programs = [body for language, body in blocks(text) if language == "python"]
    printed = iter(run(["-c", f"\nprint({BETWEEN!r})\n".join(programs)], folder).split(f"{BETWEEN}\n"))
    for language, body in blocks(text):
        if language == "python":
            yield next(printed)
        elif language == "":
            name, *arguments = shlex.split(body)
            if name != "tmvalite":
                raise SystemExit(f"{name} is no command of this page")
            yield run(["-m", name, *arguments], folder)


def shown(text: str) -> list[str]:
    """The outputs as the page has them; "" for a block without one."""
    parts = [*blocks(text), ("", "")]
    return [after[1] if after[0] == "text" else "" for part, after in zip(parts, parts[1:]) if part[0] != "text"]


def filled(text: str, printed: list[str]) -> str:
    """The page with these outputs."""
    rest = iter(out for out, before in zip(printed, has_output(text)) if before)
    return FENCE.sub(lambda found: f"```text\n{next(rest)}```" if found[1] == "text" else found[0], text)


def has_output(text: str) -> list[bool]:
    parts = [*blocks(text), ("", "")]
    return [after[0] == "text" for part, after in zip(parts, parts[1:]) if part[0] != "text"]


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as made:
        page = filled(page, list(outputs(page, Path(made))))
        (DOCS / "pictures").mkdir(exist_ok=True)
        for picture in PICTURES:
            shutil.copy(Path(made) / picture, DOCS / "pictures" / picture)
    PAGE.write_text(page, encoding="utf-8")
