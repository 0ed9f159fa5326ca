"""Trees in ROOT files, TTree and RNTuple, through uproot. Cuts and expressions are never given to uproot."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tmvalite.data.columns import Column
from tmvalite.data.sources.arrays import to_column
from tmvalite.data.sources.base import TableSource, known_files, matching_files, module_of, register
from tmvalite.data.sources.branches import branch_places
from tmvalite.data.sources.friends import friend_path, saved_friends
from tmvalite.data.sources.mapping import names_trees
from tmvalite.data.sources.root_stream import branch_blocks, branch_range
from tmvalite.errors import DataError, MissingExtraError, TmvaliteError, did_you_mean

_TREES = ("TTree", "TNtuple", "TNtupleD", "TChain", "ROOT::RNTuple", "ROOT::Experimental::RNTuple")
_FILE = re.compile(r"(?P<file>.*?\.root)(?::(?P<tree>.*))?", re.DOTALL)


_MANY = 100_000  # entries from which on two threads unpack faster than one


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "unpack")


def _unpackers(n_entries: int) -> ThreadPoolExecutor | None:
    """Threads that unpack the baskets of a long branch; None where one is enough."""
    return _threads() if n_entries >= _MANY and (os.cpu_count() or 1) > 1 else None


def _uproot():
    try:
        import uproot
    except ImportError:
        raise MissingExtraError("reading ROOT files needs uproot", code="missing-extra", hint="pip install uproot") from None
    return uproot


class RootTable:
    """One tree of one file. Columns are branches: by name, by `outer.inner` path, `branch.leaf` or `object.field`.

    After its own columns come those of the friends that the file remembers, as `friend.column` or `column`.
    """

    def __init__(self, tree, name: str):
        self._tree, self._name = tree, name
        self.n_entries = int(tree.num_entries)
        self._places, self._listed = _guard(name, branch_places, tree)
        self._friends: dict[str, tuple[RootTable, str]] | None = None

    def keys(self) -> list[str]:
        return list(self._places)

    def branches(self) -> list[str]:
        """Every branch, leaf or field once, in the order of the tree."""
        return list(self._listed)

    @property
    def path(self) -> str:
        """The tree's folders and name inside its file."""
        return self._tree.object_path.strip("/").partition(";")[0]

    @property
    def class_name(self) -> str:
        """What kind of tree it is, such as TTree or ROOT::RNTuple."""
        return self._tree.classname

    @property
    def title(self) -> str:
        return getattr(self._tree, "title", "")

    @property
    def aliases(self) -> dict[str, str]:
        """Names that stand for expressions (SetAlias)."""
        return dict(_guard(self._name, lambda: getattr(self._tree, "aliases", None) or {}))

    def friend_keys(self) -> list[str]:
        """The names of columns of friends, and of its own with the tree's name before it."""
        if self._friends is None:
            self._friends = self._find_friends()
        return list(self._friends)

    def _find_friends(self) -> dict[str, tuple[RootTable, str]]:
        tree_name = self.path.rpartition("/")[2]
        found: dict[str, tuple[RootTable, str]] = {f"{tree_name}.{name}": (self, name) for name in self._places}
        if not hasattr(self._tree, "aliases"):
            return found  # an RNTuple
        main = self._tree.file.file_path
        tables = []
        for friend in _guard(self._name, saved_friends, self._tree):
            (table,) = open_root_path(f"{friend_path(friend, main)}:{friend.tree}")
            tables.append(table)
            for prefix in (friend.alias, friend.tree):
                found.update((f"{prefix}.{name}", (table, name)) for name in table.keys() if f"{prefix}.{name}" not in found)
        for table in tables:
            found.update((name, (table, name)) for name in table.keys() if name not in found and name not in self._places)
        return found

    def collection(self, name: str) -> str | None:
        """A column with one element for each that the collection `name` has, such as `jets.fX` for `jets`; None without one."""
        inside = [key for key, place in self._places.items() if place.path.startswith(f"{name}/")]
        return next((key for key in inside if "[" in str(getattr(self._tree[self._places[key].path], "typename", ""))), None)

    def read(self, names: Sequence[str], texts: Collection[str] = ()) -> dict[str, Column]:
        whole: dict[str, object] = {}
        return {name: _guard(self._name, self._column, name, name in texts, whole) for name in names}

    def entry_bytes(self, names: Sequence[str]) -> float:
        """The mean length of an entry of these columns, uncompressed; 8 bytes for each where the file does not say it."""
        own = {self._places[name].path for name in names if name in self._places}
        sizes = [getattr(self._tree[path], "uncompressed_bytes", None) for path in own]
        known = sum(size for size in sizes if size) / max(1, self.n_entries)
        return known + 8.0 * (sum(not size for size in sizes) + len(names) - len(own))

    @property
    def file_path(self) -> str:
        """The path or address of its file."""
        return self._tree.file.file_path

    def close(self) -> None:
        """Close its file."""
        self._tree.file.close()

    def cluster_edges(self, names: Sequence[str]) -> list[int]:
        """Where entries may be parted, from 0 to all, so that no basket or cluster of these columns is on both sides."""
        if hasattr(self._tree, "cluster_summaries"):
            found = [cluster.num_first_entry for cluster in _guard(self._name, lambda: self._tree.cluster_summaries)]
            return sorted({0, *map(int, found), self.n_entries})
        paths = {self._places[name].path for name in names if name in self._places}
        edges = [set(map(int, _guard(self._name, lambda path=path: self._tree[path].entry_offsets))) for path in paths]
        return sorted({0, *(set.intersection(*edges) if edges else ()), self.n_entries})

    def read_range(self, names: Sequence[str], texts: Collection[str], start: int, stop: int) -> dict[str, Column]:
        """The columns of the entries start to stop."""
        if start == stop:
            tree = self._tree
            return _guard(self._name, self._columns, names, texts, lambda path: branch_range(tree[path], 0, 0), (0, 0))
        return next(self.stream(names, texts, [(start, stop)]))

    def stream(self, names: Sequence[str], texts: Collection[str], bounds) -> Iterator[dict[str, Column]]:
        """The columns of every pair of bounds, which rise; nothing is decompressed twice."""
        own = list(dict.fromkeys(self._places[name].path for name in names if name in self._places))
        arrays = branch_blocks(self._tree, own, bounds, "://" not in self._tree.file.file_path)
        friends = {}
        for name in names:
            if name not in self._places:
                table, column = self._friend(name)
                friends[name] = table.stream([column], [column] if name in texts else [], bounds)
        for pair in bounds:
            found = _guard(self._name, next, arrays)
            columns = _guard(self._name, self._columns, [n for n in names if n not in friends], texts, found.__getitem__, pair)
            columns.update((name, next(iter(next(stream).values()))) for name, stream in friends.items())
            yield columns

    def _columns(self, names, texts, get, bounds: tuple[int, int]) -> dict[str, Column]:
        """Own columns from the arrays of their branches; of a friend's, for no entries at all."""
        columns = {}
        for name in names:
            if name not in self._places:
                table, own = self._friend(name)
                columns[name] = table.read_range([own], [own] if name in texts else [], *bounds)[own]
                continue
            values = get(self._places[name].path)
            for part in self._places[name].inside:
                values = values[part]
            columns[name] = self._checked(to_column(values, name, self._name, text=name in texts), name, bounds[1] - bounds[0])
        return columns

    def _column(self, name: str, text: bool, whole: dict[str, object]) -> Column:
        if name not in self._places:
            return self._friend_column(name, text)
        place = self._places[name]
        if place.path not in whole:
            branch = self._tree[place.path]
            interpretation = type(getattr(branch, "interpretation", None)).__name__
            library = "np" if interpretation == "AsDtype" else "ak"
            # uproot's cache would keep every column, and hand the same writable array to others
            options = (
                {"array_cache": None, "decompression_executor": _unpackers(self.n_entries)} if hasattr(branch, "member") else {}
            )
            whole[place.path] = branch.array(library=library, **options)
        values = whole[place.path]
        for part in place.inside:
            values = values[part]
        return self._checked(to_column(values, name, self._name, text=text), name, self.n_entries)

    def _checked(self, column: Column, name: str, n: int) -> Column:
        if len(column) != n:
            raise DataError(f"branch '{name}' has {len(column)} entries, not {n}", code="data-file-damaged", where=self._name)
        return column

    def _friend_column(self, name: str, text: bool) -> Column:
        table, own = self._friend(name)
        return table.read([own], [own] if text else [])[own].take(self.n_entries)

    def _friend(self, name: str) -> tuple[RootTable, str]:
        """The table and the name there of a friend's column. Raises DataError where the friend is too short."""
        self.friend_keys()
        table, own = self._friends[name]
        if table.n_entries < self.n_entries:
            raise DataError(
                f"the friend has {table.n_entries} entries, the tree {self.n_entries}",
                code="data-friend",
                where=f"{self._name}, friend {table}",
                hint="a friend needs a row for every entry",
            )
        return table, own

    def __str__(self):
        return self._name


