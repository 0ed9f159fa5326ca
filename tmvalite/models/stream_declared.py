"""What `Method.fit` was given as an EventStream: events in memory where they fit, else a stream of them."""

from __future__ import annotations

import dataclasses

from tmvalite.data.checks import sample_remarks
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.streaming.chunks import chunk_sizes
from tmvalite.data.streaming.event_stream import EventStream
from tmvalite.data.streaming.stream_trees import StreamTrees
from tmvalite.data.streaming.streamed_events import StreamedEvents, buffer_events
from tmvalite.errors import DataError, Diagnostics, OptionError, warn_user
from tmvalite.models.booking import Booking
from tmvalite.models.weighting import NORM_MODES, normalised


def stream_declared(
    booking: Booking, sample: tuple, *, norm, signal=None, eval_set=None
) -> tuple[Events | StreamedEvents, DataSetInfo]:
    """The events and the names of their variables. Raises DataError and OptionError.

    sample : (EventStream, None, None, None), as `fit` was called
    """
    stream: EventStream = sample[0]
    for name, given in zip(("y", "sample_weight", "targets", "eval_set"), (*sample[1:], eval_set)):
        if given is not None:
            hint = {"y": "classes", "sample_weight": "weight", "targets": "targets"}.get(name)
            hint = f"EventStream(..., {hint}=...)" if hint else "ValidationSize says how many events validate"
            raise OptionError(f"{name} cannot be given beside an EventStream", code="argument", hint=hint)
    if norm not in NORM_MODES:
        raise OptionError(f"norm {norm!r} is not known", code="argument", expected=tuple(map(repr, NORM_MODES)))
    if booking.needs_truth and booking.analysis_type != "regression" and not stream.has_classes:
        expected = "{'Signal': 'signal.root:tree', 'Background': 'background.root:tree'}"
        raise DataError("the files of the stream have no classes", code="data-one-class", expected=expected)
    name = "Regression" if booking.analysis_type == "regression" else "Data"
    info = stream.info(signal, name)
    diagnostics = Diagnostics()
    width = len(stream.variables) + len(stream.targets) + 1
    trees = StreamTrees(
        info,
        stream.inputs(name),
        cuts=stream.by_class("cut", name),
        weights=stream.by_class("weight", name),
        diagnostics=diagnostics,
        **chunk_sizes(buffer_events(stream.bytes, width)),
    )
    events = StreamedEvents(trees, norm, stream.bytes)
    if not events.fits:
        return events, info
    try:
        held = events.whole()
    finally:
        trees.close()
    diagnostics.issue()
    for remark in sample_remarks(held.x, [v.label for v in info.variables], held.weight):
        warn_user(remark)
    return dataclasses.replace(held, weight=normalised(held.weight, held.class_index, info.classes, norm)), info
