"""Tables and images in one file, with a bound on the error of every entry if asked; by an autoencoder where it pays.

`compress` and `decompress` do the work, `make_report` says what came of it; names are loaded on first use, since they bring the
engine with them.
"""

from __future__ import annotations

import importlib

__all__ = [
    "Archive",
    "Bound",
    "compress",
    "decompress",
    "describe",
    "make_report",
    "parse_bound",
    "prepare",
    "read_archive",
    "read_table",
    "write_table",
]

_PLACES = {
    "Archive": "tmvalite.compression.archive",
    "Bound": "tmvalite.compression.bound",
    "compress": "tmvalite.compression.compressor",
    "decompress": "tmvalite.compression.decompressor",
    "describe": "tmvalite.compression.archive_info",
    "make_report": "tmvalite.compression.compression_report",
    "parse_bound": "tmvalite.compression.bound",
    "prepare": "tmvalite.compression.compressor",
    "read_archive": "tmvalite.compression.archive",
    "read_table": "tmvalite.compression.table_files",
    "write_table": "tmvalite.compression.table_files",
}


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_PLACES])