def _guard(name: str, function, *arguments):
    """Call `function`; whatever a damaged file provokes in uproot becomes one DataError that names the file."""
    try:
        return function(*arguments)
    except TmvaliteError:
        raise
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"reading {name} needs the package '{problem.name}'", code="missing-extra", hint=f"pip install {problem.name}"
        ) from problem
    except Exception as problem:
        reason = str(problem).strip().partition("\n")[0][:200] or type(problem).__name__
        raise DataError(
            f"{name} cannot be read: {reason.rstrip(',:;')}",
            code="data-file-damaged",
            hint="the file may be damaged or incomplete",
        ) from problem


def open_root_path(text: str) -> list[RootTable]:
    """The trees of `file.root:tree`; the file part may be a pattern with * ? [ ]."""
    path, name = _parts(text)
    return [_open(file, name) for file in matching_files(path)]


def root_files(text: str) -> list[str]:
    """Each `file.root:tree` that such a path means."""
    path, name = _parts(text)
    return [file if name is None else f"{file}:{name}" for file in matching_files(path)]


def _parts(text: str) -> tuple[str, str | None]:
    """(file, tree) of a path."""
    match = _FILE.fullmatch(text)
    path, name = (match["file"], match["tree"]) if match else (text, None)
    if not match and ":" in text and "://" not in text and not os.path.exists(text):
        path, _, name = text.rpartition(":")
    return path, name


