"""One noun, one meaning: no two files or classes of the package have the same name, but for the pattern and a short list.

The pattern: a member is named by what users call it, in its registry; its kernels, its steps and what it rests on have the same
noun. So a name may stand once in each of these folders.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent / "tmvalite"
PATTERN = ("activations", "losses", "optimizers", "layers", "data/transforms", "data/sources", "cli", "kernels", "plan/families")
EVERYWHERE = {"__init__", "__main__", "base"}
FILES = {  # the second meaning, where both are words of the field
    "chain": "graph/chain.py, of layers; data/transforms/chain.py, of transformations",
    "check": "graph/check.py; cli/check.py is the verb",
    "options": "models/options.py; cli/options.py is the verb",
    "latent": "models/latent.py; layers/latent.py is the layer",
    "prior": "layers/prior.py, models/prior.py, string_utils/prior.py: reading it, drawing from it, writing it",
    "weight_file": "io/weight_file.py; layers/weight_file.py",
}
CLASSES = {
    "Sample": "of events; the layer SAMPLE",
    "Output": "of a graph; the layer OUTPUT",
    "Gauss": "the activation; the transformation",
    "Example": "of a member, in every registry",
}


def folder_of(path: Path) -> str:
    return path.parent.relative_to(ROOT).as_posix()


def repeated(named: dict[str, list[str]]) -> dict[str, list[str]]:
    """Names that stand twice although not every place is a folder of the pattern."""
    return {name: places for name, places in named.items() if len(places) > 1 and not set(places) <= set(PATTERN)}


def test_no_two_files_have_the_same_name():
    named = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        named[path.stem].append(folder_of(path))
    found = {name: places for name, places in repeated(named).items() if name not in EVERYWHERE}
    assert set(found) <= set(FILES), {name: places for name, places in found.items() if name not in FILES}
    assert set(FILES) <= set(found), f"no longer needed: {set(FILES) - set(found)}"


def test_no_two_classes_have_the_same_name():
    named = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named[node.name].append(folder_of(path))
    found = {name for name, places in named.items() if len(places) > 1 and not _pattern(places)}
    assert found <= set(CLASSES), {name: named[name] for name in found - set(CLASSES)}
    assert set(CLASSES) <= found, f"no longer needed: {set(CLASSES) - found}"


def _pattern(places: list[str]) -> bool:
    """A step of a layer, or a layer and its steps: the same noun."""
    return set(places) <= {"layers", "plan/families"}
