"""The tables of offsets that convolutions walk; their layout: kernels/convolution.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.kernels.convolution import HEADER, HEADER_SIZE, PHASE_WIDTH
from tmvalite.kernels.convolution_tiles import GROUP_BYTES

from .windows import Filters, WindowPhase, Windows, gather_phases, spread_phases

SLACK = 16  # elements that vectors may read behind the last row of a scratch
LANES = (2, 4, 8, 16)  # elements of a vector, on any machine in any precision


@dataclass(frozen=True)
class Halo:
    """How the input of a convolution lies where it is read: its rows and columns with zeros around, phases of columns.

    top, left : zeros before; rows : with zeros; segment : columns of one phase; split : phases of a row.
    """

    top: int
    left: int
    rows: int
    segment: int
    split: int = 1
    copied: bool = True

    @property
    def pitch(self) -> int:
        return self.split * self.segment

    @property
    def plane(self) -> int:
        return self.rows * self.pitch

    def header(self, image: tuple[int, int], planes: int) -> dict[str, int]:
        return {
            "PLANES": planes,
            "IMAGE_ROWS": image[0],
            "IMAGE_COLUMNS": image[1],
            "COPIED": int(self.copied),
            "HALO_SIZE": self.size(planes),
            "PITCH": self.pitch,
            "HALO_PLANE": self.plane,
            "TOP": self.top,
            "LEFT": self.left,
            "SPLIT": self.split,
            "SEGMENT": self.segment,
        }

    def size(self, planes: int) -> int:
        """Elements of the scratch."""
        return planes * self.plane + SLACK if self.copied else 0


def gather_halo(windows: Windows, group: int = 1) -> Halo:
    """For windows on the large image. `group`: pixels that are read together and must all be in the scratch."""
    (rows, columns), (_, split) = windows.image, windows.strides
    (top, left), (bottom, right) = windows.pads, (max(0, n) for n in windows.ends)
    # a row may begin with a few columns that nobody reads, so that windows begin in phase 0
    top, left = max(top, 0), left if left >= 0 else left % split
    if not (top or left or bottom or right) and split == 1 and windows.small[1] % group == 0:
        return Halo(0, 0, rows, columns, 1, False)
    return Halo(top, left, top + rows + bottom, -(-(left + columns + right) // split), split)


def spread_halo(windows: Windows, phases: tuple[list[WindowPhase], list[WindowPhase]]) -> Halo:
    """For windows on the large image, seen from it: what phases read outside the small image."""
    before, after = [0, 0], [0, 0]
    for axis in (0, 1):
        for phase in phases[axis]:
            for _, at in phase.taps:
                before[axis] = max(before[axis], -(phase.start + at))
                after[axis] = max(after[axis], phase.start + phase.count + at - windows.small[axis])
    (rows, columns), copied = windows.small, any((*before, *after))
    return Halo(before[0], before[1], before[0] + rows + after[0], before[1] + columns + after[1], 1, copied)


class OffsetTable:
    """Builds the int64 table of a kernel: a header, and lists behind it that it refers to."""

    def __init__(self):
        self.header = dict.fromkeys(HEADER, 0)
        self.behind: list[int] = []

    def append(self, numbers) -> int:
        """Place of `numbers` (any nesting) in the finished table."""
        at = HEADER_SIZE + len(self.behind)
        self.behind += [int(n) for n in np.ravel(np.array(numbers, np.int64))]
        return at

    def array(self) -> np.ndarray:
        table = np.array([*(self.header[name] for name in HEADER), *self.behind], np.int64)
        table.flags.writeable = False
        return table


def _vectors(count: int, width: int, start: int, to: int):
    """(source, target) of the vectors that cover a line of `count` pixels."""
    return [(start + at, to + at) for at in range(0, count, width)]


@dataclass(frozen=True)
class Correlation:
    """Everything that `correlate` needs to know for windows and filters, in one direction.

    spread : False: reads the large image, gives the small one; True: the other way.
    """

    windows: Windows
    filters: Filters
    spread: bool

    @property
    def phases(self) -> tuple[list[WindowPhase], list[WindowPhase]]:
        """Phases of rows and of columns."""
        w = self.windows
        if self.spread:
            return tuple(spread_phases(w.image[i], w.filter[i], w.strides[i], w.pads[i]) for i in (0, 1))
        return tuple(gather_phases(w.small[i], w.filter[i], w.pads[i]) for i in (0, 1))

    @property
    def halo(self) -> Halo:
        return spread_halo(self.windows, self.phases) if self.spread else gather_halo(self.windows)

    @property
    def source(self) -> tuple[tuple[int, int], int]:
        """Size of the input image and its channels per group."""
        w, f = self.windows, self.filters
        return (w.small, f.small) if self.spread else (w.image, f.image)

    @property
    def target(self) -> tuple[tuple[int, int], int]:
        """Size of the output image and its channels per group."""
        w, f = self.windows, self.filters
        return (w.image, f.image) if self.spread else (w.small, f.small)

    @property
    def phased(self) -> bool:
        """Whether the output has phases, computed side by side and interleaved behind."""
        return self.spread and self.windows.strides != (1, 1)

    def flat(self, lanes: int) -> bool:
        """Whether the planes are computed as one line, halo columns included, because that takes fewer vectors."""
        (rows, columns), _ = self.target
        if self.windows.strides != (1, 1):
            return False
        return -(-((rows - 1) * self.halo.pitch + columns) // lanes) < rows * -(-columns // lanes)

    def merge_segment(self, lanes: int) -> int:
        """Columns of one phase in the scratch that the output is computed in; 0: it is computed in its place."""
        if self.phased:
            return -(-max(phase.count for phase in self.phases[1]) // lanes) * lanes
        (rows, columns), _ = self.target
        if self.windows.strides == (1, 1) and self.halo.pitch == columns:
            return 0  # one line
        if self.flat(lanes):
            return self.halo.pitch
        return lanes if columns < lanes and rows > 1 else 0

    def merge_size(self) -> int:
        """Elements of that scratch, for vectors of any length."""
        (rows, _), channels = self.target
        segment = max(self.merge_segment(lanes) for lanes in LANES)
        return self.filters.groups * channels * rows * self.merge_phases * segment

    @property
    def merge_phases(self) -> int:
        """Phases side by side in a row of that scratch."""
        return self.windows.strides[1] if self.phased else 1

    @property
    def halo_size(self) -> int:
        return self.halo.size(self.filters.groups * self.source[1])

    def multiplications(self) -> int:
        """Products of a filter value and a pixel per event."""
        rows, columns = (sum(len(phase.taps) * phase.count for phase in axis) for axis in self.phases)
        return rows * columns * self.filters.groups * self.filters.image * self.filters.small

    def table(self, lanes: int) -> np.ndarray:
        """The table of kernels/convolution.py for vectors of `lanes` elements."""
        w, f, halo, table = self.windows, self.filters, self.halo, OffsetTable()
        (image, inputs), ((out_rows, out_columns), outputs) = self.source, self.target
        filter_row, filter_step = (f.image_step, f.small_step) if self.spread else (f.small_step, f.image_step)
        segment = self.merge_segment(lanes)
        pitch = self.merge_phases * segment or out_columns
        plane = halo.plane if halo.copied else image[0] * image[1]
        table.header.update(halo.header(image, f.groups * inputs))
        table.header.update(
            GROUPS=f.groups,
            GROUP_SOURCE=inputs * plane,
            GROUP_FILTERS=f.group_step,
            OUTPUTS=outputs,
            FILTER_ROW=filter_row,
            OUTPUT_PLANE=out_rows * pitch,
            MERGED=int(segment > 0),
            OUT_ROWS=out_rows,
            OUT_COLUMNS=out_columns,
            STRIDE=self.merge_phases,
            MERGE_PITCH=pitch,
            MERGE_SEGMENT=segment,
        )
        records, packed = [], 0
        row_phases, column_phases = self.phases
        for rows in row_phases:
            for columns in column_phases:
                terms = [
                    (c * filter_step + i * w.filter[1] + j, c * plane + self._offset(down, right))
                    for c in range(inputs)
                    for i, down in rows.taps
                    for j, right in columns.taps
                ]
                places, last = self._places(rows, columns, lanes, pitch, segment)
                in_filters, in_image = [a for a, _ in terms], [b for _, b in terms]
                records += [len(terms), table.append(in_image), table.append(in_filters)]
                records += [len(places), table.append(places), last, packed]
                packed += outputs * len(terms)
        assert len(records) % PHASE_WIDTH == 0
        table.header.update(PHASES=len(records) // PHASE_WIDTH, PHASES_AT=table.append(records))
        table.header.update(MERGE_AT=table.append(self._merge_order(column_phases)))
        return table.array()

    def _merge_order(self, phases):
        """(first output column, count) of the phases as they stand in a row of the scratch: phase i + p modulo s at i."""
        s, p = self.merge_phases, self.windows.pads[1] if self.phased else 0
        found = {phase.first: phase.count for phase in phases}
        return [((b - p) % s, found.get((b - p) % s, 0)) for b in range(s)]

    def _offset(self, down: int, right: int) -> int:
        """Of an input pixel from another one, where the input lies with its halo."""
        halo = self.halo
        return down * halo.pitch + right % halo.split * halo.segment + right // halo.split

    def _places(self, rows: WindowPhase, columns: WindowPhase, lanes: int, pitch: int, segment: int):
        """(offset in the input, offset in the output) of every vector of output pixels, and pixels in the last one."""
        halo, strides = self.halo, (1, 1) if self.spread else self.windows.strides
        # a window begins in phase 0 of the columns, so its place there is exact
        column = (halo.left + columns.start) // halo.split
        to = (columns.first + self.windows.pads[1]) % self.windows.strides[1] * segment if self.phased else columns.first
        lines = [
            ((halo.top + rows.start + i * strides[0]) * halo.pitch + column, (rows.first + i * rows.step) * pitch + to)
            for i in range(rows.count)
        ]
        count = columns.count
        if strides == (1, 1) and not self.phased and pitch == halo.pitch:  # the lines follow each other: one long line
            lines, count = lines[:1], (rows.count - 1) * pitch + count
        places = [pair for start, at in lines for pair in _vectors(count, lanes, start, at)]
        # where lines end in whole vectors nothing needs to be cut
        whole = segment > 0 and segment % lanes == 0 and len(lines) > 1
        return places, lanes if whole else count - (count - 1) // lanes * lanes


@dataclass(frozen=True)
class FilterGradient:
    """Everything that `filter_gradient` needs to know. Lines of the small image are read in groups of GROUP_BYTES."""

    windows: Windows
    filters: Filters
    bias_of_image: bool

    def halo(self, group: int) -> Halo:
        return gather_halo(self.windows, group)

    def halo_size(self, group: int) -> int:
        return self.halo(group).size(self.filters.groups * self.filters.image)

    def line(self, group: int) -> tuple[int, int, int]:
        """Lines of a plane of the small image, pixels of one, and pixels with zeros behind: one line where it can be."""
        (rows, columns), w = self.windows.small, self.windows
        halo = self.halo(group)
        if halo.split == 1 and w.strides[0] == 1 and halo.pitch == columns:
            rows, columns = 1, rows * columns
        return rows, columns, -(-columns // group) * group

    def lines_size(self, group: int) -> int:
        """Elements of the scratch for such lines; 0 where the image can be read as it is."""
        rows, columns, pitch = self.line(group)
        return 0 if columns == pitch else self.filters.groups * self.filters.small * rows * pitch

    def multiplications(self) -> int:
        (rows, columns), f = self.windows.small, self.filters
        return rows * columns * f.groups * f.image * f.small * f.taps

    def table(self, group: int) -> np.ndarray:
        """The table of kernels/convolution.py for groups of `group` pixels."""
        w, f, halo, table = self.windows, self.filters, self.halo(group), OffsetTable()
        rows, columns, pitch = self.line(group)
        plane = halo.plane if halo.copied else w.image[0] * w.image[1]
        start = (halo.top - w.pads[0]) * halo.pitch + (halo.left - w.pads[1]) // halo.split
        places = [
            pair for i in range(rows) for pair in _vectors(columns, group, start + i * w.strides[0] * halo.pitch, i * pitch)
        ]
        taps = [
            (c * plane + i * halo.pitch + j % halo.split * halo.segment + j // halo.split, c * f.image_step + i * w.filter[1] + j)
            for c in range(f.image)
            for i in range(w.filter[0])
            for j in range(w.filter[1])
        ]
        size = w.image if self.bias_of_image else w.small
        table.header.update(halo.header(w.image, f.groups * f.image))
        table.header.update(
            GROUPS=f.groups,
            GROUP_SOURCE=f.image * plane,
            GROUP_FILTERS=f.group_step,
            OUTPUTS=f.small,
            FILTER_ROW=f.small_step,
            OUTPUT_PLANE=rows * pitch,
            TAPS=len(taps),
            TAPS_AT=table.append(taps),
            PLACES=len(places),
            PLACES_AT=table.append(places),
            PADDED=int(columns != pitch),
            LINES=f.groups * f.small * rows,
            LINE=columns,
            LINE_PITCH=pitch,
            LINES_SIZE=self.lines_size(group),
            BIAS_PLANES=f.groups * (f.image if self.bias_of_image else f.small),
            BIAS_PLANE=size[0] * size[1],
        )
        return table.array()


def pixel_group(itemsize: int) -> int:
    """Pixels that a filter gradient takes together."""
    return GROUP_BYTES // itemsize
