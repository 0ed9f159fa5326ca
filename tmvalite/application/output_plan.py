"""Which input goes into which file: one output, or a folder with a file for each input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tmvalite.application.csv_sink import CsvSink
from tmvalite.application.npz_sink import NpzSink
from tmvalite.application.parquet_sink import ParquetSink
from tmvalite.application.sinks import Sink
from tmvalite.application.tree_sink import TreeSink
from tmvalite.data.sources import files_of, open_table
from tmvalite.errors import DataError, FileError, OptionError
from tmvalite.io.atomic import check_writable

SINKS: tuple[type[Sink], ...] = (TreeSink, ParquetSink, NpzSink, CsvSink)
ENDINGS = tuple(ending for sink in SINKS for ending in sink.endings)
TABLE = "events"  # the tree of what has no name


@dataclass(frozen=True)
class InputTable:
    """One table to be read.

    source : what `open_table` takes; a text can be opened again in another process
    path : its file; "" for what is in memory
    tree, kind : its folders and name there, and "tree" or "ntuple"
    """

    source: object
    path: str = ""
    tree: str = TABLE
    kind: str = "tree"

    def open(self):
        return open_table(self.source)


@dataclass(frozen=True)
class OutputFile:
    """A file to be written: for each tree the tables that come into it, one after the other."""

    path: str
    sink: type[Sink]
    trees: dict[str, tuple[InputTable, ...]]


def input_tables(sources) -> list[InputTable]:
    """Every table that the user means, in order. Files are looked into for the names of their trees, and closed again."""
    if not isinstance(sources, list | tuple):
        sources = [sources]
    found = []
    for source in sources:
        files = files_of(source)
        if files is None:
            found.append(_described(source, "", open_table(source)))
        for file in files or ():
            found.append(_described(file, _file(file), open_table(file)))
    if not found:
        raise OptionError("there is no table to apply anything to", code="apply-nothing", hint="such as 'data/*.root:tree'")
    return found


def _described(source, path: str, table) -> InputTable:
    is_root = hasattr(table, "branches")
    ntuple = is_root and "RNTuple" in table.class_name
    return InputTable(source, path, table.path if is_root else TABLE, "ntuple" if ntuple else "tree")


def _file(text: str) -> str:
    """The file of a path that may name a tree."""
    if os.path.exists(text):
        return text
    head = text.rpartition(":")[0]
    while head and not os.path.exists(head) and ":" in head:
        head = head.rpartition(":")[0]
    return head if head and os.path.exists(head) else text


def output_files(inputs: Sequence[InputTable], output: str, force: bool) -> list[OutputFile]:
    """One file if `output` has the ending of a table, else a folder with a file of the same name and kind for each input.

    Raises
    ------
    FileError
        A file exists, is one of the inputs, or cannot be written.
    OptionError
        A kind of file that cannot be written, or several tables in one that holds one.
    """
    if _sink(output) is not None:
        files = [_collected(output, inputs)]
    else:
        files = _mirrored(output, inputs)
    read = {os.path.realpath(table.path) for table in inputs if table.path}
    for file in files:
        if os.path.realpath(file.path) in read:
            raise FileError(f"'{file.path}' is an input", code="apply-overwrites", hint="choose another name for the output")
        if os.path.lexists(file.path) and not force:
            raise FileError(f"'{file.path}' exists", code="file-exists", hint="choose another name, or replace it: --force")
        check_writable(file.path, make_folders=True)
    return files


def _collected(output: str, inputs: Sequence[InputTable]) -> OutputFile:
    sink, trees = _sink(output), {}
    for table in inputs:
        trees.setdefault(table.tree, []).append(table)
    if not sink.several:
        trees = {TABLE: list(inputs)}
    return OutputFile(output, sink, {name: tuple(tables) for name, tables in trees.items()})


def _mirrored(folder: str, inputs: Sequence[InputTable]) -> list[OutputFile]:
    by_file: dict[str, list[InputTable]] = {}
    for table in inputs:
        if not table.path or "://" in table.path:
            raise OptionError(
                f"'{folder}' is a folder, but {'a table in memory' if not table.path else table.path} has no file name to keep",
                code="apply-output",
                expected=f"a file that ends in {', '.join(ENDINGS)}",
            )
        by_file.setdefault(table.path, []).append(table)
    top = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in by_file])
    files = []
    for path, tables in by_file.items():
        target = os.path.join(folder, os.path.relpath(os.path.abspath(path), top))
        if _sink(target) is None:
            raise OptionError(
                f"files like '{path}' are read only",
                code="apply-output",
                expected=f"one output file that ends in {', '.join(ENDINGS)}",
            )
        files.append(_collected(target, tables))
    return files


def _sink(path: str) -> type[Sink] | None:
    ending = Path(path).suffix.lower()
    return next((sink for sink in SINKS if ending in sink.endings), None)


def check_several(file: OutputFile) -> None:
    """Raises DataError where tables of different names come into a file that holds one table."""
    names = {table.tree for tables in file.trees.values() for table in tables}
    if not file.sink.several and len(names) > 1:
        raise DataError(
            f"'{file.path}' holds one table, the input has {', '.join(sorted(names))}",
            code="apply-output",
            hint="write a ROOT file, or apply to one tree at a time",
        )
