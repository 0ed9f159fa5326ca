"""options: every option, key, layer, activation, loss, optimizer and transformation, with default, range and meaning."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tmvalite.cli.base import Verb, register
from tmvalite.wrapping import wrapped

if TYPE_CHECKING:
    from tmvalite.cli.reference import Entry, Section

OURS = "not in TMVA"


@register("options")
class Options(Verb):
    help = "list options, keys and layers with their defaults and meanings"
    description = (
        "List the options of all strings and the keys of TrainingStrategy. With a NAME: those of a method (DL), of Factory, "
        "DataLoader, Reader or TrainingStrategy; or one option, key, layer, activation, loss, optimizer, transformation, "
        "or the code of an error."
    )

    def declare(self, parser):
        parser.add_argument("name", metavar="NAME", nargs="?", help="such as DL, Factory, ValidationSize, BatchSize, CONV, ADAM")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.cli.reference import Entry, option_sections
        from tmvalite.error_codes import CODES

        if arguments.name is None:
            return as_text(option_sections())
        if arguments.name in CODES:
            return "\n".join(_entry(Entry(arguments.name, CODES[arguments.name])))
        return as_text(found(arguments.name))


def found(name: str) -> list[Section]:
    """The sections of this name; else the entries of this name, each in its section. Case does not matter.

    Raises OptionError for a name that nothing has.
    """
    from dataclasses import replace

    from tmvalite.cli.reference import all_sections
    from tmvalite.errors import OptionError, did_you_mean, quoted

    wanted, sections = name.lower(), all_sections()
    named = [s for s in sections if wanted in (s.name.lower(), *(other.lower() for other in s.other_names))]
    for section in sections:
        chosen = tuple(entry for entry in section.entries if entry.name.lower() == wanted)
        if chosen and section not in named and section.noun in ("option", "key"):
            named.append(replace(section, entries=chosen, text=""))
    if not named:
        known = [word for s in sections for word in (s.name, *s.other_names, *(entry.name for entry in s.entries))]
        raise OptionError(f"nothing is called {quoted(name)}", code="option-unknown", hint=did_you_mean(name, known))
    return named


def as_text(sections: Iterable[Section]) -> str:
    """The sections in 80 columns."""
    return "\n\n".join("\n".join(_lines(section)) for section in sections)


def _lines(section: Section) -> Iterable[str]:
    own = section.noun in ("option", "key")
    yield section.name if own else f"{section.name}  ({_what(section)})"
    yield from wrapped(section.text, 2)
    if section.formula:
        yield from wrapped(section.formula, 4)
    for name, value in section.facts.items():
        if value:
            yield from wrapped(f"{name}: {value}", 2)
    if section.examples:
        yield from wrapped(f"examples: {'  '.join(section.examples)}", 2)
    for entry in section.entries:
        yield from _entry(entry)


def _what(section: Section) -> str:
    noun = "layer" if section.noun == "field" else section.noun
    return noun if section.tmva else f"{noun}, {OURS}"


def _entry(entry: Entry) -> Iterable[str]:
    facts = [entry.allowed] if entry.allowed else []
    facts += [f"default {entry.default}"] if entry.default else []
    facts += [] if entry.tmva else [OURS]
    if facts:
        yield from wrapped(f"{entry.name:<24} {'; '.join(facts)}", 2, 29)
        yield from wrapped(entry.meaning, 6)
    else:
        yield from wrapped(f"{entry.name:<24} {entry.meaning}", 2, 29)
