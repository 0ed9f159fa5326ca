"""Tables of declared options, and binding a booking string and keywords to them by TMVA's rules.

Names are matched whole, in any case. `name` and `!name` set truth values, `name=value` is split at the first '=',
`name[i]=value` sets one element of an array and `name=value` all of them. A bare word that names no option is looked
up among the predefined values of all options, in order of declaration, so that `CPU` means `Architecture=CPU`.
An option given twice takes the last value. `Strict` is understood in every string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmvalite.errors import TMVA, Diagnostics, OptionError, Source, Span, quoted
from tmvalite.string_utils.blanks import warn_about_blanks
from tmvalite.string_utils.key_hints import hint_for_option
from tmvalite.string_utils.option_list import parse_options
from tmvalite.string_utils.option_values import FALSE_WORDS, DeclaredOption, convert
from tmvalite.string_utils.python_values import value_text
from tmvalite.string_utils.syntax import Option

STRICT = "Strict"
_PLAIN_NAME = re.compile(r"[A-Za-z]\w*")
_INNER_NAME = re.compile(r"([A-Za-z]\w*)\s*=")


class OptionValues(Mapping):
    """The values of all declared options, by declared name: `values.Layout` or `values["Layout"]`. Read-only."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]):
        object.__setattr__(self, "_values", dict(values))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no option is called {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("the values of options cannot be changed")

    def __reduce__(self):
        return OptionValues, (dict(self._values),)

    def __repr__(self) -> str:
        return f"OptionValues({self._values!r})"


class BoundOptions:
    """A booking string understood: values, the places they come from, and what was set.

    Attributes
    ----------
    values : OptionValues
        One entry per declared option, in order of declaration; arrays as tuples.
    spans : dict of str to Span
        Where the value of each option that was set stands in `source`.
    source : Source
        The string and the keywords behind it, joined by ':'.
    diagnostics : Diagnostics
        What collected the warnings; the caller issues them.
    """

    def __init__(self, table: OptionTable, values: dict, spans: dict, source: Source, diagnostics: Diagnostics):
        self.table, self.values, self.spans = table, OptionValues(values), spans
        self.source, self.diagnostics = source, diagnostics

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def is_set(self, name: str) -> bool:
        """Whether the user gave the option."""
        return name in self.spans

    def items(self) -> Iterator[tuple[str, str, bool]]:
        """Name, text and "modified" of every option in order of declaration, as a weight file shows them."""
        for option in self.table:
            yield option.name, option.text_of(self.values[option.name]), self.is_set(option.name)

    def place(self, name: str) -> tuple[Source, Span]:
        """The text that an option's value comes from and its place there; the default's own text if it was not set."""
        if name in self.spans:
            return self.source, self.spans[name]
        text = self.table[name].text_of(self.values[name])
        return Source(f"{name}={text}", ":"), Span(len(name) + 1, len(name) + 1 + len(text))

    def __repr__(self) -> str:
        return f"BoundOptions({', '.join(f'{n}={self.values[n]!r}' for n in self.spans)})"


class OptionTable:
    """The options that a string may hold, in order of declaration.

    Tables add up: `base_options + method_options`. `opened` has tables whose options are there only where a truth value of this
    one is switched on, as TMVA declares the options of a part when it is asked for.

    Examples
    --------
    >>> table = OptionTable(DeclaredOption("V", bool, False), DeclaredOption("RandomSeed", int, 0, minimum=0))
    >>> table.bind("V:RandomSeed=7").values.RandomSeed
    7
    """

    def __init__(self, *options: DeclaredOption, opened: Mapping[str, OptionTable] | None = None):
        self._options = {option.name.lower(): option for option in options}
        self.opened = dict(opened or {})
        if len(self._options) != len(options):
            raise ValueError("an option is declared twice")

    def __iter__(self) -> Iterator[DeclaredOption]:
        return iter(self._options.values())

    def __len__(self) -> int:
        return len(self._options)

    def __getitem__(self, name: str) -> DeclaredOption:
        return self._options[name.lower()]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._options

    def __add__(self, other: OptionTable) -> OptionTable:
        return OptionTable(*self, *other, opened=self.opened | other.opened)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self)

    @property
    def opened_names(self) -> tuple[str, ...]:
        """The names of the options that others open."""
        return tuple(name for table in self.opened.values() for name in table.names)

    def with_opened(self, options: tuple[Option, ...]) -> OptionTable:
        """The table with those that these options open, for good."""
        found = OptionTable(*self)
        for name, table in self.opened.items():
            given = [option for option in options if option.name.text.lower() == name.lower()]
            if given and _is_on(given[-1]):
                found += table
        return OptionTable(*found, opened={name: table for name, table in self.opened.items() if table.names[0] not in found})

    def bind(
        self, text: str | Source = "", keywords: Mapping[str, Any] | None = None, diagnostics: Diagnostics | None = None
    ) -> BoundOptions:
        """Understand a booking string and keyword arguments.

        Parameters
        ----------
        text : str or Source
            The booking string.
        keywords : mapping, optional
            Options as Python arguments: True and False set and negate, lists and dicts are joined as the option has it,
            everything else counts as str(value). A value with ':' acts as several options, as in PyROOT.
        diagnostics : Diagnostics, optional
            Collects the warnings; `Strict` in the string switches it to strict, `!Strict` to TMVA's manner. A new one by default.

        Raises
        ------
        OptionError
            An unknown option, a value that cannot be, or an option both in the string and among the keywords.
        """
        text = text.text if isinstance(text, Source) else text
        pieces = [keyword_text(name, value) for name, value in (keywords or {}).items()]
        first_keyword = len(text) + 1 if text and pieces else 0 if pieces else len(text) + 1
        source = Source(":".join([text, *pieces] if text else pieces), ":", self.names)
        diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
        diagnostics.source = diagnostics.source or source
        with diagnostics.telling():
            options = parse_options(source).options
            if STRICT not in self:
                wishes = [_is_on(option) for option in options if _is_strict(option)]
                diagnostics.strict |= any(wishes)
                if wishes and not any(wishes):
                    diagnostics.manner = TMVA
                options = tuple(option for option in options if not _is_strict(option))
            return _Binder(self.with_opened(options), source, first_keyword, diagnostics).bind(options)


