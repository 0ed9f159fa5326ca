"""Write docs/reference/: every option, key, layer, activation, loss, optimizer, transformation and error code.

    python docs/make_reference.py

The texts are those that the registries declare (`arg`, `help`, `formula`, docstrings), so nothing is written twice. The tables
of layouts.md, transformations.md and other-methods.md, between two marks, are written too. A test compares the files with what
this gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tmvalite.cli.reference import STRATEGY, Entry, Section, layer_sections, member_sections, option_sections
from tmvalite.error_codes import CODES
from tmvalite.standins import STANDINS

DOCS = Path(__file__).parent
BY = "Written by [make_reference.py](../make_reference.py)."
MARK = "<!-- {} written by make_reference.py -->"
END = "<!-- end -->"
TYPE = re.compile(r"\*|(?<![^\W_])_|_(?![^\W_])")


def cell(text: str) -> str:
    """Words in a cell of a table: no bar ends it, and no star or underline between words begins another type."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if i % 2 else TYPE.sub(r"\\\g<0>", part) for i, part in enumerate(parts))


def code(text: str) -> str:
    return "`{}`".format(text.replace("|", "\\|")) if text else ""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows)]) + "\n"


def origin(thing: Entry | Section) -> str:
    return "TMVA" if thing.tmva else "ours"


def entries(section: Section) -> str:
    """Options or keys."""
    rows = ((code(e.name), code(e.default) or "", cell(e.allowed), cell(e.meaning), origin(e)) for e in section.entries)
    return table((section.noun.capitalize(), "Default", "Allowed", "Meaning", "From"), rows)


def page(title: str, text: str, parts: Iterable[str]) -> str:
    return f"# {title}\n\n{text} {BY}\n\n" + "\n".join(parts)


def options() -> str:
    parts = [f"## {s.name}\n\n{s.text}\n\n{entries(s)}" for s in option_sections() if s.name != STRATEGY]
    text = (
        "The options of every string that a script holds. They are separated by `:`; a name may be written in any case, "
        "`name` and `!name` switch on and off. `tmvalite options NAME` prints the same."
    )
    return page("Options", text, parts)


def strategy() -> str:
    (section,) = (s for s in option_sections() if s.name == STRATEGY)
    return page(STRATEGY, section.text, [entries(section)])


def layers() -> str:
    parts = []
    for section in layer_sections():
        fields = f"|{section.facts['fields']}" if section.facts["fields"] else ""
        fields = fields.replace("|[", "[|", 1) if fields.startswith("|[") else fields
        head = (
            f"## {section.name}\n\n`{section.name}{fields}`" + ("" if section.tmva else ", not in TMVA") + f"\n\n{section.text}\n"
        )
        rows = [(code(e.name), code(e.default), cell(e.allowed), cell(e.meaning)) for e in section.entries]
        own = "\n" + table(("Field", "Default", "Allowed", "Meaning"), rows) if rows else ""
        parts.append(f"{head}{own}\nAs in {', '.join(f'`{text}`' for text in section.examples)}.\n")
    text = "Shapes are those of `N` events; an image is `(N, C, H, W)`. Fields in brackets may be left out."
    return page("Layers", text, parts)


def members(noun: str) -> tuple[Section, ...]:
    return member_sections()[noun]


def activations() -> str:
    return page("Activations", "Functions of every value; SOFTMAX of all values of an event together.", [activation_table()])


def activation_table() -> str:
    rows = ((code(s.name), cell(s.formula), cell(s.text), origin(s)) for s in members("activation"))
    return table(("Activation", "f(x)", "What it is", "From"), rows)


def layer_table() -> str:
    sections = layer_sections()
    rows = ((code(s.name), code(s.facts["fields"]), code(s.examples[0]), origin(s)) for s in sections)
    return table(("Layer", "Fields", "As in", "From"), rows)


def losses() -> str:
    rows = (
        (code(s.name), cell(s.text), cell(s.formula), cell("; ".join(f"{e.name}: {e.meaning}" for e in s.entries)), origin(s))
        for s in members("loss")
    )
    text = "`ErrorStrategy=` of a method and `OUTPUT|LOSS` of a layout. o_j are the C outputs of an event, y_j its targets."
    return page("Losses", text, [table(("Loss", "What it is", "Of an event", "Trains", "From"), rows)])


