"""Keys of a TrainingStrategy that belong to one of several networks: GeneratorLearningRate beside DiscriminatorLearningRate."""

from __future__ import annotations

from dataclasses import replace

from tmvalite.errors import Span
from tmvalite.string_utils.syntax import Phase, Setting, Strategy, Word


def of_network(strategy: Strategy, prefix: str, others: tuple[str, ...]) -> Strategy:
    """The strategy of one network: its own keys without their prefix, then the common ones that it does not set itself.

    prefix : of its keys; others : those of the other networks, whose keys are left out

    Examples
    --------
    >>> from tmvalite.errors import Source
    >>> from tmvalite.string_utils.strategy import parse_strategy
    >>> whole = parse_strategy(Source("BatchSize=8,LearningRate=1e-3,GeneratorLearningRate=1e-4"))
    >>> for prefix, other in (("Generator", "Critic"), ("Critic", "Generator")):
    ...     [f"{s.key}={s.value}" for s in of_network(whole, prefix, (other,)).phases[0].settings]
    ['LearningRate=1e-4', 'BatchSize=8']
    ['BatchSize=8', 'LearningRate=1e-3']
    """
    return replace(strategy, phases=tuple(_phase(phase, prefix, others) for phase in strategy.phases))


def _phase(phase: Phase, prefix: str, others: tuple[str, ...]) -> Phase:
    own = [_stripped(s, prefix) for s in phase.settings if _has(s, prefix)]
    names = {setting.key.text.lower() for setting in own}
    rest = [s for s in phase.settings if not any(_has(s, p) for p in (prefix, *others)) and s.key.text.lower() not in names]
    return Phase((*own, *rest), phase.span)


def _has(setting: Setting, prefix: str) -> bool:
    return setting.key.text.lower().startswith(prefix.lower())


def _stripped(setting: Setting, prefix: str) -> Setting:
    span = Span(min(setting.key.span.start + len(prefix), setting.key.span.stop), setting.key.span.stop)
    return replace(setting, key=Word(setting.key.text[len(prefix) :], span))
