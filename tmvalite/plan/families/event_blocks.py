"""Which convolutions are computed several events side by side, and the tables of kernels/event_blocks.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tmvalite.kernels.convolution import PHASE_WIDTH
from tmvalite.kernels.event_blocks import EVENT_BYTES

from .offsets import Correlation, Halo, OffsetTable, spread_halo
from .windows import Filters, Windows

MOST_EVENTS = EVENT_BYTES // 4  # of a block, in float32
LEAST_GAIN = 1.5  # how many times fewer vectors there must be
LEAST_WORK = 16  # products for each number that is turned
MOST_HALO = 2**16  # elements of a turned image, which has to stay in the second cache


def suits_blocks(windows: Windows, filters: Filters) -> bool:
    """Whether a convolution and its gradients are computed block by block: by the shape of the layer alone."""
    (rows, columns), large = windows.small, windows.image
    numbers = filters.image * large[0] * large[1] + filters.small * rows * columns
    products = filters.image * filters.small * filters.taps * rows * columns
    vectors = rows * -(-columns // MOST_EVENTS)
    if filters.groups > 1 or windows.strides == (1, 1) or products < LEAST_WORK * numbers:
        return False
    halo = _gather_halo(windows)
    return vectors * MOST_EVENTS >= LEAST_GAIN * rows * columns and filters.image * halo.plane * MOST_EVENTS <= MOST_HALO


def block_events(itemsize: int) -> int:
    """Events of a block."""
    return EVENT_BYTES // itemsize


def _gather_halo(windows: Windows) -> Halo:
    """For windows on the large image, whose columns need no phases here."""
    (rows, columns), (top, left) = windows.image, (max(n, 0) for n in windows.pads)
    bottom, right = (max(n, 0) for n in windows.ends)
    return Halo(top, left, top + rows + bottom, left + columns + right)


def _elements(halo: Halo, channels: int, image: tuple[int, int], events: int) -> list[int]:
    """Where the line of every element of an image stands."""
    return [
        (c * halo.plane + (halo.top + i) * halo.pitch + halo.left + j) * events
        for c in range(channels)
        for i in range(image[0])
        for j in range(image[1])
    ]


@dataclass(frozen=True)
class BlockCorrelation:
    """As `Correlation`, for blocks."""

    one_by_one: Correlation

    @property
    def halo(self) -> Halo:
        work = self.one_by_one
        return replace(spread_halo(work.windows, work.phases), copied=True) if work.spread else _gather_halo(work.windows)

    def halo_size(self, events: int = MOST_EVENTS) -> int:
        """Elements of the scratch for turned images, with room for a square of events."""
        return self.one_by_one.source[1] * self.halo.plane * events + events * events

    def merge_size(self, events: int = MOST_EVENTS) -> int:
        """Elements of the scratch for turned results."""
        (rows, columns), channels = self.one_by_one.target
        return channels * rows * columns * events

    def table(self, lanes: int, events: int) -> np.ndarray:
        """The table for vectors of `lanes` elements and blocks of so many events."""
        work, halo, table = self.one_by_one, self.halo, OffsetTable()
        (image, inputs), ((out_rows, out_columns), outputs) = work.source, work.target
        strides = (1, 1) if work.spread else work.windows.strides
        records, packed = [], 0
        for rows in work.phases[0]:
            for columns in work.phases[1]:
                terms = [
                    (c * halo.plane + down * halo.pitch + right) * events
                    for c in range(inputs)
                    for _, down in rows.taps
                    for _, right in columns.taps
                ]
                places = [
                    (
                        ((halo.top + rows.start + i * strides[0]) * halo.pitch + halo.left + columns.start + j * strides[1])
                        * events
                        + lane,
                        ((rows.first + i * rows.step) * out_columns + columns.first + j * columns.step) * events + lane,
                    )
                    for i in range(rows.count)
                    for j in range(columns.count)
                    for lane in range(0, events, lanes)
                ]
                records += [len(terms), table.append(terms), 0, len(places), table.append(places), lanes, packed]
                packed += outputs * len(terms)
        assert len(records) % PHASE_WIDTH == 0
        table.header.update(
            HALO_SIZE=inputs * halo.plane * events,
            GROUPS=1,
            OUTPUTS=outputs,
            OUTPUT_PLANE=out_rows * out_columns * events,
            PHASES=len(records) // PHASE_WIDTH,
            PHASES_AT=table.append(records),
            EVENTS=events,
            ELEMENTS_AT=table.append(_elements(halo, inputs, image, events)),
            SPARE=inputs * halo.plane * events,
        )
        return table.array()


@dataclass(frozen=True)
class BlockGradient:
    """As `FilterGradient`, for blocks."""

    windows: Windows
    filters: Filters
    bias_of_image: bool

    def halo_size(self, events: int = MOST_EVENTS) -> int:
        """Elements of the scratch for the large images, with room for a square of events."""
        return self.filters.image * _gather_halo(self.windows).plane * events + events * events

    def lines_size(self, events: int = MOST_EVENTS) -> int:
        """Elements of the scratch for the small ones."""
        rows, columns = self.windows.small
        return self.filters.small * rows * columns * events

    def table(self, group: int, events: int) -> np.ndarray:
        """The table for groups of `group` numbers and blocks of so many events."""
        w, f, halo, table = self.windows, self.filters, _gather_halo(self.windows), OffsetTable()
        (rows, columns), size = w.small, w.image if self.bias_of_image else w.small
        start = (halo.top - w.pads[0]) * halo.pitch + halo.left - w.pads[1]
        places = [
            ((start + i * w.strides[0] * halo.pitch + j * w.strides[1]) * events + at, (i * columns + j) * events + at)
            for i in range(rows)
            for j in range(columns)
            for at in range(0, events, group)
        ]
        taps = [
            ((c * halo.plane + i * halo.pitch + j) * events, c * f.image_step + i * w.filter[1] + j)
            for c in range(f.image)
            for i in range(w.filter[0])
            for j in range(w.filter[1])
        ]
        elements = _elements(halo, f.image, w.image, events)
        elements += [i * events for i in range(f.small * rows * columns)]
        table.header.update(
            HALO_SIZE=f.image * halo.plane * events,
            OUTPUTS=f.small,
            FILTER_ROW=f.small_step,
            OUTPUT_PLANE=rows * columns * events,
            TAPS=len(taps),
            TAPS_AT=table.append(taps),
            PLACES=len(places),
            PLACES_AT=table.append(places),
            BIAS_PLANES=f.image if self.bias_of_image else f.small,
            BIAS_PLANE=size[0] * size[1],
            EVENTS=events,
            ELEMENTS_AT=table.append(elements),
            SPARE=f.image * halo.plane * events,
        )
        return table.array()
