"""From a Strategy to phases with every setting decided: defaults, ranges, and what TMVA would have ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, make_dataclass

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.optimizers import DEFAULT, FIELDS
from tmvalite.string_utils.numbers import Number, as_whole, plain, read_number
from tmvalite.string_utils.strategy import OPTION, parse_drop_config
from tmvalite.string_utils.syntax import Phase, Setting, Strategy
from tmvalite.string_utils.training_keys import (
    KEY_NAMES,
    SCHEDULES,
    WITHOUT_EFFECT,
    TrainingKey,
    default_of,
    find_key,
    find_key_without_effect,
)

_SWALLOWED_KEY = re.compile(r"\W*([A-Za-z]\w*)\s*=")
STEEP_DECAY = 0.5  # a larger LearningRateDecay is more likely meant as a factor


OptimizerNumbers = make_dataclass(
    "OptimizerNumbers",
    [(name, float, field(default=default_of(name))) for name in FIELDS],
    namespace={"__doc__": "The numbers of all optimizers, those of the optimizer at work decided."},
    kw_only=True,
    frozen=True,
)


@dataclass(frozen=True)
class PhaseSettings(OptimizerNumbers):
    """One phase of the training, every setting decided. The meaning of each is in `training_keys.KEYS`.

    The numbers of the optimizer (`beta1`, `momentum`) are fields too, 0.0 where it has none and the key is not shared; the
    schedule's numbers have their defaults where the schedule reads none.
    """

    learning_rate: float = 1e-5
    convergence_steps: int = 100
    max_epochs: int = 2000
    batch_size: int = 30
    test_repetitions: int = 7
    weight_decay: float = 0.0
    regularization: str = "NONE"
    optimizer: str = DEFAULT
    drop_config: tuple[float, ...] = ()
    learning_rate_decay: float = 0.0
    learning_rate_schedule: str = "CONSTANT"
    learning_rate_step: int = 10
    learning_rate_factor: float = 0.1
    learning_rate_patience: int = 10
    learning_rate_minimum: float = 0.0
    written: Phase = field(default=Phase(()), compare=False, repr=False)

    def span(self, key: str) -> Span:
        """Where the user set a key (TrainingStrategy's spelling), or the phase."""
        for setting in self.written.settings:
            if setting.key.text.lower() == key.lower():
                return setting.span
        return self.written.span


def resolve_strategy(strategy: Strategy, diagnostics: Diagnostics | None = None) -> tuple[PhaseSettings, ...]:
    """Decide every setting of every phase.

    Warns about what TMVA would run differently from how it reads: unknown keys, keys without effect, repeated keys
    (the first one counts), text behind a number, unknown words for Optimizer (ADAM is taken) and Regularization (none).

    Raises
    ------
    OptionError
        A value that is no number, or one that cannot be, such as BatchSize=0.

    Examples
    --------
    >>> from tmvalite.string_utils.strategy import parse_strategy
    >>> phase, = resolve_strategy(parse_strategy(Source("LearningRate=1e-3,Optimizer=SGD")))
    >>> phase.learning_rate, phase.batch_size, phase.optimizer
    (0.001, 30, 'SGD')
    """
    diagnostics = Diagnostics(strategy.source) if diagnostics is None else diagnostics
    told: set[str] = set()
    return tuple(
        _Resolver(phase, f"{OPTION}, phase {i}", strategy.source, diagnostics, told).resolve()
        for i, phase in enumerate(strategy.phases, 1)
    )


class _Resolver:
    """One phase. `told` holds the keys without effect that were named already; one warning each is enough."""

    def __init__(self, phase: Phase, where: str, source: Source, diagnostics: Diagnostics, told: set[str]):
        self.phase, self.where, self.source, self.diagnostics, self.told = phase, where, source, diagnostics, told
        self.given: dict[str, Setting] = {}

    def resolve(self) -> PhaseSettings:
        self._collect()
        values = {}
        optimizer = schedule = None
        for name, setting in self.given.items():
            key = find_key(name)
            if key.choices:
                values[key.field] = self._choice(key, setting)
        optimizer = values.get("optimizer", default_of("optimizer"))
        schedule = values.get("learning_rate_schedule", default_of("learning_rate_schedule"))
        for name, setting in self.given.items():
            key = find_key(name)
            if key.choices:
                continue
            value = self._drop_config(setting) if key.type is tuple else self._number(key, setting)
            if self._is_read(key, setting, optimizer, schedule):
                values[key.field] = value
        for name in FIELDS:
            values.setdefault(name, default_of(name, optimizer))
        settings = PhaseSettings(**values, written=self.phase)
        self._check_decay(settings)
        return settings

    def _collect(self) -> None:
        for setting in self.phase.settings:
            name = setting.key.text
            key = find_key(name)
            if key is None:
                self._unknown(setting)
            elif name.lower() in self.given:
                first = self.given[name.lower()].value.text
                self._warn(
                    f"{key.name} is set twice in one phase; as in TMVA the first value counts: {quoted(first)}",
                    "key-repeated",
                    setting.span,
                    hint="remove one of them",
                )
            else:
                self.given[name.lower()] = setting

    def _unknown(self, setting: Setting) -> None:
        ignored = find_key_without_effect(setting.key.text)
        if ignored is None:
            hint = None if self.diagnostics.full else did_you_mean(setting.key.text, (*KEY_NAMES, *WITHOUT_EFFECT))
            self._warn(
                f"no key of {OPTION} is called {quoted(setting.key.text)}; it is ignored, as TMVA does",
                "key-unknown",
                setting.key.span,
                expected=() if hint else KEY_NAMES,
                hint=hint,
            )
        elif ignored not in self.told:
            self.told.add(ignored)
            self._warn(f"{ignored} has no effect, in TMVA neither", "key-without-effect", setting.span, hint=f"remove {ignored}")

    def _choice(self, key: TrainingKey, setting: Setting) -> str:
        text = setting.value.text
        if text in key.choices:
            return text
        if text.upper() == key.default or (key.extension and text.upper() in key.choices):
            return text.upper()  # `Optimizer=Adam` and `Regularization=None` mean what TMVA makes of them
        hint = did_you_mean(text, key.choices)
        if key.extension:
            raise OptionError(
                f"{key.name} cannot be {quoted(text)}",
                code="choice",
                source=self.source,
                span=setting.value.span,
                where=self.where,
                expected=SCHEDULES,
                hint=hint,
            )
        taken = "no regularisation" if key.default == "NONE" else key.default
        self._warn(
            f"{key.name} cannot be {quoted(text)}; as in TMVA, {taken} is taken",
            "choice-unknown",
            setting.value.span,
            expected=key.choices,
            hint=hint,
        )
        return key.default

    def _number(self, key: TrainingKey, setting: Setting) -> float | int:
        text, span = setting.value.text, setting.value.span
        number = read_number(text, key.type, self.source, span, name=key.name, where=self.where)
        if number.ignored is not None:
            whole = as_whole(text) if key.type is int else None
            self._swallowed(key.name, number, whole)
        if not key.allows(number.value):
            raise OptionError(
                f"{key.name} cannot be {plain(number.value)}",
                code="range",
                source=self.source,
                span=span,
                where=self.where,
                expected=key.range_text,
            )
        return number.value

    def _drop_config(self, setting: Setting) -> tuple[float, ...]:
        return parse_drop_config(self.source, setting.value.span, self.diagnostics, where=self.where, swallowed=self._swallowed)

    def _swallowed(self, name: str, number: Number, whole: int | None = None) -> None:
        """Warn about text behind a number, most often a missing comma, and say what that means for the training."""
        match = _SWALLOWED_KEY.match(number.rest)
        key = find_key(match[1]) if match else None
        effect, hint = "", f"write {name}={plain(number.value)}"
        if whole is not None:
            hint = f"write {name}={whole}"
        if key is not None:
            hint = f"write ',' before {key.name}"
            default = {"NONE": "none", (): "no dropout"}.get(key.default, key.default)
            default = default if isinstance(default, str) else plain(default)
            elsewhere = key.name.lower() in self.given
            effect = f"; {key.name} keeps its other value" if elsewhere else f"; {key.name} keeps its default, {default}"
        elif name == "DropConfig":
            hint = "remove the text behind the number"
        self._warn(
            f"{name} is read up to {plain(number.value)}, and {quoted(number.rest)} is ignored, as TMVA does{effect}",
            "text-after-number",
            number.ignored,
            hint=hint,
        )

    def _is_read(self, key: TrainingKey, setting: Setting, optimizer: str, schedule: str) -> bool:
        if key.optimizer not in (None, optimizer):
            self._warn(
                f"{key.name} has no effect: the optimizer is {optimizer}",
                "key-without-effect",
                setting.span,
                hint=f"remove it, or write Optimizer={key.optimizer}",
            )
            return False
        if key.schedules and schedule not in key.schedules:
            self._warn(
                f"{key.name} has no effect: LearningRateSchedule is {schedule}",
                "key-without-effect",
                setting.span,
                hint=f"remove it, or write LearningRateSchedule={key.schedules[0]}",
            )
            return False
        return True

    def _check_decay(self, settings: PhaseSettings) -> None:
        if settings.learning_rate_minimum > settings.learning_rate:
            raise OptionError(
                "LearningRateMinimum cannot be larger than LearningRate",
                code="range",
                source=self.source,
                span=settings.span("LearningRateMinimum"),
                where=self.where,
                expected=f"at most {plain(settings.learning_rate)}",
            )
        if settings.learning_rate_decay > STEEP_DECAY:
            factor = 1 - settings.learning_rate_decay
            self._warn(
                f"LearningRateDecay={plain(settings.learning_rate_decay)} multiplies the learning rate by {factor:.3g} "
                "after every epoch",
                "steep-decay",
                settings.span("LearningRateDecay"),
                hint=f"did you mean {factor:.3g}?",
            )

    def _warn(self, message: str, code: str, span: Span, *, expected=(), hint=None) -> None:
        self.diagnostics.warn(message, code=code, source=self.source, span=span, where=self.where, expected=expected, hint=hint)
