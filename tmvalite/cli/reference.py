"""What may stand in strings, gathered from the registries: options, keys of a training, layers and what they are made of.

The verb `options` prints it, and docs/make_reference.py writes it as pages. Nothing here knows a member's name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field
from functools import cache
from typing import Any

from tmvalite.activations import ACTIVATIONS
from tmvalite.data.split import split_table
from tmvalite.data.transforms import REGISTRY as TRANSFORMS
from tmvalite.layers import REGISTRY as LAYERS
from tmvalite.layers.base import PADDINGS, ActivationName, declared_fields, field_text
from tmvalite.losses import LOSSES
from tmvalite.methods.understood import FORMS
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.string_utils import DeclaredOption
from tmvalite.string_utils.training_keys import KEYS, WITHOUT_EFFECT, TrainingKey
from tmvalite.workflow.script_options import FACTORY, READER

STRATEGY = "TrainingStrategy"
CLASS = "Signal"  # stands for any class in the names of options
_WORDS = {bool: "on or off", int: "a whole number", float: "a number", str: "text", tuple: "numbers joined by '+'"}


@dataclass(frozen=True)
class Entry:
    """One option, key, field or word.

    name : as written
    allowed, default : in words; default "" where it must be written
    meaning : one line
    tmva : whether TMVA has it
    """

    name: str
    meaning: str
    allowed: str = ""
    default: str = ""
    tmva: bool = True


@dataclass(frozen=True)
class Section:
    """A list of entries under a name.

    name, other_names : by which it is asked for
    noun : what its entries are
    text : what comes first, one paragraph
    formula, examples : of a member of a registry
    """

    name: str
    noun: str
    text: str = ""
    entries: tuple[Entry, ...] = ()
    other_names: tuple[str, ...] = ()
    formula: str = ""
    examples: tuple[str, ...] = ()
    tmva: bool = True
    facts: dict[str, str] = field(default_factory=dict)


def _allowed(kind: type, choices: Iterable = (), minimum=None, maximum=None, below=None) -> str:
    if choices:
        return ", ".join(map(str, choices))
    words = [_WORDS[kind]]
    words += [f"at least {minimum:g}"] if minimum is not None else []
    words += [f"at most {maximum:g}"] if maximum is not None else []
    words += [f"less than {below:g}"] if below is not None else []
    return ", ".join(words)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _option(option: DeclaredOption, tmva: bool = True) -> Entry:
    name = option.name if option.size is None else f"{option.name}[0] to {option.name}[{option.size - 1}]"
    allowed = _allowed(option.type, option.choices, option.minimum)
    return Entry(name, option.help, allowed, _shown(option.default), tmva)


def _key(key: TrainingKey) -> Entry:
    allowed = _allowed(key.type, key.choices) if key.type in (str, tuple) else key.range_text
    readers = [key.optimizer] if key.optimizer else list(key.schedules)
    default = "nothing is dropped" if key.default == () else _shown(key.default)
    meaning = key.help if not readers or readers[0] in key.help else f"{', '.join(readers)}: {key.help}"
    return Entry(key.name, meaning, allowed, default, not key.extension)


@cache
def option_sections() -> tuple[Section, ...]:
    """The options of every string that a script holds, and the keys of a training."""
    strict = DeclaredOption("Strict", bool, False, "what would only give a warning is an error")
    sections = []
    for name, form in FORMS.items():
        ours = form.extensions.names
        entries = [_option(option, option.name not in ours) for option in form.table]
        entries += [_option(option, False) for option in form.extensions if option.name not in form.table]
        sections.append(Section(f"Method{name}", "option", _first(form), (*entries, _option(strict, False)), (name,)))
    opened = {name: table for form in FORMS.values() for name, table in form.table.opened.items()}
    for name, table in opened.items():
        text = f"Further options of a method whose string switches {name} on. A number of -1, or no word, is that for both."
        sections.append(Section(name, "option", text, tuple(map(_option, table))))
    split = split_table((CLASS,))
    strings = (
        ("Factory", "The option string of a Factory.", FACTORY),
        ("DataLoader", f"The string of PrepareTrainingAndTestTree; {CLASS} stands for every class.", split),
        ("Reader", "The option string of a Reader.", READER),
    )
    for name, text, table in strings:
        entries = (*map(_option, table), _option(strict, False))
        sections.append(Section(name, "option", text, entries, ("PrepareTrainingAndTestTree",) if table is split else ()))
    text = (
        "The keys of a phase, as key=value separated by ','; phases are separated by '|'. Defaults are those of a written phase."
    )
    ignored = [Entry(name, "read by TMVA and used by nothing; ignored with a warning", "text") for name in WITHOUT_EFFECT]
    sections.append(Section(STRATEGY, "key", text, (*map(_key, KEYS), *ignored)))
    return tuple(sections)


@cache
def layer_sections() -> tuple[Section, ...]:
    """A section for every layer, TMVA's first; its entries are its fields."""
    layers = sorted(LAYERS.values(), key=lambda cls: (not cls.tmva, cls.kind))
    return tuple(
        Section(
            cls.kind,
            "field",
            _doc(cls),
            tuple(_field(declared, cls) for declared in declared_fields(cls)),
            examples=tuple(example.text for example in cls.examples),
            tmva=cls.tmva,
            facts={"fields": pattern(cls)},
        )
        for cls in layers
    )


