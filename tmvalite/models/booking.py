"""What a string means before there are data: options, transformations, phases, inputs, layout."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import check_transforms
from tmvalite.errors import Diagnostics, OptionError, Span, did_you_mean
from tmvalite.graph import variables_of
from tmvalite.models.form import TRUTH, Form
from tmvalite.models.options import read_option, remark_ignored
from tmvalite.string_utils import (
    BoundOptions,
    PhaseSettings,
    Prior,
    Replicas,
    parse_batch_layout,
    parse_layout,
    parse_prior,
    parse_replicas,
    parse_validation_size,
    parse_var_transform,
)
from tmvalite.string_utils.option_table import OptionValues
from tmvalite.string_utils.syntax import InputLayout, Layout, TransformList, ValidationSize

BELOW_1 = "a number from 0 on, below 1"


@dataclass(frozen=True)
class Booking:
    """A method with its options, understood.

    form : of the method
    analysis_type : "classification", "regression" or "multiclass"
    bound : the options
    input_layouts : for every network that reads from outside; the event's is the last one
    phases : none for a method whose strategy is not understood yet
    prior : of the code, as the options have it
    replicas : how many trainings the method is made of
    """

    form: Form
    analysis_type: str
    bound: BoundOptions
    transforms: TransformList
    validation_size: ValidationSize | None
    phases: tuple[PhaseSettings, ...]
    input_layouts: tuple[InputLayout | None, ...]
    batch_layout: tuple[int, int, int]
    layout: Layout
    prior: Prior = Prior()
    replicas: Replicas = Replicas()

    @property
    def method(self) -> str:
        return self.form.name

    @property
    def values(self) -> OptionValues:
        return self.bound.values

    @property
    def n_variables(self) -> int | None:
        """What InputLayout says, or None where that is left to the data."""
        return variables_of(self.input_layouts[-1])

    @property
    def needs_truth(self) -> bool:
        """Whether a training needs classes or targets."""
        written = {block.name.text if block.name is not None else "" for block in self.layout.parts}
        return any(role.learns == TRUTH and role.name in written for role in self.form.roles)

    @property
    def known_by_itself(self) -> bool:
        """Whether the network follows from the string alone, without the names of the data."""
        return self.n_variables is not None and (self.analysis_type == "classification" or not self.needs_truth)

    def error(self, option: str, message: str, code: str, *, expected=(), hint: str | None = None) -> OptionError:
        """What is wrong with the value of an option, with its place."""
        where = {"source": self.bound.source, "span": self.span(option), "where": option}
        return OptionError(message, code=code, expected=expected, hint=hint, **where)

    def span(self, option: str) -> Span | None:
        """Where an option was set."""
        return self.bound.spans.get(option)

    def without_sizes(self) -> Booking:
        """As if InputLayout and BatchLayout were left to the data."""
        return dataclasses.replace(self, input_layouts=(None,) * len(self.input_layouts), batch_layout=(0, 0, 0))


def book(
    form: Form,
    options: str = "",
    keywords: Mapping[str, Any] | None = None,
    *,
    analysis_type: str = "classification",
    diagnostics: Diagnostics,
) -> Booking:
    """Understand the options of a method.

    Raises
    ------
    OptionError
        With the place in the string.
    """
    analysis_type = _analysis_type(analysis_type)
    bound = form.table.bind(options, keywords or {}, diagnostics)
    remark_ignored(bound, analysis_type, diagnostics)

    def read(name: str, parse, otherwise=None):
        understood = name in form.table and name not in form.unread
        return read_option(bound, name, parse, diagnostics) if understood else otherwise

    transforms = read("VarTransform", parse_var_transform)
    check_transforms(transforms)  # their names; classes and variables are checked when they are known
    booking = Booking(
        form,
        analysis_type,
        bound,
        transforms=transforms,
        validation_size=read("ValidationSize", parse_validation_size),
        phases=form.phases(bound, diagnostics),
        input_layouts=form.input_layouts(bound, diagnostics),
        batch_layout=read("BatchLayout", parse_batch_layout, (0, 0, 0)),
        layout=read("Layout", parse_layout),
        prior=read("Prior", parse_prior, Prior()),
        replicas=read("Replicas", parse_replicas, Replicas()),
    )
    if booking.values.EMA >= 1:
        raise booking.error("EMA", f"EMA cannot be {booking.values.EMA:g}", "range", expected=BELOW_1)
    form.check(booking)
    return booking


def check_streamed(booking: Booking, workers=None) -> None:
    """Raises OptionError for what needs all events in memory."""
    if not booking.form.streamed:
        message = f"Method{booking.form.name} needs all events in memory: it cannot be trained on a stream"
        raise OptionError(message, code="stream-method", hint="MethodDL can; or give arrays of fewer events")
    if booking.values.CreateMVAPdfs:
        message = "CreateMVAPdfs needs all training events in memory"
        raise booking.error("CreateMVAPdfs", message, "stream-method", hint="leave it out")
    if not booking.replicas.plain:
        raise booking.error("Replicas", "replicas need all events in memory", "stream-method", hint="leave Replicas out")
    if workers is not None or booking.values.Shares:
        message = "training by workers, or in Shares, needs all events in memory"
        raise OptionError(message, code="stream-method", hint="leave out workers and Shares")


def silent(source) -> Diagnostics:
    """Takes warnings that nobody shall see."""
    diagnostics = Diagnostics(source)
    diagnostics.strict = False
    return diagnostics


def unnamed(n_variables: int, n_classes: int = 2, n_targets: int = 0) -> DataSetInfo:
    """Data of which only these numbers are known."""
    classes = ("Signal", "Background") if n_classes == 2 else tuple(f"class{i}" for i in range(n_classes))
    return DataSetInfo.from_names(
        [f"var{i + 1}" for i in range(n_variables)], [f"target{i + 1}" for i in range(n_targets)], classes=classes
    )


def _analysis_type(text: str) -> str:
    if str(text).lower() in ANALYSIS_TYPES:
        return str(text).lower()
    hint = did_you_mean(str(text), ANALYSIS_TYPES)
    raise OptionError(f"the analysis type {str(text)!r} is not known", code="analysis-type", expected=ANALYSIS_TYPES, hint=hint)
