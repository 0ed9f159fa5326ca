"""Which loss trains an output, and what the outputs mean: by analysis type, from what the losses declare."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.activations import Activation
from tmvalite.errors import Diagnostics, OptionError, Source, Span
from tmvalite.losses.base import AUTOENCODER, IDENTITY, REGISTRY, Loss, activation_of


@dataclass(frozen=True)
class Objective:
    """What is made of one output.

    strategy : name of the loss, as in ErrorStrategy
    function : "identity", or an activation in lower case such as "sigmoid": what makes a value of the raw output
    """

    strategy: str
    function: str

    @property
    def declared(self) -> Loss:
        """The loss with all that it declares."""
        return REGISTRY[self.strategy]

    @property
    def loss(self) -> str:
        """What a network trains: the loss of the raw output, or of the value of an elementwise function, as NAME_SIGMOID."""
        inside = self.function != IDENTITY and not self.declared.applies_function and activation_of(self.function).elementwise
        return f"{self.strategy}_{self.function.upper()}" if inside else self.strategy


def trained(kind: str) -> tuple[Loss, Activation | None]:
    """The loss, and the function inside it, that `Objective.loss` names. Raises KeyError for anything else."""
    if kind in REGISTRY:
        return REGISTRY[kind], None
    for objective in _objectives():
        if objective.loss == kind:
            return objective.declared, activation_of(objective.function)
    raise KeyError(kind)


def trained_kinds() -> tuple[str, ...]:
    """All that `trained` knows."""
    return tuple(dict.fromkeys([*REGISTRY, *(objective.loss for objective in _objectives())]))


def _objectives() -> list[Objective]:
    return [Objective(loss.name, use.function) for loss in REGISTRY.values() for use in loss.uses.values()]


def usual(purpose: str) -> Objective:
    """What trains an analysis type, or AUTOENCODER, where nothing else is asked for."""
    return next(
        Objective(loss.name, loss.uses[purpose].function)
        for loss in REGISTRY.values()
        if purpose in loss.uses and loss.uses[purpose].usual
    )


def losses_for(purpose: str) -> tuple[str, ...]:
    """The names of the losses that train an analysis type, or AUTOENCODER."""
    return tuple(loss.name for loss in REGISTRY.values() if purpose in loss.uses)


def reconstruction(strategy: str, *, source: Source | None = None, span: Span | None = None) -> Objective:
    """The objective of a decoder's output. Raises OptionError, with the place, for a loss that trains none."""
    if AUTOENCODER not in REGISTRY[strategy].uses:
        raise _untrained(strategy, AUTOENCODER, source, span)
    return Objective(strategy, REGISTRY[strategy].uses[AUTOENCODER].function)


def objective(
    analysis_type: str, strategy: str, *, given: bool, width: int, diagnostics: Diagnostics, span: Span | None = None
) -> Objective:
    """The objective of an output.

    Parameters
    ----------
    analysis_type : str
        One of ANALYSIS_TYPES.
    strategy : str
        ErrorStrategy, or the loss written in an OUTPUT item.
    given : bool
        Whether the user wrote it; a default is replaced without a warning.
    width : int
        Width of the output.
    span : Span, optional
        Where the user wrote it.

    Raises
    ------
    OptionError
        A loss that needs an output for every class, in a classification with one output: its softmax would always be 1. Or
        a loss of ours that does not train this analysis type; one of TMVA's is replaced, with a warning, as TMVA does.
    """
    default = usual(analysis_type)
    if not given:
        return default
    loss = REGISTRY[strategy]
    use = loss.uses.get(analysis_type)
    if use is None and loss.letter is None:
        raise _untrained(strategy, analysis_type, diagnostics.source, span)
    if use is None:
        diagnostics.warn(
            f"a {analysis_type} is trained with {default.strategy}, as in TMVA; {strategy} is ignored",
            code="loss-replaced",
            span=span,
            hint=f"write ErrorStrategy={default.strategy}",
        )
        return default
    if use.remark:
        diagnostics.warn(use.remark, code=use.code, span=span, hint=use.hint)
    if use.per_class and width == 1:
        raise OptionError(
            f"{strategy} needs an output for every class; a {analysis_type} has one output for both",
            code="loss-classes",
            source=diagnostics.source,
            span=span,
            expected=tuple(name for name in losses_for(analysis_type) if not REGISTRY[name].uses[analysis_type].per_class),
            hint=f"write ErrorStrategy={default.strategy}",
        )
    return Objective(strategy, use.function)


def _untrained(strategy: str, purpose: str, source: Source | None, span: Span | None) -> OptionError:
    return OptionError(
        f"{strategy} does not train {'an' if purpose[0] in 'aeiou' else 'a'} {purpose}",
        code="loss-purpose",
        source=source,
        span=span,
        expected=losses_for(purpose),
        hint=f"write ErrorStrategy={usual(purpose).strategy}",
    )
