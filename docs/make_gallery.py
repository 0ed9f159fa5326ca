"""Write docs/gallery.md: every example with its first sentence, its command, and the last lines that it prints.

    python docs/make_gallery.py        runs all of them, which takes some minutes

A test compares the page with what this gives for the outputs that it holds; tests/test_examples.py has the numbers.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
EXAMPLES = DOCS.parent / "examples"
PAGE = DOCS / "gallery.md"
LINES = 6  # of what is shown of an output
PICTURES = {"vae_squares": "images of a grid of codes", "spatial_transformer": "images before and after the transformer"}
ARGUMENTS = {"spatial_transformer": ("spatial_transformer.png",)}
BLOCK = re.compile(r"^## (\w+)\n.*?^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEAD = """# Gallery

The scripts of the folder `examples` of the source, each with the end of what it prints. Every one makes its own events.
Written by [make_gallery.py](make_gallery.py).
"""


def examples() -> dict[str, tuple[str, str]]:
    """(what it shows, how long it takes) of every script, in the order of examples/README.md."""
    rows = re.findall(r"^\| \[(\w+)\.py\]\([^)]*\) \| ([^|]*) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)
    return {name: (first_paragraph(EXAMPLES / f"{name}.py"), takes) for name, takes in rows}


def first_paragraph(path: Path) -> str:
    """The docstring's first paragraph, without the command that may end it."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))).split("\n\n")[0].replace("\n", " ")
    return text.partition(" Run: ")[0]


def page(printed: dict[str, str]) -> str:
    """The page with these outputs, which hold the last lines only."""
    parts = [HEAD]
    for name, (text, takes) in examples().items():
        command = " ".join(["python", f"examples/{name}.py", *ARGUMENTS.get(name, ())])
        part = f"## {name}\n\n{text} About {takes}.\n\n```\n{command}\n```\n\n```text\n{printed[name]}```\n"
        parts.append(part + (f"\n![{PICTURES[name]}](pictures/{name}.png)\n" if name in PICTURES else ""))
    return "\n".join(parts)


def held(text: str) -> dict[str, str]:
    """The outputs of a page."""
    return dict(BLOCK.findall(text))


def run(name: str, folder: Path) -> str:
    """The last lines that an example prints. Raises CalledProcessError where it fails."""
    environment = os.environ | {"PYTHONPATH": str(DOCS.parent), "MPLBACKEND": "agg"}
    command = [sys.executable, EXAMPLES / f"{name}.py", *ARGUMENTS.get(name, ())]
    out = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line.rstrip() for line in out.splitlines() if line.strip() not in ("", ":")]  # TMVA's empty lines
    return "".join(f"{line}\n" for line in lines[-LINES:])


def main() -> None:
    (DOCS / "pictures").mkdir(exist_ok=True)
    printed = {}
    with tempfile.TemporaryDirectory() as made:
        for name in examples():
            print(name, flush=True)
            printed[name] = run(name, Path(made))
        for name in PICTURES:
            shutil.copy(Path(made) / f"{name}.png", DOCS / "pictures" / f"{name}.png")
    PAGE.write_text(page(printed), encoding="utf-8")


if __name__ == "__main__":
    main()
