"""The trees of a sample in chunks: some entries of one tree each, at the edges of its clusters, that can be read again and again.

The events of a class are numbered through all of its trees in the order in which these were added. What the first pass found of a
chunk, its number of events and a checksum, holds for every later one: a file that changes meanwhile is an error.
"""

from __future__ import annotations

import os
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tmvalite.data.columns import Table
from tmvalite.data.dataset import TreeInput
from tmvalite.data.declared_formulas import DeclaredFormulas
from tmvalite.data.event_rows import GrowingRows, Room, TreeEvents
from tmvalite.data.expression import Context
from tmvalite.data.info import DataSetInfo
from tmvalite.data.portions import BLOCK, NotedTable, Portion, portion_entries, portions_at
from tmvalite.data.reading import read_tree
from tmvalite.data.sources import files_of, open_table
from tmvalite.data.streaming.chunks import MOST_PARTS, StreamChunk, chunk_bounds
from tmvalite.errors import DataError, Diagnostics, OptionError

HELD_OPEN = 16  # files


@dataclass(frozen=True)
class ChunkEvents:
    """The events of a chunk that pass the cuts.

    number : of the chunk
    class_index : of all of them
    first : number of its first event among those of its class
    x (n, V), targets (n, T) float32, weight (n,) float64 : as they are read
    read : what was counted on the way
    """

    number: int
    class_index: int
    first: int
    x: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    read: TreeEvents

    def __len__(self):
        return len(self.weight)


@dataclass(frozen=True)
class OpenedTree:
    """What is known of a tree.

    given : the declaration, of one file
    path : its file on this machine, or ""
    stat : (size, time of the last change) of that file
    names, texts : the columns that are read
    """

    given: TreeInput
    class_index: int
    name: str
    n_entries: int
    path: str
    stat: tuple[int, int]
    names: tuple[str, ...]
    texts: frozenset[str]


