"""ROOT files: TTrees, and RNTuples for what comes from one."""

from __future__ import annotations

import numpy as np

from tmvalite.application.sinks import Gathered, Sink, native
from tmvalite.errors import DataError, MissingExtraError


class TreeSink(Sink):
    """A ROOT file with ZSTD compression, which costs a fifth of uproot's ZLIB."""

    endings = (".root",)
    several = True

    def __init__(self, file):
        super().__init__(file)
        try:
            import uproot
        except ImportError:
            raise MissingExtraError(
                "ROOT files need the package uproot", code="missing-extra", hint="pip install uproot"
            ) from None
        self._output, self._names = uproot.recreate(file, compression=uproot.ZSTD(1)), set()

    def table(self, name, types, kind):
        if name in self._names:  # a second tree of a name would be a second cycle: ROOT reads one of them, uproot the other
            raise DataError(
                f"the file has a tree '{name}' already", code="apply-tree", hint="write a folder, or one file for each"
            )
        self._names.add(name)
        if kind == "ntuple":
            return _Ntuple(self._output.mkrntuple(name, {n: _field_type(n, t) for n, t in types.items()}))
        counters = _counters(types)
        tree = self._output.mktree(
            name,
            {n: _branch_type(t) for n, t in types.items()},
            title=name.rpartition("/")[2],
            counter_name=lambda counted: counters.get(counted, f"n{counted}"),
        )
        return Gathered(lambda columns: tree.extend({n: _branch_values(c) for n, c in columns.items()}))

    def close(self):
        self._output.close()


class _Ntuple(Gathered):
    """An RNTuple; extending it needs exactly the declared types."""

    def __init__(self, ntuple):
        super().__init__(lambda columns: ntuple.extend({n: _branch_values(c) for n, c in columns.items()}))


def _counters(types) -> dict[str, str]:
    """The branches that count the elements of arrays, named beside all others."""
    taken, counters = set(types), {}
    for name, kind in types.items():
        if kind.jagged:
            counter = f"n{name}"
            while counter in taken:
                counter += "_"
            taken.add(counter)
            counters[name] = counter
    return counters


def _branch_type(kind):
    if kind.dtype.kind == "U":
        return "string"
    if kind.jagged:
        return f"var * {kind.dtype.name}"
    return np.dtype((kind.dtype, kind.dims)) if kind.dims else kind.dtype


def _field_type(name, kind):
    if kind.dims:
        raise DataError(
            f"column '{name}' has arrays of fixed length, which an RNTuple cannot be given here",
            code="apply-type",
            hint="--keep names the columns to write",
        )
    if kind.dtype.kind == "U":
        return "string"
    return f"var * {kind.dtype.name}" if kind.jagged else kind.dtype.name


def _branch_values(column):
    if column.is_text:
        import awkward

        return awkward.Array(column.values.tolist())
    values = native(column.values)
    if column.offsets is None:
        return values
    import awkward

    layout = awkward.contents.ListOffsetArray(
        awkward.index.Index64(np.ascontiguousarray(column.offsets, np.int64)), awkward.contents.NumpyArray(values)
    )
    return awkward.Array(layout)
