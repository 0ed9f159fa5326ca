"""awkward arrays of records, such as tree.arrays() gives."""

from __future__ import annotations

from tmvalite.data.sources.arrays import LazyTable
from tmvalite.data.sources.base import Source, module_of, register
from tmvalite.errors import DataError


def open_records(source) -> LazyTable:
    """An awkward array of records; a field of a field is `outer.inner`."""
    import awkward as ak

    paths: dict[str, tuple[str, ...]] = {}
    pending = [(field,) for field in ak.fields(source)]
    if not pending:
        raise DataError("the awkward array has no fields", code="data-source", expected="an array of records")
    while pending:
        path = pending.pop(0)
        inner = ak.fields(source[path])
        if inner:
            pending = [(*path, field) for field in inner] + pending
        else:
            paths[".".join(path)] = path
    return LazyTable("the awkward array", list(paths), len(source), lambda name: source[paths[name]])


register(Source("an awkward array", lambda source: module_of(source) == "awkward", open_records))
