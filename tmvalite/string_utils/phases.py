"""From a Strategy to phases with every setting decided: defaults, ranges, and what TMVA would have ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.optimizers import DEFAULT, FIELDS, OPTIMIZERS
from tmvalite.string_utils.hidden_defaults import DEFAULT_STRATEGY, warn_about_hidden_defaults
from tmvalite.string_utils.key_hints import hint_for_key
from tmvalite.string_utils.numbers import ReadNumber, number_hint, plain, read_number
from tmvalite.string_utils.strategy import OPTION, parse_drop_config
from tmvalite.string_utils.syntax import Phase, Setting, Strategy
from tmvalite.string_utils.training_keys import (
    KEY_NAMES,
    SCHEDULES,
    FixedKeys,
    TrainingKey,
    default_of,
    find_key,
    find_key_without_effect,
)

_INNER_KEY = re.compile(r"[A-Za-z]\w*\s*=")
LARGE_RATE = 10.0
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
    schedule's numbers have their defaults where the schedule reads none. `least_improvement` is no key: an epoch counts as one
    without improvement unless it lowers the smallest validation error by this part of it. `others` are
    the settings of further networks that are trained in turns with the first one, by name.
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
    least_improvement: float = 0.0
    written: Phase = field(default=Phase(()), compare=False, repr=False)
    others: Mapping[str, PhaseSettings] = field(default_factory=dict, hash=False, repr=False)

    def writes(self, key: str) -> bool:
        """Whether the user set a key (TrainingStrategy's spelling)."""
        return any(setting.key.text.lower() == key.lower() for setting in self.written.settings)

    def span(self, key: str) -> Span:
        """Where the user set a key (TrainingStrategy's spelling), or the phase."""
        for setting in self.written.settings:
            if setting.key.text.lower() == key.lower():
                return setting.span
        return self.written.span


def resolve_strategy(
    strategy: Strategy, diagnostics: Diagnostics | None = None, *, fixed: FixedKeys | None = None
) -> tuple[PhaseSettings, ...]:
    """Decide every setting of every phase.

    Warns about what TMVA would run differently from how it reads: unknown keys, keys without effect, repeated keys
    (the first one counts), text behind a number, unknown words for Optimizer (ADAM is taken) and Regularization (none),
    and keys that are not written and have another default than one would expect. In Python's manner unknown keys and
    values that are not read in full are errors.

    Parameters
    ----------
    fixed : FixedKeys, optional
        What the method decides itself.

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
    phases = tuple(
        _Resolver(phase, f"{OPTION}, phase {i}", strategy.source, diagnostics, told, fixed).resolve()
        for i, phase in enumerate(strategy.phases, 1)
    )
    default = DEFAULT_STRATEGY if fixed is None else fixed.default
    written = [(phase.written, phase.optimizer) for phase in phases]
    warn_about_hidden_defaults(written, strategy.source, diagnostics, default=default)
    return phases


class _Resolver:
    """One phase. `told` holds the keys without effect that were named already; one warning each is enough."""

    def __init__(
        self, phase: Phase, where: str, source: Source, diagnostics: Diagnostics, told: set[str], fixed: FixedKeys | None = None
    ):
        self.phase, self.where, self.source, self.diagnostics, self.told = phase, where, source, diagnostics, told
        self.given: dict[str, Setting] = {}
        self.fixed = fixed

    def resolve(self) -> PhaseSettings:
        self._collect()
        values, optimizer = {}, None
        if self.fixed is not None:
            self._fix(self.fixed)
            values = {"optimizer": self.fixed.optimizer, "least_improvement": self.fixed.least_improvement}
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
        self._check_rate(settings)
        self._check_regularization(settings)
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
                    lost=True,
                )
            else:
                self.given[name.lower()] = setting

    def _fix(self, fixed: FixedKeys) -> None:
        """Take out the optimizer, and say which keys are followed although TMVA's method does not read them."""
        chosen = self.given.pop("optimizer", None)
        if chosen is not None and "Optimizer" not in self.told:
            self.told.add("Optimizer")
            message = f"Optimizer has no effect: {fixed.method} has {fixed.optimizer} with Momentum only, in TMVA too"
            self._warn(message, "key-without-effect", chosen.span, hint="remove Optimizer, or book MethodDL")
        for name in fixed.unread:
            if name.lower() in self.given and name not in self.told:
                self.told.add(name)
                message = f"{name} is followed; TMVA's {fixed.method} does not read it"
                self._warn(message, "key-followed", self.given[name.lower()].span, hint=f"remove {name} to train as TMVA does")

    def _unknown(self, setting: Setting) -> None:
        ignored = find_key_without_effect(setting.key.text)
        if ignored is None:
            hint = None if self.diagnostics.full else hint_for_key(setting.key.text, self.source.names)
            unknown = f"no key of {OPTION} is called {quoted(setting.key.text)}"
            self._slip(
                f"{unknown}; it is ignored, as TMVA does",
                unknown,
                "key-unknown",
                setting.key.span,
                expected=() if hint else KEY_NAMES,
                hint=hint,
            )
        elif (swallowed := self._key_in(setting.value.text)) is not None:
            key, at = swallowed
            start = setting.value.span.start + at
            self._slip(
                f"{ignored} has no effect, and {quoted(setting.value.text[at:])} is ignored with it, as TMVA does"
                + self._effect(key),
                f"{quoted(setting.value.text[at:])} stands inside the value of {ignored}",
                "text-after-number",
                Span(start, setting.value.span.stop),
                hint=f"write ',' before {key.name}",
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
        swallowed = self._key_in(text)
        self._slip(
            f"{key.name} cannot be {quoted(text)}; as in TMVA, {taken} is taken"
            + (self._effect(swallowed[0]) if swallowed else ""),
            f"{key.name} cannot be {quoted(text)}",
            "choice",
            setting.value.span,
            expected=key.choices,
            hint=f"write ',' before {swallowed[0].name}" if swallowed else hint,
        )
        return key.default

    def _key_in(self, text: str) -> tuple[TrainingKey, int] | None:
        """The first key that stands inside a value, where a comma is missing, and its place there."""
        for match in _INNER_KEY.finditer(text):
            for at in range(match.start(), match.end() - 1):  # `NoneOptimizer=`: any end of the word may be a key
                key = find_key(text[at : match.end() - 1].strip())
                if key is not None:
                    return key, at
        return None

    def _effect(self, key: TrainingKey) -> str:
        """What it means for the training that a key was swallowed."""
        if key.name.lower() in self.given:
            return f"; {key.name} keeps its other value"
        default = {"NONE": "none", (): "no dropout"}.get(key.default, key.default)
        return f"; {key.name} keeps its default, {default if isinstance(default, str) else plain(default)}"

    def _number(self, key: TrainingKey, setting: Setting) -> float | int:
        text, span = setting.value.text, setting.value.span
        number = read_number(text, key.type, self.source, span, name=key.name, where=self.where)
        if number.ignored is not None:
            self._swallowed(key.name, number, number_hint(text))
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

    def _swallowed(self, name: str, number: ReadNumber, hint: str | None = None) -> None:
        """Complain about text behind a number, most often a missing comma, and say what that means for the training."""
        swallowed = self._key_in(number.rest)
        effect = ""
        if swallowed is not None:
            key = swallowed[0]
            hint, effect = f"write ',' before {key.name}", self._effect(key)
        elif name == "DropConfig":
            hint = hint or "remove the text behind the number"
        self._slip(
            f"{name} is read up to {plain(number.value)}, and {quoted(number.rest)} is ignored, as TMVA does{effect}",
            f"{name} is {plain(number.value)} with {quoted(number.rest)} behind it",
            "text-after-number",
            number.ignored,
            hint=hint or f"write {name}={plain(number.value)}",
        )

    def _is_read(self, key: TrainingKey, setting: Setting, optimizer: str, schedule: str) -> bool:
        if key.optimizer not in (None, optimizer):
            self._warn(
                f"{key.name} has no effect: the optimizer is {optimizer}",
                "key-without-effect",
                setting.span,
                hint=f"remove it, or write Optimizer={key.optimizer}" if self.fixed is None else "remove it",
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

    def _check_rate(self, settings: PhaseSettings) -> None:
        rate = settings.learning_rate
        if rate == 0:
            self._warn(
                "LearningRate=0: nothing is learnt", "rate-zero", settings.span("LearningRate"), hint="write LearningRate=1e-3"
            )
        elif rate > LARGE_RATE and not OPTIMIZERS[settings.optimizer].self_scaled:
            inverse = f"{1 / rate:.6g}"
            self._warn(
                f"LearningRate={plain(rate)} is very large; most trainings end with an infinite loss",
                "rate-large",
                settings.span("LearningRate"),
                hint=f"did you mean {inverse}?" if 1e-6 < 1 / rate < 1 else "write LearningRate=1e-3",
            )

    def _check_regularization(self, settings: PhaseSettings) -> None:
        """One of the two was written, and the other one forgotten; a written Regularization=None is no mistake."""
        if settings.weight_decay and "regularization" not in self.given:
            self._warn(
                "WeightDecay has no effect: Regularization is NONE, since it is not written",
                "key-without-effect",
                settings.span("WeightDecay"),
                hint="write Regularization=L2, or remove WeightDecay",
            )
        elif settings.regularization != "NONE" and not settings.weight_decay:
            self._warn(
                f"Regularization={settings.regularization} has no effect: WeightDecay is 0",
                "key-without-effect",
                settings.span("Regularization"),
                hint="write WeightDecay=1e-4, or Regularization=None",
            )

    def _warn(self, message: str, code: str, span: Span, *, expected=(), hint=None, lost=False) -> None:
        self.diagnostics.warn(
            message, code=code, source=self.source, span=span, where=self.where, expected=expected, hint=hint, lost=lost
        )

    def _slip(self, message: str, refused: str, code: str, span: Span, *, expected=(), hint=None) -> None:
        self.diagnostics.slip(
            message, refused=refused, code=code, source=self.source, span=span, where=self.where, expected=expected, hint=hint
        )
