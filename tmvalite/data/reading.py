"""One tree -> its events: columns are read once, expressions evaluated, arrays flattened, cuts applied, values checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.checks import is_rounded
from tmvalite.data.class_formulas import Formula, Formulas
from tmvalite.data.columns import Column, Table
from tmvalite.data.event_rows import GrowingRows, Room, TreeEvents
from tmvalite.data.expression import Context, Expression, Values, evaluate
from tmvalite.data.row_values import has_one_value, row_values, side_by_side
from tmvalite.errors import DataError, Diagnostics, Source, Span

PASSES = 0.5  # a cut passes from this value on
SHOWN_ROWS = 5
MEMORY = 1 << 25  # bytes of values that may wait to be brought side by side


def read_tree(
    table: Table, formulas: Formulas, tree_weight: float, context: Context, diagnostics: Diagnostics, room: Room
) -> TreeEvents:
    """Read, evaluate, flatten, cut and check one tree; its variables and targets are added to `room`.

    Raises
    ------
    DataError
        A missing or unreadable column, a value that is not finite in an event that passes, arrays of different lengths.
    """
    formulas, columns = formulas.on(table)
    return _Reading(table, columns, formulas, context, diagnostics).events(tree_weight, room)


class _Reading:
    """One tree on its way. An entry is an event unless variables are arrays or too short: then `entry` says whose it is.

    entry, local : (events,) the entry and the place in its arrays of every event; None where entries are events
    passes : (events,) bool, or None where no event is cut away
    """

    def __init__(self, table: Table, columns: dict[str, Column], formulas: Formulas, context: Context, diagnostics: Diagnostics):
        self.table, self.columns, self.formulas, self.context = table, columns, formulas, context
        self.diagnostics = diagnostics
        self.done: dict[Expression, Values] = {}  # array variables share one expression

    def events(self, tree_weight: float, room: Room) -> TreeEvents:
        formulas, n = self.formulas, self.context.n_entries
        plain = [f for f in formulas.variables if f.info.index is None]
        lengths, n_dropped = self._lengths(plain)
        self.entry = self.local = self.passes = None
        if lengths is not None:
            self.entry = np.repeat(np.arange(n), lengths)
            self.local = np.arange(len(self.entry)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        n_events = n if lengths is None else len(self.entry)
        for cut in formulas.cuts:
            values = self._per_event(cut, missing=0.0)
            self._check_cut(cut, values)
            passes = values >= PASSES
            self.passes = passes if self.passes is None else self.passes & passes
        if self.passes is not None and self.passes.all():
            self.passes = None
        not_finite: dict[str, int] = {}
        weight, sum_before = self._weight(n_events, float(tree_weight), not_finite)
        self._fill(formulas.variables, not_finite, room.x)
        self._fill(formulas.targets, not_finite, room.targets)
        spectators = [self._spectator(f, not_finite) for f in formulas.spectators]
        return TreeEvents(spectators, weight, n, n_events, sum_before, n_dropped, not_finite)

    def _weight(self, n_events: int, tree_weight: float, not_finite: dict[str, int]) -> tuple[np.ndarray, float]:
        """(n,) weights of the events that pass, rounded to float32, one number if all are equal; and the sum before the cut."""
        formula = self.formulas.weight
        if formula is None and np.isfinite(np.float32(tree_weight)):
            one = np.float64(np.float32(tree_weight))
            return np.broadcast_to(one, n_events if self.passes is None else int(self.passes.sum())), float(one * n_events)
        weight = np.full(n_events, tree_weight)
        if formula is not None:
            weight *= self._per_event(formula)
        weight_32 = _to_float32(weight)
        self._check(formula or Formula(None, "the tree weight"), weight, weight_32, not_finite)
        known = np.isfinite(weight_32)
        sum_before = float((weight_32 if known.all() else weight_32[known]).sum(dtype=np.float64))
        return self._passed(weight_32).astype(np.float64), sum_before

    def _passed(self, values: np.ndarray) -> np.ndarray:
        return values if self.passes is None else values[self.passes]

    def _of_events(self, values: np.ndarray) -> np.ndarray:
        """Values of entries as those of events."""
        return values if self.entry is None else values[self.entry]

    # From entries to events

    def _is_simple(self, formula: Formula) -> bool:
        return has_one_value(formula.expression, self.columns, None if formula.info is None else formula.info.index)

    def _values(self, formula: Formula) -> Values:
        found = self.done.get(formula.expression)
        if found is None:
            found = evaluate(formula.expression, self.columns, self.context)
            if formula.info is not None and formula.info.index is not None:
                self.done[formula.expression] = found
        return found

    def _lengths(self, plain: Sequence[Formula]) -> tuple[np.ndarray | None, int]:
        """(N,) events that every entry gives: the common length of the plain variables that are arrays; None: one each."""
        n = self.context.n_entries
        lengths, source = np.ones(n, np.int64), None
        missing = np.zeros(n, bool)
        self.plain: dict[int, Values] = {}  # by id: two variables may share every word
        for formula in plain:
            if self._is_simple(formula):
                continue
            values = self.plain[id(formula)] = self._values(formula)
            if values.missing is not None:
                missing |= values.missing
            if values.counts is None:
                continue
            if source is not None and not np.array_equal(lengths, values.counts):
                entry = int(np.argmax(lengths != values.counts))
                raise DataError(
                    f"{source.what} has {lengths[entry]} elements in entry {entry + self.context.first}, "
                    f"{formula.what} has {values.counts[entry]}",
                    code="data-array-lengths",
                    where=str(self.table),
                    hint="arrays are read element by element and need equal lengths; x[0] is the first element",
                )
            lengths, source = values.counts, source or formula
        arrays = [f for f in self.formulas.variables if f.info.index is not None]
        if source is not None and arrays:
            raise DataError(
                f"{source.what} has several values per entry, which cannot be mixed with the array of variables "
                f"'{arrays[0].info.expression}'",
                code="data-array-mixed",
                where=str(self.table),
                hint="use an element, such as x[0], or a reduction, such as Sum$(x)",
            )
        n_dropped = int((missing & (lengths > 0)).sum())
        if n_dropped:
            short = next(f for f in plain if id(f) in self.plain and self.plain[id(f)].missing is not None)
            text = short.text
            self.diagnostics.warn(
                f"{n_dropped} of {n} entries of {self.table} are dropped: they are too short for {short.what}",
                code="data-short-array",
                source=Source(text),
                span=Span(0, len(text)),
                hint=f"Alt$({text},0) keeps them with the value 0",
            )
        return (None, 0) if source is None and not n_dropped else (np.where(missing, 0, lengths), n_dropped)

    def _per_event(self, formula: Formula, missing: float = np.nan) -> np.ndarray:
        """(events,) values of any type, not to be changed; `missing` where the expression has none for an event."""
        element = formula.info.index if formula.info is not None else None
        if self._is_simple(formula):
            return self._of_events(row_values(formula.expression, self.columns, self.context.n_entries, element))
        values = self.plain.get(id(formula)) or self._values(formula)
        if values.counts is None:
            out = self._of_events(values.values)
            return out if values.missing is None else np.where(self._of_events(values.missing), missing, out)
        element = element if element is not None else 0 if self.local is None else self.local
        has = element < self._of_events(values.counts)
        starts = self._of_events(np.cumsum(values.counts) - values.counts)
        flat = values.values if len(values.values) else np.zeros(1)
        return np.where(has, flat[np.where(has, starts + element, 0)], missing)

    # Values

    def _fill(self, formulas: Sequence[Formula], not_finite: dict[str, int], rows: GrowingRows) -> None:
        n = self.context.n_entries if self.entry is None else len(self.entry)
        out = rows.more(n if self.passes is None else int(self.passes.sum()))
        room, first, waiting = max(MEMORY, out.nbytes // 4), 0, []
        for j, formula in enumerate(formulas):
            if formula.info.index is not None:
                self._check_array(formula, formulas)
            values = self._per_event(formula)
            values_32 = _to_float32(values)
            self._check(formula, values, values_32, not_finite)
            self._check_integers(formula)
            waiting.append(self._passed(values_32))
            room -= 0 if waiting[-1] is values else waiting[-1].nbytes
            if room <= 0 or j + 1 == len(formulas):
                side_by_side(waiting, out[:, first : j + 1])
                room, first, waiting = max(MEMORY, out.nbytes // 4), j + 1, []

    def _spectator(self, formula: Formula, not_finite: dict[str, int]) -> np.ndarray:
        name = formula.expression.column()
        column = self.columns.get(name) if name is not None else None
        if column is not None and column.is_scalar and column.is_integer:
            if column.values.dtype == np.uint64 and len(column) and column.values.max() > np.uint64(np.iinfo(np.int64).max):
                raise DataError(
                    f"{formula.what} has integers above {np.iinfo(np.int64).max}", code="data-integer", where=str(self.table)
                )
            return self._passed(self._of_events(column.values)).astype(np.int64)
        values = self._per_event(formula)
        self._check(formula, values, _to_float32(values), not_finite)
        return self._passed(values).astype(np.float64)

    def _check_array(self, formula: Formula, formulas: Sequence[Formula]) -> None:
        """AddVariablesArray: no entry that passes may be shorter than declared; longer ones lose their end, with one warning."""
        if formula.info.index != 0:
            return
        size = 1 + max(f.info.index for f in formulas if f.info.index is not None and f.expression is formula.expression)
        simple = self.columns[formula.expression.column()].counts() if self._is_simple(formula) else None
        lengths = self._passed(self._of_events(self._values(formula).lengths() if simple is None else simple))
        if (lengths < size).any():
            at = np.argmax(lengths < size)
            at = at if self.passes is None else np.flatnonzero(self.passes)[at]
            entry = int(at if self.entry is None else self.entry[at]) + self.context.first
            raise DataError(
                f"'{formula.info.expression}' has {int(lengths[lengths < size][0])} elements in entry {entry}, not {size}",
                code="data-array-short",
                where=str(self.table),
                hint=f"declare at most {int(lengths.min())} variables",
            )
        if (lengths > size).any():
            self.diagnostics.warn(
                f"'{formula.info.expression}' has up to {int(lengths.max())} elements, only the first {size} are used",
                code="data-array-long",
                where=str(self.table),
            )

    def _check_cut(self, cut: Formula, values: np.ndarray) -> None:
        bad = ~np.isfinite(values)
        if bad.any():
            self._refuse(cut, bad, values, "is not a finite number", _hint_for_root(cut))

    def _check(self, formula: Formula, values, values_32, not_finite: dict[str, int]) -> None:
        finite = np.isfinite(values_32)
        if finite.all():
            return
        bad = ~finite
        kept = bad if self.passes is None else bad & self.passes
        if not kept.any():
            not_finite[formula.what] = not_finite.get(formula.what, 0) + int(bad.sum())
            return
        if formula.expression is not None:
            found = None if self._is_simple(formula) else self.plain.get(id(formula)) or self._values(formula)
            if found is not None and found.missing is not None and self._of_events(found.missing)[kept].any():
                short = kept & self._of_events(found.missing)
                self._refuse(formula, short, None, "has no value", f"Alt$({formula.text},0) gives 0 there")
        too_large = np.isfinite(values[kept])
        what = "is too large for float32" if too_large.all() else "is not a finite number"
        self._refuse(formula, kept, values, what, _hint_for_root(formula))

    def _refuse(self, formula: Formula, bad: np.ndarray, values, what: str, hint: str | None = None):
        rows = np.flatnonzero(bad)
        entries = rows[:SHOWN_ROWS] if self.entry is None else self.entry[rows[:SHOWN_ROWS]]
        entries = entries + self.context.first
        listed = ", ".join(str(e) if values is None else f"{e} ({values[r]:g})" for e, r in zip(entries, rows, strict=False))
        more = ", ..." if len(rows) > SHOWN_ROWS else ""
        events, which = ("event", "entry") if len(rows) == 1 else ("events", "entries")
        source = span = None
        if formula.expression is not None:
            text = formula.text
            source, span = Source(text), Span(0, len(text))
        raise DataError(
            f"{formula.what} {what} in {len(rows)} {events}",
            code="data-not-finite",
            source=source,
            span=span,
            where=f"{self.table}, {which} {listed}{more}",
            hint=hint or "a cut can remove these events",
        )

    def _check_integers(self, formula: Formula) -> None:
        name = formula.expression.column()
        column = self.columns.get(name) if name is not None else None
        if column is None or not column.is_integer or not len(column.values):
            return
        if is_rounded(column.values.reshape(-1), column.values.reshape(-1).astype(np.float32)):
            self.diagnostics.warn(
                f"{formula.what} has integers above 2^24, which float32 rounds",
                code="data-integer-rounded",
                where=str(self.table),
                hint="a spectator keeps integers exactly",
            )


def _hint_for_root(formula: Formula) -> str | None:
    nodes = () if formula.expression is None else formula.expression.nodes
    if any(node.kind == "call" and node.text == "sqrt" for node in nodes):
        return "sqrt(abs(x)) is what ROOT before 6.40.06 made of sqrt(x) for a negative x"
    return None


def _to_float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)
