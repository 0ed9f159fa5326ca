"""Everything that one pass over a table gives: kept columns, the cut, the values of all methods and their variations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.application.method_scores import MethodScores, check_variation, varied_events, varied_name
from tmvalite.application.request import Request
from tmvalite.application.varied_table import evaluated
from tmvalite.data.columns import Column, Table
from tmvalite.data.expression import parse_expression
from tmvalite.data.portions import NotedTable, Portion, portion_entries, portions
from tmvalite.data.reading import PASSES
from tmvalite.errors import DataError, OptionError, TmvaliteWarning, did_you_mean, quoted, warn_user
from tmvalite.io.root_file import branch_name


@dataclass(frozen=True)
class ColumnType:
    """What a column of the output holds.

    dtype : of its numbers; a text where kind is "U"
    dims : the shape of an entry, or of an element of one
    jagged : whether entries have different lengths
    """

    dtype: np.dtype
    dims: tuple[int, ...] = ()
    jagged: bool = False

    @classmethod
    def of(cls, column: Column) -> ColumnType:
        dtype = np.dtype(np.str_) if column.is_text else column.values.dtype
        return cls(np.dtype(np.float32) if dtype == np.float16 else dtype, column.dims, column.offsets is not None)

    def joined(self, other: ColumnType) -> ColumnType | None:
        """The type that holds both without loss, or None."""
        if self == other:
            return self
        if (self.dims, self.jagged) != (other.dims, other.jagged) or "U" in self.dtype.kind + other.dtype.kind:
            return None
        dtype = np.result_type(self.dtype, other.dtype)
        both = np.can_cast(self.dtype, dtype, "safe") and np.can_cast(other.dtype, dtype, "safe")
        lost = dtype.kind == "f" and any(d.kind in "iu" and d.itemsize > 4 for d in (self.dtype, other.dtype))
        return ColumnType(dtype, self.dims, self.jagged) if both and not lost else None


class Scorer:
    """The methods of a request, ready for tables. `open` makes a pass over one of them."""

    def __init__(self, request: Request, threads: int | None = None):
        self.request = request
        self.methods = [MethodScores(weights, request.also, threads) for weights in request.weights]
        titles = [method.title for method in self.methods]
        for title in titles:
            if titles.count(title) > 1:
                first = next(m.weights.path for m in self.methods if m.title == title)
                raise OptionError(
                    f"two weight files are of a method called '{title}'",
                    code="title-repeated",
                    hint=f"name one of them: OTHER={first}",
                )

    def open(self, table: Table) -> Pass:
        """Raises DataError and ExpressionError: whatever of the request this table cannot give, before anything is read."""
        return Pass(self, table)


class Pass:
    """One table under one Scorer.

    types : name -> ColumnType, of all columns in the order of the output
    """

    def __init__(self, scorer: Scorer, table: Table):
        self._scorer, self._table, self.n_entries = scorer, table, table.n_entries
        self._kept, self.types, self.left_out = self._keep()
        noted = NotedTable(Portion(table, 0, 0))
        for method in scorer.methods:
            method.events(noted)
        for variation in scorer.request.variations:
            read = set()
            for method in scorer.methods:
                read |= varied_events(method, noted, variation)[1]
            check_variation(variation, read)
        scores = {name: method for method in scorer.methods for name in method.all_names(scorer.request.variations)}
        self._cuts_scores = False
        if scorer.request.cut:
            self._cuts_scores = _mentions(scorer.request.cut, set(scores) - set(table.keys()))
            none = {name: Column(np.empty(0, method.dtype)) for name, method in scores.items()}
            self._passes(_Scored(noted, none) if self._cuts_scores else noted)
        self._names = list(dict.fromkeys([*noted.names, *self._kept]))
        self._texts = noted.texts | {name for name, out in self._kept.items() if self.types[out].dtype.kind == "U"}
        for name, method in scores.items():
            self._add(name, ColumnType(np.dtype(method.dtype)), f"the score of '{method.title}'")

    def _add(self, name: str, kind: ColumnType, what: str) -> None:
        if name in self.types:
            raise DataError(
                f"{what} would be called '{name}', as another column is",
                code="apply-name",
                where=str(self._table),
                hint="give the method another name: NAME=FILE.weights.xml, or leave the column out",
            )
        self.types[name] = kind

    def _keep(self):
        """Kept columns by name -> name in the output, the types, and those that cannot be written."""
        table, wanted = self._table, self._scorer.request.keep
        listed = list(table.branches()) if hasattr(table, "branches") else list(table.keys())
        for name in wanted or ():
            if name not in table.keys() and name not in listed:
                raise DataError(
                    f"there is no column {quoted(name)} to keep",
                    code="data-column",
                    where=str(table),
                    hint=did_you_mean(name, listed),
                )
        kept, types, left_out = {}, {}, []
        sample = Portion(table, 0, min(1, table.n_entries))
        for name in listed if wanted is None else dict.fromkeys(wanted):
            try:
                column = _numbers_or_text(sample, name)
                if column.offsets is not None and column.dims:
                    raise DataError(f"column {quoted(name)} has arrays of arrays", code="data-column", where=str(table))
            except DataError:
                if wanted is not None:
                    raise
                left_out.append(name)
                continue
            out = branch_name(name)
            if out in types:
                out = name
            kept[name], types[out] = out, ColumnType.of(column)
        return kept, types, left_out

    def _passes(self, block) -> np.ndarray:
        text = self._scorer.request.cut
        column = evaluated(block, text, "the cut")
        if not column.is_scalar:
            raise DataError(
                f"the cut {quoted(text)} has several values per entry",
                code="data-column-shape",
                where=str(self._table),
                hint="reduce them, such as Sum$(pt>20)>=2 or Max$(pt)>20",
            )
        bad = np.isnan(column.values) if column.values.dtype.kind == "f" else np.zeros(len(column), bool)
        if bad.any() and not self._cuts_scores:  # an event without a score does not pass
            entry = int(np.argmax(bad)) + block.first_entry
            raise DataError(
                f"the cut {quoted(text)} is no number in entry {entry}", code="data-not-finite", where=str(self._table)
            )
        return column.values >= PASSES

    def __str__(self):
        return str(self._table)

    def block_entries(self) -> int:
        """How many entries are read at a time."""
        return portion_entries(self._table, self._names)

    def run(self, start: int, stop: int) -> Iterator[dict[str, Column]]:
        """The columns of the output for the entries start to stop, block by block."""
        for block in portions(self._table, self._names, self._texts, start, stop, self.block_entries()):
            yield self._columns(block)

    def _columns(self, block: Portion) -> dict[str, Column]:
        """The columns of the output. A cut comes before the scores, or behind them if it is about them."""
        cut = self._scorer.request.cut
        if self._cuts_scores:
            scores = self._scores(block, None)
            passes = self._passes(_Scored(block, scores))
            scores = {name: column.chosen(passes) for name, column in scores.items()}
        else:
            passes = self._passes(block) if cut else None
            scores = self._scores(block, passes)
        read = block.read(list(self._kept), self._texts)
        found = {out: read[name] if passes is None else read[name].chosen(passes) for name, out in self._kept.items()} | scores
        return self.as_declared(found)

    def as_declared(self, columns: dict[str, Column]) -> dict[str, Column]:
        """The columns in the order and types of the output. Raises DataError where they would not be the same numbers."""
        return {name: self._as_declared(columns[name], name) for name in self.types}

    def _scores(self, block: Portion, passes: np.ndarray | None) -> dict[str, Column]:
        request, found = self._scorer.request, {}
        events: dict[tuple, tuple] = {}
        for method in self._scorer.methods:
            key = (method.variables, method.dtype, method.method if method.folds else None)
            if key not in events:
                events[key] = method.events(block, passes)
            values = method.values(events[key])
            for variation in request.variations:
                varied = method.values(varied_events(method, block, variation, passes)[0])
                values.update((varied_name(name, variation), column) for name, column in varied.items())
            found.update((name, Column(column)) for name, column in values.items())
        return found

    def _as_declared(self, column: Column, name: str) -> Column:
        declared, own = self.types[name], ColumnType.of(column)
        if own == declared:
            return column if column.values.dtype == declared.dtype or column.is_text else _cast(column, declared)
        if declared.joined(own) != declared:
            raise DataError(
                f"column '{name}' is {_text(own)} here, but {_text(declared)} at its beginning",
                code="apply-type",
                where=str(self._table),
                hint="leave it out: --keep names the columns to write",
            )
        return _cast(column, declared)


class _Scored:
    """A table with the columns of scores besides its own."""

    def __init__(self, table, scores: dict[str, Column]):
        self._table, self._scores, self.n_entries = table, scores, table.n_entries

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._table, name)

    def keys(self) -> list[str]:
        return [*self._table.keys(), *self._scores]

    def read(self, names, texts=()) -> dict[str, Column]:
        own = [name for name in names if name not in self._scores]
        columns = self._table.read(own, texts) if own else {}
        return {name: self._scores[name] if name in self._scores else columns[name] for name in names}

    def __str__(self):
        return str(self._table)


def _mentions(cut: str, names: set[str]) -> bool:
    """Whether an expression is about one of these columns."""
    return any(name in names for name, _ in parse_expression(cut, where="the cut").mentions())


def join_types(passes: list[Pass]) -> dict[str, ColumnType]:
    """The types of columns that several tables have in one output. Raises DataError where they do not go together."""
    types = dict(passes[0].types)
    for other in passes[1:]:
        if list(other.types) != list(types):
            name = next(iter(set(types) ^ set(other.types)), None)
            what = "has its columns in another order" if name is None else f"and {passes[0]} differ in column '{name}'"
            raise DataError(f"{other} {what}", code="apply-columns", hint="--keep names the columns to write, or write a folder")
        for name, kind in other.types.items():
            joined = types[name].joined(kind)
            if joined is None:
                raise DataError(
                    f"column '{name}' is {_text(kind)} in {other}, but {_text(types[name])} in {passes[0]}",
                    code="apply-type",
                    hint="--keep names the columns to write, or write a folder",
                )
            types[name] = joined
    return types


def warn_left_out(table: Table, names: list[str]) -> None:
    """One warning for the columns that a copy cannot have."""
    if names:
        shown = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
        warn_user(
            TmvaliteWarning(
                f"{table}: {len(names)} column{'s' * (len(names) > 1)} cannot be copied: {shown}",
                code="apply-left-out",
                hint="--keep names the columns to write; a friend leaves the input as it is",
            )
        )


def _numbers_or_text(sample: Portion, name: str) -> Column:
    try:
        return sample.read([name])[name]
    except DataError:
        return sample.read([name], [name])[name]


def _cast(column: Column, kind: ColumnType) -> Column:
    return Column(column.values.astype(kind.dtype), column.offsets)


def _text(kind: ColumnType) -> str:
    dims = "".join(f"[{n}]" for n in kind.dims)
    return f"{'text' if kind.dtype.kind == 'U' else kind.dtype}{'[]' if kind.jagged else ''}{dims}"