class StreamTrees:
    """The trees of all classes, class after class.

    Parameters
    ----------
    info : DataSetInfo
    inputs : sequence of TreeInput
        A path may be a pattern, and a source a list.
    chunk_entries, largest_chunk : int
        Entries of a chunk, about; and how many it may have where a cluster is larger. See `chunk_bounds`.

    Raises
    ------
    DataError
        A file, tree or column that is not there, in whichever file; `rndm`, which would not be the same when it is read again.
    """

    def __init__(
        self,
        info: DataSetInfo,
        inputs: Sequence[TreeInput],
        *,
        cuts: Mapping[str, str] | None = None,
        weights: Mapping[str, str] | None = None,
        diagnostics: Diagnostics | None = None,
        chunk_entries: int = BLOCK,
        largest_chunk: int | None = None,
    ):
        self.info = info
        self.diagnostics = diagnostics if diagnostics is not None else Diagnostics()
        self.formulas = DeclaredFormulas(self.info, cuts or {}, weights or {}, self.diagnostics)
        self.cuts = dict(cuts or {})
        self._tables: OrderedDict[int, Table] = OrderedDict()
        self.trees: list[OpenedTree] = []
        self.chunks: list[StreamChunk] = []
        for class_index, name in enumerate(info.classes):
            for given in inputs:
                if given.class_name == name:
                    for one in _single(given):
                        self._add(one, class_index, chunk_entries, largest_chunk or chunk_entries)
        missing = next((c for i, c in enumerate(info.classes) if all(tree.class_index != i for tree in self.trees)), None)
        if missing is not None:
            raise DataError(f"class '{missing}' has no tree", code="data-empty-class")
        self._events = np.full(len(self.chunks), -1, np.int64)  # of every chunk, once it was read
        self._sums = np.zeros(len(self.chunks), np.uint32)
        self._firsts: np.ndarray | None = None

    @property
    def n_entries(self) -> int:
        return sum(tree.n_entries for tree in self.trees)

    def class_of(self, number: int) -> int:
        """The class of a chunk."""
        return self.trees[self.chunks[number].tree].class_index

    def _add(self, given: TreeInput, class_index: int, chunk_entries: int, largest: int) -> None:
        table = open_table(given.source)
        noted = NotedTable(Portion(table, 0, 0))
        formulas, _ = self._formulas(given, noted)
        for formula in formulas.all():
            if any(node.text == "rndm" for node in formula.expression.nodes):
                raise DataError(
                    f"{formula.what} is drawn at random, and another number whenever it is read",
                    code="stream-random",
                    where=str(table),
                    hint="Streaming needs values that stay the same",
                )
        path = str(getattr(table, "file_path", "") or "")
        path = path if "://" not in path and os.path.exists(path) else ""
        tree = OpenedTree(
            given, class_index, str(table), table.n_entries, path, _stat(path), tuple(noted.names), frozenset(noted.texts)
        )
        self.trees.append(tree)
        entries = min(chunk_entries, portion_entries(table, tree.names))
        edges = table.cluster_edges(tree.names) if hasattr(table, "cluster_edges") else [0, table.n_entries]
        bounds = chunk_bounds(edges, entries, max(entries, largest))
        self._remark_clusters(tree, edges, bounds)
        self.chunks += [StreamChunk(len(self.trees) - 1, *pair) for pair in bounds]
        self._hold(len(self.trees) - 1, table)

    def _remark_clusters(self, tree: OpenedTree, edges: Sequence[int], bounds: Sequence[tuple[int, int]]) -> None:
        """Clusters that have to be cut into many chunks are unpacked for each of them; one file of many says it."""
        cluster, chunk = (max((b - a for a, b in pairs), default=1) for pairs in (zip(edges, edges[1:]), bounds))
        if tree.path and cluster > 2 * MOST_PARTS * chunk:
            self.diagnostics.warn(
                f"clusters of up to {cluster} entries are unpacked {round(cluster / chunk)} times an epoch: a chunk has {chunk}",
                code="stream-clusters",
                where=tree.name,
                hint="give more memory, or write the files with smaller clusters (TTree::SetAutoFlush, row groups)",
            )

    def _formulas(self, given: TreeInput, table):
        return self.formulas.of(given.class_name, table, given.cut).on(table)

    # ------------------------------------------------------------------------------------- files

    def _hold(self, number: int, table: Table) -> None:
        self._tables[number] = table
        while len(self._tables) > HELD_OPEN:
            self._let_go(*self._tables.popitem(last=False))

    def _let_go(self, number: int, table: Table) -> None:
        if isinstance(self.trees[number].given.source, str | os.PathLike) and hasattr(table, "close"):  # it was opened here
            table.close()

    def _table(self, number: int) -> Table:
        tree = self.trees[number]
        self._check_file(tree)
        if number not in self._tables:
            table = open_table(tree.given.source)
            if table.n_entries != tree.n_entries:
                raise _changed(tree, f"it has {table.n_entries} entries, not {tree.n_entries}")
            self._hold(number, table)
        self._tables.move_to_end(number)
        return self._tables[number]

    def _check_file(self, tree: OpenedTree) -> None:
        """Raises DataError where the file of a tree is not what it was."""
        if not tree.path:
            return
        try:
            found = _stat(tree.path)
        except OSError as problem:
            raise DataError(
                f"{tree.name} is no longer there: {problem.strerror}",
                code="stream-file-gone",
                hint="the files are read in every epoch and must stay where they are",
            ) from problem
        if found != tree.stat:
            raise _changed(tree, "it was written anew")

    def close(self) -> None:
        """Close the files; they are opened again when they are needed."""
        while self._tables:
            self._let_go(*self._tables.popitem())

    # ------------------------------------------------------------------------------------- events

    def read(self, numbers: Sequence[int] | None = None) -> Iterator[ChunkEvents]:
        """The events of some chunks, ascending, or of all; the first time all are read, one after the other."""
        numbers = range(len(self.chunks)) if numbers is None else numbers
        first_pass = self._firsts is None
        if first_pass and list(numbers) != list(range(len(self.chunks))):
            raise ValueError("the first pass reads all chunks")
        firsts = np.zeros(len(self.info.classes), np.int64)
        start = 0
        while start < len(numbers):
            stop = start
            while stop < len(numbers) and self.chunks[numbers[stop]].tree == self.chunks[numbers[start]].tree:
                stop += 1
            for number, x, targets, events in self._of_tree(numbers[start:stop]):
                c = self.class_of(number)
                first = firsts[c] if first_pass else self._firsts[number]
                yield ChunkEvents(number, c, int(first), x, targets, events.weight, events)
                firsts[c] += len(x)
            start = stop
        if first_pass:
            self._firsts = self._first_events()

    def _of_tree(self, numbers: Sequence[int]):
        tree_number = self.chunks[numbers[0]].tree
        tree, table = self.trees[tree_number], self._table(tree_number)
        bounds = [(self.chunks[i].start, self.chunks[i].stop) for i in numbers]
        told = self.diagnostics if self._firsts is None else Diagnostics()  # what was said once is not said again
        formulas = self.formulas.of(tree.given.class_name, table, tree.given.cut)
        for number, portion in zip(numbers, portions_at(table, tree.names, tree.texts, bounds)):
            room = Room(GrowingRows(self.info.n_variables), GrowingRows(self.info.n_targets))
            context = Context(portion.n_entries, None, portion.first_entry, portion.all_entries)
            events = read_tree(portion, formulas, tree.given.weight, context, told, room)
            self._check_chunk(tree, number, room, events)
            yield number, room.x.array, room.targets.array, events

    def _check_chunk(self, tree: OpenedTree, number: int, room: Room, events: TreeEvents) -> None:
        n, found = len(events.weight), zlib.crc32(room.targets.array, zlib.crc32(room.x.array))
        if self._events[number] < 0:
            self._events[number], self._sums[number] = n, found
        elif self._events[number] != n or self._sums[number] != found:
            chunk = self.chunks[number]
            raise _changed(tree, f"entries {chunk.start} to {chunk.stop - 1} are not what they were")

    def _first_events(self) -> np.ndarray:
        """(chunks,) number of the first event of each chunk among those of its class."""
        firsts = np.zeros(len(self.chunks), np.int64)
        classes = np.array([self.class_of(i) for i in range(len(self.chunks))])
        for c in range(len(self.info.classes)):
            own = np.flatnonzero(classes == c)
            firsts[own] = np.cumsum(self._events[own]) - self._events[own]
        return firsts

    def fingerprint(self) -> str:
        """A text that says which events these are, after they were read once: their numbers and checksums."""
        return f"{int(self._events.sum())} events {zlib.crc32(self._sums, zlib.crc32(self._events)):08x}"


def _single(given: TreeInput) -> list[TreeInput]:
    """The declaration of each file or table that a source stands for."""
    if not isinstance(given, TreeInput):
        message = "events that were added one by one cannot be streamed"
        raise OptionError(message, code="stream-method", hint="give them as a table, or leave Streaming out")
    if isinstance(given.source, list | tuple):
        return [one for part in given.source for one in _single(replace(given, source=part))]
    files = files_of(given.source)
    if files is not None:
        return [replace(given, source=path) for path in files]
    table = open_table(given.source)
    return [replace(given, source=part) for part in getattr(table, "parts", None) or [table]]


def _stat(path: str) -> tuple[int, int]:
    if not path:
        return (0, 0)
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns


def _changed(tree: OpenedTree, what: str) -> DataError:
    return DataError(
        f"{tree.name} has changed since the training began: {what}",
        code="stream-file-changed",
        hint="the files are read in every epoch and must stay as they are",
    )
