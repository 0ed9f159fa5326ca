"""Write docs/corpus.md: what tmvalite makes of published strings and files.

    python docs/make_corpus_table.py strings.jsonl

Every line of the file is a JSON object with `kind`, `string`, `repo`, `path`, `analysis` and `note`.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tmvalite.data.expression import parse_expression
from tmvalite.data.formulas import expression_of
from tmvalite.data.info import declare
from tmvalite.data.split import read_split_options
from tmvalite.errors import Diagnostics, TmvaliteError, TmvaliteWarning
from tmvalite.methods.understood import Understood, understand
from tmvalite.workflow.script_options import read_chains, read_factory_options

HEAD = """# Published strings

What tmvalite says about {count} strings that people wrote for TMVA, found in public repositories.

| Kind | Strings | Accepted | Warned | Refused |
|---|---|---|---|---|
{summary}

Methods are read as `tmvalite check` does. The number of variables is that of `InputLayout` where the string has one, else 4; a
multiclass analysis has as many classes, a regression as many targets, as its last layer has outputs (without a width there: 4
classes, 1 target).

Counts behind a code say how often it occurs. `key-without-effect`: keys such as `Multithreading` that TMVA ignores too.
`architecture`: another device than the CPU was asked for. `blank`: TMVA cuts the value at a blank, here the whole value counts.
`pdfs`: densities of the output are not available yet.
"""
COLUMNS = "| # | Repository | Layout | Verdict | Why |\n|---|---|---|---|---|\n"
OTHERS = """
## Refused beside the methods

| Kind | Repository | String | Why |
|---|---|---|---|
"""
VERDICTS = ("accepted", "warned", "refused")
KINDS = {  # kind: what the page calls it
    "dl": "MethodDL",
    "dnn": "MethodDNN",
    "factory": "Factory",
    "split": "PrepareTrainingAndTestTree",
    "expression": "variables, targets, spectators, weights",
    "cut": "cuts",
}
METHODS = {"dl": "DL", "dnn": "DNN"}
CLASSES = ("Signal", "Background", "Regression")  # of the options of a split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("strings", type=Path, help="path of strings.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "corpus.md")
    arguments = parser.parse_args()
    entries = [json.loads(line) for line in arguments.strings.read_text(encoding="utf-8").splitlines()]
    arguments.output.write_text(table(entries), encoding="utf-8")


def table(entries: list[dict]) -> str:
    """The whole page."""
    judged = [(entry, *judge(entry)) for entry in entries]
    counts = verdicts(entries)
    rows = [(name, str(sum(counts[kind])), *map(str, counts[kind])) for kind, name in KINDS.items()]
    page = HEAD.format(count=len(entries), summary="\n".join(_row(row) for row in rows))
    for kind in METHODS:
        lines = [
            _row((str(number), _repository(entry), f"`{_layout(entry['string'])}`", verdict, why))
            for number, (entry, verdict, why) in enumerate((one for one in judged if one[0]["kind"] == kind), 1)
        ]
        page += f"\n## {KINDS[kind]}\n\n{COLUMNS}" + "\n".join(lines) + "\n"
    refused = [one for one in judged if one[1] == "refused" and one[0]["kind"] not in METHODS]
    lines = [_row((KINDS[e["kind"]], _repository(e), f"`{e['string']}`", why)) for e, _, why in refused]
    return page + OTHERS + "\n".join(lines) + "\n"


def verdicts(entries: list[dict]) -> dict[str, tuple[int, int, int]]:
    """By kind, how many are accepted, warned and refused."""
    found = Counter((entry["kind"], judge(entry)[0]) for entry in entries)
    return {kind: tuple(found[kind, verdict] for verdict in VERDICTS) for kind in KINDS}


def judge(entry: dict) -> tuple[str, str]:
    """("accepted" | "warned" | "refused", why in short)."""
    read = JUDGES[entry["kind"]]
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TmvaliteWarning)
            found = [*read(entry), *(w.message for w in caught if isinstance(w.message, TmvaliteWarning))]
    except TmvaliteError as error:
        return "refused", f"{error.message} ({error.where})" if error.where else error.message
    return ("warned", "; ".join(_short(found))) if found else ("accepted", "")


def _of_method(entry: dict) -> list[TmvaliteWarning]:
    return _understand(entry).diagnostics.warnings


def _understand(entry: dict) -> Understood:
    """Understood with as many classes or targets as the network gives, since the string does not tell how many there are."""
    analysis, method = entry["analysis"], METHODS[entry["kind"]]
    if analysis not in ("multiclass", "regression"):
        return understand(entry["string"], method=method)
    name, start = ("n_classes", 4) if analysis == "multiclass" else ("n_targets", 1)
    try:
        return understand(entry["string"], method=method, **{name: start})
    except TmvaliteError as error:
        if error.code != "output-width":
            raise
    width = understand(entry["string"], method=method).graphs[""].outputs[-1].value.size
    return understand(entry["string"], method=method, **{name: width})


def _of_factory(entry: dict) -> list[TmvaliteWarning]:
    read_chains(read_factory_options(entry["string"], {})[0])
    return []


def _of_split(entry: dict) -> list[TmvaliteWarning]:
    diagnostics = Diagnostics()
    read_split_options(entry["string"], CLASSES, diagnostics=diagnostics)
    return diagnostics.warnings


def _of_expression(entry: dict) -> list[TmvaliteWarning]:
    text, diagnostics = entry["string"], Diagnostics()
    expression = expression_of(declare(text)) if ":=" in text else parse_expression(text)
    expression.warn(diagnostics, "the expression")
    return diagnostics.warnings


JUDGES: dict[str, Callable[[dict], list[TmvaliteWarning]]] = {
    "dl": _of_method,
    "dnn": _of_method,
    "factory": _of_factory,
    "split": _of_split,
    "expression": _of_expression,
    "cut": _of_expression,
}


def _short(found: list[TmvaliteWarning]) -> list[str]:
    """One entry for each code: the first message, and how many there are."""
    first, count = {}, Counter(warning.code for warning in found)
    for warning in found:
        first.setdefault(warning.code, warning)
    plain = ("key-without-effect", "architecture")
    return [
        (code if code in plain or "blank" in code else f"{code}: {warning.message}")
        + (f" ({count[code]})" if count[code] > 1 else "")
        for code, warning in first.items()
    ]


def _row(cells) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _repository(entry: dict) -> str:
    return entry["repo"].partition(" (")[0]  # "unnamed (...)"


def _layout(text: str) -> str:
    for piece in text.split(":"):
        name, _, value = piece.partition("=")
        if name.strip().lower() == "layout":
            return value
    return "(default)"


if __name__ == "__main__":
    main()
