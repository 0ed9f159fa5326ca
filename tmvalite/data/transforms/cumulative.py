"""What G and U share: the cumulative distribution of every input, and TMVA's element Gauss that holds it.

Source: TMVA's VariableGaussTransform and PDF. From the training events of a set: bins that hold at least a 2000th of the weight
and 10 times the smallest weight, their contents smoothed once (smooth.py), summed up, and joined by straight lines from centre
to centre. These lines are read at the centres of 10000 equal bins between the first and the last edge, and only that table is
used: lines between its centres, also beyond its ends. It is what decides where a few far values stretch the range.
"""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import PdfRecord, Transform
from tmvalite.data.transforms.rows import for_each, over_rows
from tmvalite.data.transforms.smooth import smooth
from tmvalite.errors import DataError

TABLE = 10_000  # bins of the table
LEAST = 1e-12  # of its contents
QUADRATURE = 48  # places at which the integral of a Gaussian is summed in ONNX
MOST_BINS, LEAST_EVENTS = 2000, 10  # of a distribution, and of a bin in events of the smallest weight
ROOM = 2 * MOST_BINS  # for edges; more are needed only where negative weights make the sums go back
SETTINGS = {"MinNSmooth": 0, "MaxNSmooth": 0, "InterpolMethod": 1, "KDE_type": 0, "KDE_iter": 1, "KDE_border": 1}


class CumulativeTransform(Transform):
    """A transformation of each input by its cumulative distribution.

    An input that is constant becomes the middle (0.5 for U, 0 for G), and comes back as the constant. Where smoothing leaves
    nothing of a distribution (an input of two values), it is not smoothed; TMVA has no value there.

    parameters : "pdfs", K lists of S PdfRecord: bin contents are the cumulative.
    """

    gauss: bool

    def find(self, x, weights, class_index, groups):
        n, sets = len(x), len(groups)
        weights, class_index = weights.astype(np.float32), np.ascontiguousarray(class_index, np.int64)
        per_bin = _weight_per_bin(weights, class_index, sets)

        def of_input(i):
            return _distributions(np.ascontiguousarray(x[:, i]), weights, class_index, per_bin)

        found = for_each(range(x.shape[1]), n, of_input)
        return {"pdfs": [[_record(i, s, *found[i][s]) for s in range(sets)] for i in range(x.shape[1])]}

    def prepare(self):
        used = [row[self.use] for row in self.parameters["pdfs"]]
        edges = [_edges(pdf) for pdf in used]
        self.ends = np.array([(e[0], e[-1]) if e[1] < e[-1] else (e[-1], e[-1]) for e in edges]).reshape(-1, 2)
        self.tables = np.zeros((len(used), TABLE), np.float32)
        for table, pdf, e, (first, last) in zip(self.tables, used, edges, self.ends):
            if first < last:
                table[:] = _table(e, pdf.contents)

    def rows(self, source, target, columns, which):
        from tmvalite.kernels.cumulative import flatten_rows

        return self._looked_up(flatten_rows, source, target, columns, which)

    def backward(self, source, target, columns, which):
        from tmvalite.kernels.cumulative import unflatten_rows

        over_rows(len(source), self._looked_up(unflatten_rows, source, target, columns, which))

    def _looked_up(self, entry, source, target, columns, which):
        from tmvalite.kernels.cumulative import BLOCK

        run = entry.get("float32")

        def part(start, stop):
            run(source, target, start, stop, columns, which, self.ends, self.tables, self.gauss, np.empty(BLOCK))

        return part

    def onnx(self, forms, x, columns, which, n):
        v = forms.node("Cast", forms.node("Gather", x, forms.integers(*columns.tolist()), axis=1), to=_DOUBLE)
        c = _onnx_cumulative(forms, v, self.ends[which], self.tables[which])
        return _onnx_replaced(forms, x, _onnx_quantile(forms, c) if self.gauss else c, columns, n)

    def onnx_backward(self, forms, x, columns, which, n):
        y = forms.node("Cast", forms.node("Gather", x, forms.integers(*columns.tolist()), axis=1), to=_DOUBLE)
        c = _onnx_probability(forms, y, len(columns)) if self.gauss else y
        return _onnx_replaced(forms, x, _onnx_flattened_back(forms, c, self.ends[which], self.tables[which]), columns, n)

    @classmethod
    def check_parameters(cls, parameters, n_inputs):
        pdfs = parameters.get("pdfs", ())
        sets = {len(row) for row in pdfs}
        if len(pdfs) != n_inputs or len(sets) != 1 or not min(sets):
            raise DataError(f"transformation {cls.name} lacks distributions of its inputs", code="transform-parameters")
        for row in pdfs:
            for pdf in row:
                edges = _edges(pdf)
                if len(edges) != len(pdf.contents) + 1 or len(edges) < 3 or (np.diff(edges) < 0).any():
                    raise DataError(
                        f"the bins of a distribution of transformation {cls.name} do not ascend, or are fewer than two",
                        code="transform-parameters",
                    )
                if not np.isfinite(edges).all() or not np.isfinite(pdf.contents).all():
                    raise DataError(f"a distribution of transformation {cls.name} is not finite", code="transform-parameters")
        return sets.pop()

    @classmethod
    def read_parameters(cls, element):
        return {
            "pdfs": [[element.pdf(child) for child in row] for row in element.by_input("Variable", "CumulativePDF_cls{}", "PDF")]
        }

    @classmethod
    def write_parameters(cls, writer, parameters):
        for index, row in enumerate(parameters["pdfs"]):
            with writer.element("Variable", {"VarIndex": index}):
                for s, pdf in enumerate(row):
                    with writer.element(f"CumulativePDF_cls{s}"):
                        writer.pdf(pdf)