def pattern(cls) -> str:
    """The fields of a layer as they are written, those that may be left out in brackets."""
    text, brackets = "", 0
    for number, declared in enumerate(declared_fields(cls)):
        bar = "|" if number else ""
        if _has_default(declared):
            text, brackets = f"{text}[{bar}{declared.name}", brackets + 1
        else:
            text += bar + declared.name
    return text + "]" * brackets


def _has_default(declared) -> bool:
    return declared.default is not MISSING


def _field(declared, cls) -> Entry:
    arg = declared.metadata["arg"]
    if arg.type is ActivationName:
        allowed = "an activation" if cls.activations is None else ", ".join(cls.activations)
    else:
        allowed = _allowed(arg.type, arg.choices, arg.minimum, arg.maximum, arg.below).replace("on or off", "1 or 0")
    if set(PADDINGS) <= set(re.findall(r"\w+", arg.help)):
        allowed += f", {' or '.join(PADDINGS)}"
    return Entry(declared.name, arg.help, allowed, field_text(declared.default) if _has_default(declared) else "")


@cache
def member_sections() -> dict[str, tuple[Section, ...]]:
    """Activations, losses, optimizers and transformations: a section for every member, by what they are."""
    activations = [
        Section(a.name, "activation", _own(a), formula=a.formula, tmva=a.code is not None) for a in ACTIVATIONS.values()
    ]
    losses = [
        Section(
            loss.name,
            "loss",
            _sentence(loss.text),
            tuple(Entry(purpose, f"{use.function} of the output{_usual(use)}") for purpose, use in loss.uses.items()),
            formula=loss.formula,
            tmva=loss.letter is not None,
            facts={"targets": loss.targets, "letter in the weight file": loss.letter or ""},
        )
        for loss in LOSSES.values()
    ]
    optimizers = [
        Section(
            optimizer.name,
            "optimizer",
            _sentence(optimizer.text),
            tuple(_key(key) for key in KEYS if key.field in optimizer.fields and key.optimizer in (None, optimizer.name)),
            formula=optimizer.formula,
            tmva=optimizer.tmva,
        )
        for optimizer in OPTIMIZERS.values()
    ]
    transformations = [
        Section(
            cls.words[0],
            "transformation",
            _sentence(cls.help),
            other_names=cls.words[1:],
            examples=cls.examples,
            tmva=cls.tmva,
            facts={
                "without a selection": "variables and targets" if cls.targets else "variables",
                "in the weight file": _element(cls),
                "in names of folders": cls.short,
            },
        )
        for cls in TRANSFORMS.values()
    ]
    found = {"activation": activations, "loss": losses, "optimizer": optimizers, "transformation": transformations}
    return {noun: tuple(sections) for noun, sections in found.items()}


def _usual(use) -> str:
    return ", for every class" * use.per_class + "; the usual loss" * use.usual


def _element(cls) -> str:
    if cls.element is None:
        return "nothing"
    mark = ' {}="{}"'.format(*cls.element.mark) if cls.element.mark else ""
    return f'Name="{cls.element.name}"{mark}'


def _sentence(text: str) -> str:
    """Text as a sentence; a letter of mathematics at its beginning stays as it is."""
    first = text[:1] if text.startswith("x ") else text[:1].upper()
    return f"{first}{text[1:].rstrip('.')}." if text else ""


def _doc(thing) -> str:
    """The first paragraph of a docstring."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _first(form) -> str:
    """The docstring of a form; an inherited one says nothing of it."""
    return _doc(type(form)) if type(form).__doc__ else ""


def _own(activation) -> str:
    """What the file of an activation says of it, behind its name."""
    text = _doc(inspect.getmodule(type(activation)))
    return _sentence(text.partition(": ")[2].partition(". ")[0])


def all_sections() -> tuple[Section, ...]:
    """Everything, options first."""
    return (*option_sections(), *layer_sections(), *(s for sections in member_sections().values() for s in sections))