def _open(path: str, name: str | None) -> RootTable:
    _check_begin(path)
    uproot = _uproot()
    # The object path is never part of the string given to uproot: it would split a Windows drive, too.
    file = _guard(f"'{path}'", lambda: uproot.open({path: None}, array_cache=None))
    return _find_tree(file, path, name)  # the tree keeps the file open


def _check_begin(path: str) -> None:
    """Raises DataError for what is plainly no ROOT file; anything that is not on this machine is left to uproot."""
    if "://" in path:
        return
    try:
        with open(path, "rb") as file:
            begin = file.read(4)
    except IsADirectoryError:
        hint = "name its files with a pattern, such as 'folder/*.root:tree'"
        raise DataError(f"'{path}' is a folder", code="data-file-kind", expected=known_files(), hint=hint) from None
    except OSError as problem:
        raise DataError(f"'{path}' cannot be read: {problem.strerror}", code="data-file-missing") from problem
    if begin != b"root":
        expected = "a ROOT file" if path.endswith(".root") else known_files()
        raise DataError(f"'{path}' is {'no ROOT file' if begin else 'empty'}", code="data-file-kind", expected=expected)


def _find_tree(directory, path: str, name: str | None) -> RootTable:
    classes = _guard(f"'{path}'", lambda: directory.classnames(recursive=True, cycle=False))
    trees = [key for key, kind in classes.items() if kind.partition("<")[0] in _TREES]
    where = f"'{path}'"
    if not trees:
        raise DataError(f"{where} holds no tree", code="data-tree-missing")
    if name is None or not name.strip():
        if len(trees) > 1:
            raise DataError(
                f"{where} holds several trees",
                code="data-tree-missing",
                expected=tuple(trees),
                hint=f"say which one, such as '{path}:{trees[0]}'",
            )
        name = trees[0]
    plain = name.strip().strip("/").partition(";")[0]
    if plain not in trees:
        raise DataError(
            f"{where} holds no tree '{plain}'", code="data-tree-missing", expected=tuple(trees), hint=did_you_mean(plain, trees)
        )
    tree = _guard(where, directory.__getitem__, name.strip().strip("/"))
    return RootTable(tree, f"{where}, tree '{plain}'")


def open_root_object(source) -> RootTable:
    """An open uproot TTree, RNTuple, file or folder."""
    path = getattr(getattr(source, "file", None), "file_path", None) or "the ROOT file"
    if hasattr(source, "classnames"):
        return _find_tree(source, path, None)
    if not hasattr(source, "num_entries"):
        raise DataError(f"an uproot object of type {type(source).__name__} is no tree", code="data-source")
    return RootTable(source, f"'{path}', tree '{source.name}'")


def open_named_trees(source: Mapping[str, str]) -> list[RootTable]:
    """A dict of files and the trees in them, as uproot takes it: {"file.root": "tree"}."""
    return [table for path, tree in source.items() for table in open_root_path(f"{path}:{tree}")]


register(TableSource("a dict of files and trees", names_trees, open_named_trees))
register(TableSource("an uproot tree", lambda source: module_of(source) == "uproot", open_root_object))
register(
    TableSource(
        "'file.root:tree'",
        lambda source: isinstance(source, str | Path),
        lambda source: open_root_path(str(source)),
        last=True,
        files=lambda source: root_files(str(source)),
    )
)