def _weight_per_bin(weights: np.ndarray, class_index: np.ndarray, sets: int) -> np.ndarray:
    """(S,) float32: the least weight of a bin of every set, summed in float32 in the order of the events, as TMVA does."""
    groups = [weights[class_index == s] for s in range(sets - 1)] + [weights]
    total = np.array([np.add.accumulate(group, dtype=np.float32)[-1] for group in groups], np.float32)
    least = np.array([group.min() for group in groups], np.float32)
    return np.maximum(least * np.float32(LEAST_EVENTS), total / np.float32(MOST_BINS))


def _distributions(x, weights, class_index, per_bin) -> list[tuple[np.ndarray, np.ndarray]]:
    """(edges (B + 1,) float32, contents (B,) float32) of one input, (N,) float32, for every set."""
    from tmvalite.kernels import cumulative as kernels

    n, sets = len(x), len(per_bin)
    values, index, other, other_index = (np.empty(n, np.uint32) for _ in range(4))
    kernels.sort_values.get("float32")(x, values, index, other, other_index, np.empty((3, kernels.RADIX), np.int64))
    run, values, room = kernels.bin_sorted.get("float32"), values.view(np.float32), min(ROOM, n + 3)
    while True:
        edges, contents, counts = np.zeros((sets, room), np.float32), np.zeros((sets, room)), np.zeros(sets, np.int64)
        spare = np.empty(sets, np.float32), np.empty(sets, np.float32), np.empty(sets, np.int64)
        if run(values, index, weights, class_index, per_bin, edges, contents, counts, *spare):
            break
        room = n + 3
    return [(e[:c], _cumulative(filled[: c - 1])) for e, filled, c in zip(edges, contents, counts)]


def _cumulative(contents: np.ndarray) -> np.ndarray:
    """(B,) float32: the share of the positive contents up to and including each bin; smoothed before, if that leaves any."""
    contents = contents.astype(np.float32).astype(np.float64)  # a histogram of single precision
    smoothed = smooth(contents).astype(np.float32).astype(np.float64)
    running = np.add.accumulate(np.maximum(smoothed if (smoothed > 0).any() else contents, 0.0))
    if not running[-1] > 0:  # a constant: all that there is lies at the last edge
        running[-1] = 1.0
    return (running / running[-1]).astype(np.float32)