def keyword_text(name: str, value: Any) -> str:
    """A keyword argument as a piece of a booking string, the way PyROOT writes it; lists and dicts as `value_text` does.

    Raises OptionError for a value that an option cannot have.
    """
    if value is True:
        return name
    if value is False:
        return f"!{name}"
    return f"{name}={value_text(name, value)}"


def _is_strict(option: Option) -> bool:
    return option.name.text.lower() == STRICT.lower() and option.index is None


def _is_on(option: Option) -> bool:
    """Whether an option that is on or off is switched on."""
    if option.negated:
        return False
    return option.value is None or option.value.text.lower() not in FALSE_WORDS


class _Binder:
    """Binds the options of one string, one after the other."""

    def __init__(self, table: OptionTable, source: Source, first_keyword: int, diagnostics: Diagnostics):
        self.table, self.source, self.diagnostics = table, source, diagnostics
        self.first_keyword = first_keyword
        self.values = {option.name: option.default_values() for option in table}
        self.spans: dict[str, Span] = {}
        self.last: dict[tuple[str, int | None], Option] = {}
        self.options: tuple[Option, ...] = ()

    def bind(self, options: tuple[Option, ...]) -> BoundOptions:
        self.options = options
        for option in options:
            self._warn_about_outer_blanks(option)
            declared, index, text, span = self._understand(option)
            self._check_repeat(declared, index, option)
            self._warn_about_swallowed_option(declared, text, span)
            if declared.type is str and not declared.choices and not declared.blanks:
                warn_about_blanks(self.source, span, self.diagnostics, declared.name)
            value = convert(declared, text, self.source, span, self.diagnostics)
            if declared.size is not None:
                old = self.values[declared.name]
                value = (value,) * declared.size if index is None else (*old[:index], value, *old[index + 1 :])
            self.values[declared.name], self.spans[declared.name] = value, span
        values = {option.name: self.values[option.name] for option in self.table}
        return BoundOptions(self.table, values, self.spans, self.source, self.diagnostics)

    def _understand(self, option: Option) -> tuple[DeclaredOption, int | None, str, Span]:
        """Which option is meant, which element, and the text of its value."""
        name, index = option.name.text, option.index
        if index is not None and f"{name}[{index}]" in self.table:
            name, index = f"{name}[{index}]", None
        if name not in self.table:
            return self._understand_bare_word(option)
        declared = self.table[name]
        if index is not None and declared.size is None:
            raise self._error(f"{declared.name} is no array", "not-an-array", option.name.span, hint=f"write {declared.name}=...")
        if index is not None and index >= declared.size:
            raise self._error(
                f"{declared.name} has no element {index}",
                "index-range",
                option.name.span,
                expected=f"an index from 0 to {declared.size - 1}",
            )
        if option.value is not None:
            if option.negated:
                hint = f"write {declared.name}={option.value.text[:20]} without '!'"
                if declared.type is bool:
                    hint = f"write {declared.name} or !{declared.name}"
                raise self._error("'!' and '=' do not go together", "negation", option.span, hint=hint)
            return declared, index, option.value.text, option.value.span
        if declared.type is bool:
            return declared, index, "0" if option.negated else "1", option.span
        if option.negated:
            raise self._error(
                f"{declared.name} cannot be switched off", "negation", option.span, hint=f"write {declared.name}=value"
            )
        raise self._error(f"{declared.name} has no value", "value-missing", option.span, hint=f"write {declared.name}=value")

    def _understand_bare_word(self, option: Option) -> tuple[DeclaredOption, None, str, Span]:
        text = self.source.text[option.name.span.start : option.name.span.stop]
        if option.value is None and not option.negated:
            for declared in self.table:
                if declared.find_choice(text) is not None:
                    return declared, None, text, option.name.span
        words = [] if option.value is not None else [str(choice) for declared in self.table for choice in declared.choices]
        opener = next((name for name, table in self.table.opened.items() if text in table), None)
        if opener is not None:
            hint = f"write {opener} too: without it {self.table.opened[opener][text].name} means nothing"
        else:
            hint = hint_for_option(text, self.table.names, words) or self._hint_for_cut(option, text)
        raise self._error(
            f"no option is called {quoted(text)}", "option-unknown", option.name.span, expected=self.table.names, hint=hint
        )

    def _hint_for_cut(self, option: Option, text: str) -> str | None:
        """What to say of a piece that looks like the rest of the value before it: a ':' stands for another separator."""
        before = next((o for o in reversed(self.options) if o.span.stop < option.span.start), None)
        if before is None or _PLAIN_NAME.fullmatch(text):
            return None
        tail = re.split("[,|=]", self.source.text[before.span.start : before.span.stop])[-1][-40:]
        return f"the ':' behind {tail!r} ends {before.name}; write another separator there if it goes on"

    def _warn_about_swallowed_option(self, declared: DeclaredOption, text: str, span: Span) -> None:
        """A ':' is missing where the name of another option stands inside a value."""
        for match in _INNER_NAME.finditer(text):
            names = [n for n in self.table.names if len(n) > 1 and match[1].endswith(n)]
            if not names or (match[1][0].islower() and text[: match.start()][-1:] in ("", *",{}")):  # the name of an item
                continue
            at = match.end(1) - max(map(len, names))
            if at and text[at - 1] == "," and declared.name == "TrainingStrategy":  # an unknown key says it
                continue
            name = max(names, key=len)
            self.diagnostics.warn(
                f"{name} stands inside the value of {declared.name}, so that it is no option",
                code="option-swallowed",
                source=self.source,
                span=Span(span.start + max(0, at - 1), span.start + at + len(name)),
                hint=f"write ':' before {name}" if at else f"give {declared.name} a value of its own",
                lost=True,
            )
            return

    def _check_repeat(self, declared: DeclaredOption, index: int | None, option: Option) -> None:
        place = (declared.name, index)
        before = self.last.get(place)
        self.last[place] = option
        if before is None:
            return
        if before.span.start < self.first_keyword <= option.span.start:
            raise self._error(
                f"{declared.name} is given in the option string and as a keyword",
                "option-twice",
                option.span,
                hint="remove one of them",
            )
        former = declared.text_of(self.values[declared.name])
        self.diagnostics.warn(
            f"{declared.name} is given twice; the last one counts, as in TMVA, and not {quoted(former)}",
            code="option-repeated",
            source=self.source,
            span=option.span,
            hint="remove one of them",
            lost=True,
        )

    def _warn_about_outer_blanks(self, option: Option) -> None:
        text, start = self.source.text, option.span.start
        begin = text.rfind(":", 0, start) + 1
        if begin < start:
            self.diagnostics.warn(
                f"a blank stands before {quoted(option.name.text)}; TMVA would not find the option",
                code="blank-before-option",
                source=self.source,
                span=Span(begin, start),
                hint="remove the blank",
            )

    def _error(self, message, code, span, *, expected=(), hint=None) -> OptionError:
        return OptionError(message, code=code, source=self.source, span=span, expected=expected, hint=hint)


__all__ = ["BoundOptions", "DeclaredOption", "OptionTable", "OptionValues", "keyword_text"]