def optimizers() -> str:
    rows = (
        (code(s.name), cell(s.text), cell(s.formula), ", ".join(code(f"{e.name}={e.default}") for e in s.entries), origin(s))
        for s in members("optimizer")
    )
    text = "`Optimizer=` of a TrainingStrategy. lr is the learning rate, g the gradient, theta a parameter."
    return page("Optimizers", text, [table(("Optimizer", "Step", "Formula", "Keys and defaults", "From"), rows)])


def transformation_table() -> str:
    rows = (
        (
            ", ".join(code(word) for word in (s.name, *s.other_names)),
            cell(s.text),
            s.facts["without a selection"],
            s.facts["in the weight file"] if s.facts["in the weight file"] == "nothing" else code(s.facts["in the weight file"]),
            code(s.facts["in names of folders"]),
            origin(s),
        )
        for s in members("transformation")
    )
    head = ("Written", "What it does", "Without a selection", "In the weight file", "In names of folders", "From")
    return table(head, rows)


def transformations() -> str:
    return page(
        "Transformations",
        "Items of `VarTransform`; [transformations.md](../transformations.md) has the mathematics.",
        [transformation_table()],
    )


def errors() -> str:
    text = (
        "Every error and warning has an attribute `code`, which stays when its words change. `tmvalite options CODE` prints one. "
        "A warning becomes an error of the same code under Strict."
    )
    return page(
        "Error codes", text, [table(("Code", "Meaning"), ((code(name), cell(meaning)) for name, meaning in CODES.items()))]
    )


PAGES = {
    "options.md": options,
    "training-strategy.md": strategy,
    "layers.md": layers,
    "activations.md": activations,
    "losses.md": losses,
    "optimizers.md": optimizers,
    "transformations.md": transformations,
    "errors.md": errors,
}


def standin_table() -> str:
    rows = []
    for name, cls in STANDINS.items():
        by_estimator: dict[str, list[str]] = {}
        for analysis, path in cls.estimators.items():
            by_estimator.setdefault(path.partition(":")[2], []).append(analysis)
        estimators = "; ".join(f"{code(made)} ({', '.join(of)})" for made, of in by_estimator.items())
        counts = ", ".join(f"{code(m.name)} ({code(m.parameter)})" for m in cls.mapped) or "none"
        rows.append((code(f"k{name}"), cell(cls.__doc__ or ""), estimators, counts))
    return table(("Types", "What stands in", "Estimator of scikit-learn", "Options that count (its parameters)"), rows)


BLOCKS = {
    ("other-methods.md", "stand-ins"): standin_table,
    ("layouts.md", "activations"): activation_table,
    ("layouts.md", "layers"): layer_table,
    ("transformations.md", "transformations"): transformation_table,
}


def index(pages: dict[str, str]) -> str:
    lines = [f"- [{name}]({name}): {text[2:].splitlines()[0]}" for name, text in pages.items()]
    return "# Reference\n\nWhat may stand in strings, from the declarations in the code. " + BY + "\n\n" + "\n".join(lines) + "\n"


def with_block(text: str, name: str, block: str) -> str:
    """A page with the block between its marks replaced."""
    pattern = re.escape(MARK.format(name)) + r"\n.*?" + re.escape(END)
    if not re.search(pattern, text, re.DOTALL):
        raise SystemExit(f"there is no {MARK.format(name)} with {END} behind it")
    return re.sub(pattern, lambda _: f"{MARK.format(name)}\n\n{block}\n{END}", text, flags=re.DOTALL)


def files() -> dict[Path, str]:
    """What every file should hold."""
    pages = {name: make() for name, make in PAGES.items()}
    found = {DOCS / "reference" / name: text for name, text in pages.items()}
    found[DOCS / "reference" / "README.md"] = index(pages)
    for (name, block), make in BLOCKS.items():
        path = DOCS / name
        found[path] = with_block(found.get(path) or path.read_text("utf-8"), block, make())
    return found


if __name__ == "__main__":
    (DOCS / "reference").mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