def _record(i: int, s: int, edges: np.ndarray, contents: np.ndarray) -> PdfRecord:
    attributes = {"Name": f"GaussTransform var{i} cls{s}", **SETTINGS, "KDE_finefactor": 0.0}
    name = f"Cumulative_Var{i}_cls{s}_original"
    edges = edges.astype(np.float64)
    return PdfRecord(attributes, name, edges[0], edges[-1], contents.astype(np.float64), edges)


def _edges(pdf: PdfRecord) -> np.ndarray:
    if pdf.edges is None:
        return pdf.low + (pdf.high - pdf.low) / len(pdf.contents) * np.arange(len(pdf.contents) + 1)
    return np.asarray(pdf.edges, np.float64)


def _table(edges: np.ndarray, contents: np.ndarray) -> np.ndarray:
    """(TABLE,) float32: the lines through (centre, content) of the bins, at the centres of the table."""
    contents = np.asarray(contents).astype(np.float32).astype(np.float64)
    first, last = edges[0], edges[-1]
    width = (last - first) / TABLE
    x = first + np.arange(TABLE) * width + 0.5 * width
    centres = edges[:-1] + 0.5 * np.diff(edges)
    at = np.clip(np.searchsorted(centres, x, side="right") - 1, 0, len(centres) - 1)
    other = np.where(((x > centres[at]) & (at != len(centres) - 1)) | (at == 0), at + 1, at - 1)
    with np.errstate(divide="ignore", invalid="ignore"):  # centres that coincide
        y = contents[at] + (x - centres[at]) * (contents[at] - contents[other]) / (centres[at] - centres[other])
    coarse = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(contents) - 1)
    return np.maximum(np.where(y > LEAST, y, contents[coarse]), LEAST).astype(np.float32)


# ---- in operators of ONNX, in double precision whatever that of the network is

_SINGLE, _DOUBLE, _INT64 = 1, 11, 7  # ONNX's numbers of the types


def _onnx_cumulative(forms, v: str, ends: np.ndarray, tables: np.ndarray) -> str:
    """The look-up of kernels/cumulative.py in (N, K) doubles. A constant has a table of the middle."""
    from tmvalite.kernels.cumulative import EDGE

    def number(value):
        return forms.constant(value, np.float64)

    def node(operator, *inputs, **attributes):
        return forms.node(operator, *inputs, **attributes)

    flat = ~(ends[:, 0] < ends[:, 1])
    first, width = np.where(flat, 0.0, ends[:, 0]), np.where(flat, 1.0, (ends[:, 1] - ends[:, 0]) / TABLE)
    tables = np.where(flat[:, None], 0.5, tables).astype(np.float64)
    known = node("Where", node("IsNaN", v), number(first), v)
    place = node("Div", node("Sub", known, number(first)), number(width))
    at = node("Max", node("Min", node("Floor", place), number(TABLE - 1.0)), number(0.0))
    here = node("Add", node("Mul", node("Add", at, number(0.5)), number(width)), number(first))
    right = node("Or", node("Greater", known, here), node("Equal", at, number(0.0)))
    right = node("And", right, node("Less", at, number(TABLE - 1.0)))
    step = node("Where", right, number(1.0), number(-1.0))
    row, stored = number(np.arange(len(ends)) * float(TABLE)), number(tables.ravel())
    a, b = (
        node("Gather", stored, node("Cast", node("Add", index, row), to=_INT64), axis=0) for index in (at, node("Add", at, step))
    )
    slope = node("Div", node("Mul", node("Sub", b, a), step), number(width))
    value = node("Add", a, node("Mul", node("Sub", v, here), slope))
    return node("Min", node("Max", value, number(EDGE)), number(1.0 - EDGE))


