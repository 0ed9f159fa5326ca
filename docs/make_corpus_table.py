"""Write docs/corpus.md: what tmvalite makes of published MethodDL option strings.

    python docs/make_corpus_table.py strings.jsonl

Every line of the file is a JSON object with `kind`, `string`, `repo`, `path` and `analysis`; those of kind "dl" are listed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from tmvalite.errors import OptionError, TmvaliteWarning
from tmvalite.methods.report import Report, understand

HEAD = """# Published option strings

What `tmvalite check` says about {count} MethodDL option strings found in public repositories. The number of variables is that of
`InputLayout` where the string has one, else 4; a multiclass analysis has as many classes, a regression as many targets, as its
last layer has outputs (without a width there: 4 classes, 1 target).

{summary}

Counts behind a code say how often it occurs. `key-without-effect`: keys such as `Multithreading` that TMVA ignores too.
`architecture`: another device than the CPU was asked for. `blank`: TMVA cuts the value at a blank, here the whole value counts.
`pdfs`: densities of the output are not available yet.

| # | Repository | Layout | Verdict | Why |
|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("strings", type=Path, help="path of strings.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "corpus.md")
    arguments = parser.parse_args()
    entries = [json.loads(line) for line in arguments.strings.read_text(encoding="utf-8").splitlines()]
    arguments.output.write_text(table([entry for entry in entries if entry["kind"] == "dl"]), encoding="utf-8")


def table(entries: list[dict]) -> str:
    """The whole page."""
    lines, verdicts = [], Counter()
    for number, entry in enumerate(entries, 1):
        verdict, why = judge(entry)
        verdicts[verdict] += 1
        repository = entry["repo"].partition(" (")[0]  # "unnamed (...)"
        cells = (str(number), repository, f"`{_layout(entry['string'])}`", verdict, why)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    summary = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("accepted", "warned", "refused"))
    return HEAD.format(count=len(entries), summary=f"**{summary}.**") + "\n".join(lines) + "\n"


def judge(entry: dict) -> tuple[str, str]:
    """("accepted" | "warned" | "refused", why in short)."""
    try:
        report = _understand(entry)
    except OptionError as error:
        return "refused", f"{error.message} ({error.where})" if error.where else error.message
    if report.diagnostics.warnings:
        return "warned", "; ".join(_short(report.diagnostics.warnings))
    return "accepted", ""


def _understand(entry: dict) -> Report:
    """Understood with as many classes or targets as the network gives, since the string does not tell how many there are."""
    analysis = entry["analysis"]
    if analysis not in ("multiclass", "regression"):
        return understand(entry["string"])
    name, start = ("n_classes", 4) if analysis == "multiclass" else ("n_targets", 1)
    try:
        return understand(entry["string"], **{name: start})
    except OptionError as error:
        if error.code != "output-width":
            raise
    width = understand(entry["string"]).graphs[""].outputs[-1].value.size
    return understand(entry["string"], **{name: width})


def _short(warnings: list[TmvaliteWarning]) -> list[str]:
    """One entry for each code: the first message, and how many there are."""
    first, count = {}, Counter(warning.code for warning in warnings)
    for warning in warnings:
        first.setdefault(warning.code, warning)
    plain = ("key-without-effect", "architecture")
    return [
        (code if code in plain or "blank" in code else f"{code}: {warning.message}")
        + (f" ({count[code]})" if count[code] > 1 else "")
        for code, warning in first.items()
    ]


def _layout(text: str) -> str:
    for piece in text.split(":"):
        name, _, value = piece.partition("=")
        if name.strip().lower() == "layout":
            return value
    return "(default)"


if __name__ == "__main__":
    main()
