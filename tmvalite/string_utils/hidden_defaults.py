"""Numbers of a training that nobody wrote: TMVA's default string has other ones than a written strategy without the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tmvalite.errors import Diagnostics, Source
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.string_utils.numbers import plain
from tmvalite.string_utils.strategy import OPTION, parse_strategy
from tmvalite.string_utils.syntax import Phase
from tmvalite.string_utils.training_keys import find_key

DEFAULT_STRATEGY = (
    "LearningRate=1e-3,Momentum=0.0,ConvergenceSteps=100,MaxEpochs=2000,Optimizer=ADAM,BatchSize=30,TestRepetitions=1,"
    "WeightDecay=0.0,Regularization=None,DropConfig=0.0"
)


@cache
def probably_meant(default: str = DEFAULT_STRATEGY) -> Mapping[str, Any]:
    """Key -> its number in the default string, for the keys that a written strategy has another default for."""
    phase = parse_strategy(Source(default)).phases[0]
    found = {}
    for setting in phase.settings:
        key = find_key(setting.key.text)
        if key is not None and key.type in (int, float) and key.type(setting.value.text) != key.default:
            found[key.name] = key.type(setting.value.text)
    return found


def hidden_defaults(phase: Phase, optimizer: str, default: str = DEFAULT_STRATEGY) -> tuple[str, ...]:
    """The keys that a written phase leaves out and whose default may surprise, in the order of the default string."""
    given = {setting.key.text.lower() for setting in phase.settings}
    shared = {number.shared_key for one in OPTIMIZERS.values() for number in one.numbers if number.shared_key}
    read = {number.shared_key for number in OPTIMIZERS[optimizer].numbers}
    return tuple(n for n in probably_meant(default) if n.lower() not in given and (n not in shared or n in read))


def warn_about_hidden_defaults(
    phases: Sequence[tuple[Phase, str]],
    source: Source,
    diagnostics: Diagnostics,
    where: str = OPTION,
    default: str = DEFAULT_STRATEGY,
) -> None:
    """One warning for all phases that leave out the same keys: what is used, and what was probably meant.

    Parameters
    ----------
    phases : sequence of (Phase, str)
        With the optimizer of each.
    """
    left_out: dict[tuple[str, ...], list[int]] = {}
    for number, (phase, optimizer) in enumerate(phases, 1):
        names = hidden_defaults(phase, optimizer, default)
        if names:
            left_out.setdefault(names, []).append(number)
    for names, numbers in left_out.items():
        used = _joined([f"{name}={plain(find_key(name).default)}" for name in names])
        meant = ",".join(f"{name}={plain(probably_meant(default)[name])}" for name in names)
        first = phases[numbers[0] - 1][0]
        phase = ""
        if len(phases) > 1:
            phase = f" in phase{'s' * (len(numbers) > 1)} {_joined([str(number) for number in numbers])}"
        diagnostics.warn(
            f"{used} {'is' if len(names) == 1 else 'are'} used, as in TMVA, since "
            f"{'it is' if len(names) == 1 else 'they are'} not written{phase}",
            code="hidden-default",
            source=source,
            span=first.span,
            where=f"{where}, phase {numbers[0]}",
            hint=f"write {meant}, as the default TrainingStrategy has it, or what you mean",
        )


def _joined(words: list[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]
