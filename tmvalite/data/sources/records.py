"""awkward arrays of records, such as tree.arrays() gives."""

from __future__ import annotations

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import TableSource, module_of, register


def open_records(source) -> LazyTable:
    """An awkward array of records; a field of a field is `outer.inner`."""
    import awkward as ak

    paths: dict[str, tuple[str, ...]] = {}
    pending = [(field,) for field in ak.fields(source)]
    while pending:
        path = pending.pop(0)
        inner = ak.fields(source[path])
        if inner:
            pending = [(*path, field) for field in inner] + pending
        else:
            paths[".".join(path)] = path
    return LazyTable("the awkward array", list(paths), len(source), lambda name: source[paths[name]])


register(TableSource("an awkward array", lambda source: module_of(source) == "awkward" and bool(source.fields), open_records))