def _onnx_quantile(forms, c: str) -> str:
    """The Gaussian quantile of kernels/cumulative.py in doubles."""
    from tmvalite.kernels import cumulative as kernels

    def number(value):
        return forms.constant(value, np.float64)

    def ratio(x, above, below):
        sums = []
        for coefficients in (above, below):
            total = number(coefficients[0])
            for coefficient in coefficients[1:]:
                total = forms.node("Add", forms.node("Mul", total, x), number(coefficient))
            sums.append(total)
        return forms.node("Div", *sums)

    q = forms.node("Sub", c, number(0.5))
    middle = ratio(forms.node("Sub", number(0.180625), forms.node("Mul", q, q)), kernels.MIDDLE, kernels.BELOW_MIDDLE)
    least = forms.node("Max", forms.node("Min", c, forms.node("Sub", number(1.0), c)), number(kernels.HALF_EDGE))
    r = forms.node("Sub", forms.node("Sqrt", forms.node("Neg", forms.node("Log", least))), number(1.6))
    tail = forms.node("Mul", ratio(r, kernels.TAIL, kernels.BELOW_TAIL), forms.node("Sign", q))
    far = forms.node("Greater", forms.node("Abs", q), number(0.425))
    return forms.node("Mul", forms.node("Where", far, tail, forms.node("Mul", q, middle)), number(kernels.ROOT_TWO))


def _onnx_probability(forms, y: str, k: int) -> str:
    """The probability below the Gaussian quantiles (N, k), in doubles, where erf has no operator.

    erf(x) = 2 x / sqrt(pi) integral from 0 to 1 of exp(-(x t)^2) dt, by Gauss and Legendre; it is 1 beyond 6.
    """
    places, weights = np.polynomial.legendre.leggauss(QUADRATURE)
    x = forms.node("Div", y, forms.constant(1.414213562, np.float64))
    x = forms.node("Max", forms.node("Min", x, forms.constant(6.0, np.float64)), forms.constant(-6.0, np.float64))
    each = forms.node("Mul", forms.node("Reshape", x, forms.integers(-1, k, 1)), forms.constant((places + 1) / 2, np.float64))
    values = forms.node("Exp", forms.node("Neg", forms.node("Mul", each, each)))
    summed = forms.node("MatMul", values, forms.constant(weights[:, None] / (2 * np.sqrt(np.pi)), np.float64))
    half = forms.node("Mul", x, forms.node("Reshape", summed, forms.integers(-1, k)))
    return forms.node("Add", half, forms.constant(0.5, np.float64))


def _onnx_flattened_back(forms, c: str, ends: np.ndarray, tables: np.ndarray) -> str:
    """`unflatten_rows` of kernels/cumulative.py in (N, K) doubles, its bisection unrolled."""

    def number(value):
        return forms.constant(value, np.float64)

    def node(operator, *inputs, **attributes):
        return forms.node(operator, *inputs, **attributes)

    flat = ~(ends[:, 0] < ends[:, 1])
    width = np.where(flat, 0.0, (ends[:, 1] - ends[:, 0]) / TABLE)
    row, stored = number(np.arange(len(ends)) * float(TABLE)), number(tables.astype(np.float64).ravel())

    def table(at):
        return node("Gather", stored, node("Cast", node("Add", at, row), to=_INT64), axis=0)

    nothing = node("Mul", c, number(0.0))
    low = node("Where", node("IsNaN", nothing), number(0.0), number(0.0))
    high = node("Add", low, number(TABLE - 1.0))
    for _ in range((TABLE - 1).bit_length()):
        middle = node("Floor", node("Mul", node("Add", low, high), number(0.5)))
        below = node("Less", c, table(middle))
        between = node("Greater", middle, low)
        low, high = node("Where", below, low, middle), node("Where", node("And", below, between), middle, high)
    a, b = table(low), table(high)
    rises = node("Greater", b, a)
    slope = node("Div", number(width), node("Where", rises, node("Sub", b, a), number(1.0)))
    beyond = node("Where", rises, node("Mul", node("Sub", c, a), slope), nothing)
    centre = node(
        "Add", node("Mul", node("Add", low, number(0.5)), number(width)), number(np.where(flat, ends[:, 1], ends[:, 0]))
    )
    return node("Add", centre, beyond)


def _onnx_replaced(forms, x: str, found: str, columns: np.ndarray, n: int) -> str:
    """x (N, n) with the doubles `found` (N, K) in place of its columns."""
    found = forms.node("Cast", found, to=_DOUBLE if forms.dtype == np.float64 else _SINGLE)
    order = np.arange(n)
    order[columns] = n + np.arange(len(columns))
    return forms.node("Gather", forms.node("Concat", x, found, axis=1), forms.integers(*order.tolist()), axis=1)
