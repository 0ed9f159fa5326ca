"""Trees in ROOT files, TTree and RNTuple, through uproot. Cuts and expressions are never given to uproot."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

import numpy as np

from tmvalite.data.columns import Column
from tmvalite.data.sources.arrays import to_column
from tmvalite.errors import DataError, MissingExtraError, TmvaliteError, did_you_mean

_TREES = ("TTree", "TNtuple", "TNtupleD", "TChain", "ROOT::RNTuple", "ROOT::Experimental::RNTuple")
_FILE = re.compile(r"(?P<file>.*?\.root)(?::(?P<tree>.*))?", re.DOTALL)


def _uproot():
    try:
        import uproot
    except ImportError:
        raise MissingExtraError("reading ROOT files needs uproot", code="missing-uproot", hint="pip install uproot") from None
    return uproot


class RootTable:
    """One tree of one file. Columns are branches: by name, by `outer.inner` path, or `branch.leaf`."""

    def __init__(self, tree, name: str):
        self._tree, self._name = tree, name
        self.n_entries = int(tree.num_entries)
        self._paths = _guard(name, _branch_paths, tree)

    def keys(self) -> list[str]:
        return list(self._paths)

    def branches(self) -> list[str]:
        """Every branch or leaf once, by its shortest name, in the order of the tree."""
        shortest: dict[tuple[str, str | None], str] = {}
        for name, place in self._paths.items():
            if place not in shortest or len(name) < len(shortest[place]):
                shortest[place] = name
        return list(shortest.values())

    @property
    def path(self) -> str:
        """The tree's folders and name inside its file."""
        return self._tree.object_path.strip("/").partition(";")[0]

    @property
    def title(self) -> str:
        return getattr(self._tree, "title", "")

    def read(self, names: Sequence[str]) -> dict[str, Column]:
        return {name: _guard(self._name, self._column, name) for name in names}

    def _column(self, name: str) -> Column:
        path, leaf = self._paths[name]
        branch = self._tree[path]
        interpretation = type(getattr(branch, "interpretation", None)).__name__
        values = branch.array(library="np" if interpretation == "AsDtype" else "ak")
        column = to_column(values[leaf] if leaf is not None and isinstance(values, np.ndarray) else values, name, self._name)
        if len(column) != self.n_entries:
            raise DataError(
                f"branch '{name}' has {len(column)} entries, not {self.n_entries}", code="data-file-damaged", where=self._name
            )
        return column

    def __str__(self):
        return self._name


def _branch_paths(tree) -> dict[str, tuple[str, str | None]]:
    """Every name that a branch answers to -> its path in the tree, and its leaf where it has several."""
    paths: dict[str, tuple[str, str | None]] = {}
    nested: dict[str, tuple[str, str | None]] = {}
    for path in tree.keys(recursive=True):
        branch = tree[path]
        if getattr(branch, "branches", None) or getattr(branch, "fields", None):
            continue  # only what holds values
        name = path.rpartition("/")[2].rstrip(".")
        leaves = [leaf.member("fName") for leaf in getattr(branch, "leaves", None) or getattr(branch, "_leaves", ())]
        if len(leaves) > 1:
            paths.update((f"{name}.{leaf}", (path, leaf)) for leaf in leaves)
            continue
        paths.setdefault(name, (path, None))
        if "/" in path:
            nested.setdefault(path.replace("/", "."), (path, None))
    return {**nested, **paths}


def _guard(name: str, function, *arguments):
    """Call `function`; whatever a damaged file provokes in uproot becomes one DataError that names the file."""
    try:
        return function(*arguments)
    except TmvaliteError:
        raise
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"reading {name} needs the package '{problem.name}'", code="missing-package", hint=f"pip install {problem.name}"
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
    match = _FILE.fullmatch(text)
    path, name = (match["file"], match["tree"]) if match else (text, None)
    if not match and ":" in text and "://" not in text and not os.path.exists(text):
        path, _, name = text.rpartition(":")
    if "://" in path or os.path.exists(path):
        return [_open(path, name)]
    found = sorted(glob.glob(os.path.expanduser(path), recursive=True)) if glob.has_magic(path) or path.startswith("~") else []
    if not found:
        what = "no file matches" if glob.has_magic(path) else "there is no file"
        folder = os.path.dirname(path) or "."
        hint = None if glob.has_magic(path) else _near_file(folder, os.path.basename(path))
        raise DataError(f"{what} '{path}'", code="data-file-missing", hint=hint)
    return [_open(file, name) for file in found]


def _near_file(folder: str, name: str) -> str | None:
    if not os.path.isdir(folder):
        return f"there is no folder '{folder}'"
    return did_you_mean(name, [entry for entry in os.listdir(folder) if os.path.isfile(os.path.join(folder, entry))])


def _open(path: str, name: str | None) -> RootTable:
    _check_begin(path)
    uproot = _uproot()
    # The object path is never part of the string given to uproot: it would split a Windows drive, too.
    file = _guard(f"'{path}'", uproot.open, {path: None})
    return _find_tree(file, path, name)  # the tree keeps the file open


def _check_begin(path: str) -> None:
    """Raises DataError for what is plainly no ROOT file; anything that is not on this machine is left to uproot."""
    if "://" in path:
        return
    try:
        with open(path, "rb") as file:
            begin = file.read(4)
    except IsADirectoryError:
        raise DataError(f"'{path}' is a folder", code="data-file-kind", expected="a ROOT file") from None
    except OSError as problem:
        raise DataError(f"'{path}' cannot be read: {problem.strerror}", code="data-file-missing") from problem
    if begin != b"root":
        raise DataError(f"'{path}' is {'no ROOT file' if begin else 'empty'}", code="data-file-kind", expected="a ROOT file")


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
