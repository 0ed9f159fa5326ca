"""TMVA's output ROOT file: trees of events, histograms, graphs and texts in folders, written in one go as a whole.

Everything comes as arrays. The folders and names are TMVA's (`root_names.py`); trees are TTrees, never RNTuples.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

import numpy as np

from tmvalite.data.info import internal_name
from tmvalite.errors import DataError, MissingExtraError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import check_writable, write_atomic
from tmvalite.io.histograms import Histogram, PointGraph, Profile, root_object
from tmvalite.io.name_strings import name_strings

Content = Histogram | Profile | PointGraph | str

_WEIGHT = "weight"  # the branch of the event weight; a variable of this name has to give way
_CHUNK = 100_000  # events written at a time; each chunk is a basket of every branch


@dataclass(eq=False)
class EventTree:
    """The columns of TestTree or TrainTree, in TMVA's order; all of one length N.

    columns : dict of str to (N,) array
        Integers stay integers of their size; className is kept as class indices.
    classes : tuple of str
        Names that className stands for.
    """

    columns: dict[str, np.ndarray] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @classmethod
    def of_events(
        cls,
        class_index: np.ndarray,
        classes: Sequence[str],
        variables: Mapping[str, np.ndarray],
        targets: Mapping[str, np.ndarray] | None = None,
        spectators: Mapping[str, np.ndarray] | None = None,
        weight: np.ndarray | None = None,
    ) -> EventTree:
        """classID/I, className/C, variables/F, targets/F, spectators (integers as they are), weight/F.

        The mappings go from names to (N,) arrays; names become branch names by TMVA's rules. `weight` is 1 if it is None.
        Raises DataError if the lengths differ.
        """
        index = np.asarray(class_index, dtype=np.int32)
        tree = cls({"classID": index, "className": index}, tuple(classes))
        for name, values in {**variables, **(targets or {})}.items():
            tree.add(name, np.asarray(values, dtype=np.float32))
        for name, values in (spectators or {}).items():
            values = np.asarray(values)
            tree.add(name, values if values.dtype.kind in "iu" else values.astype(np.float32))
        weight = np.ones(len(index)) if weight is None else np.asarray(weight)
        tree._check_length(_WEIGHT, weight)
        tree.columns[_WEIGHT] = weight.astype(np.float32)
        return tree

    def add(self, name: str, values: np.ndarray) -> str:
        """Append a branch and return its name: a name that is taken gets a number, as in `weight_2`, and a warning."""
        self._check_length(name, values)
        return self._append(branch_name(name), values)

    def _append(self, plain: str, values: np.ndarray) -> str:
        used, number = plain, 2
        while used in self.columns or used == _WEIGHT:
            used, number = f"{plain}_{number}", number + 1
        if used != plain:
            message = f"the tree has a branch '{plain}' already; this one is called '{used}'"
            warn_user(TmvaliteWarning(message, code="branch-renamed"))
        self.columns[used] = values
        return used

    def _check_length(self, name: str, values: np.ndarray) -> None:
        length = len(next(iter(self.columns.values()))) if self.columns else len(values)
        if values.shape != (length,):
            raise DataError(f"branch '{name}' has the shape {values.shape} in a tree of {length} events", code="data-length")

    def add_output(self, title: str, values: np.ndarray, leaves: Sequence[str] = ()) -> None:
        """The values of a method: (N,) as the branch `title`, (N, K) as the branches `title.leaf`, one a class or target.

        ROOT reads `title.leaf` the same way whether it is a branch or a leaf of TMVA's branch `title`.
        """
        values = np.asarray(values, dtype=np.float32)
        if values.ndim == 1:
            self.add(title, values)
            return
        if values.shape[1] != len(leaves):
            raise DataError(
                f"method '{title}' has {values.shape[1]} outputs and {len(leaves)} names for them", code="data-length"
            )
        self._check_length(title, values[:, 0])
        for leaf, column in zip(leaves, values.T):
            self._append(f"{branch_name(title)}.{branch_name(leaf)}", np.ascontiguousarray(column))


def branch_name(name: str) -> str:
    """The name by TMVA's rules for branches (`vars[3]` -> `vars_3_`); a point stays. `[`, `/` and `;` mean something in ROOT."""
    return internal_name(name).replace(";", "_").replace(":", "_")


class RootFile:
    """Collects what goes into a ROOT file; `write` writes it whole, or not at all.

    Names are paths, "dataset/Method_DNN/DNN/MVA_DNN_S"; a name given twice is replaced.

    >>> file = RootFile("TMVAC.root")                                       # doctest: +SKIP
    >>> file.add_tree("dataset/TestTree", EventTree.of_events(...))         # doctest: +SKIP
    >>> file.write()                                                        # doctest: +SKIP
    """

    keeps = False  # whether what the file has already stays

    def __init__(self, path: str | os.PathLike):
        self.path = path
        self.objects: dict[str, Content | EventTree] = {}
        self.made: list[Callable[[], Iterable[tuple[str, Content]]]] = []

    def check_writable(self) -> None:
        """Raises FileError if the file could not be written, MissingExtraError without uproot."""
        _uproot()
        check_writable(self.path)

    def add_tree(self, name: str, tree: EventTree) -> None:
        self.objects[name] = tree

    def add_histogram(self, name: str, histogram: Histogram) -> None:
        self.objects[name] = histogram

    def add_graph(self, name: str, x: np.ndarray, y: np.ndarray, title: str = "", axes: Sequence[str] = ()) -> None:
        """A TGraph of points (P,), (P,)."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if x.shape != y.shape or x.ndim != 1 or not len(x):
            raise DataError(f"graph '{name}' has points of the shapes {x.shape} and {y.shape}", code="data-length")
        self.objects[name] = PointGraph(x, y, title, tuple(axes))

    def add(self, name: str, content: Content) -> None:
        """Anything but a tree."""
        self.objects[name] = content

    def add_made(self, make: Callable[[], Iterable[tuple[str, Content]]]) -> None:
        """Names and contents that are made when the file is written, one after the other, before all that was added singly."""
        self.made.append(make)

    def add_text(self, name: str, text: str) -> None:
        """A TObjString."""
        self.objects[name] = text

    def write(self) -> None:
        """Write everything collected so far; can be called again after more was added.

        Raises
        ------
        FileError
            The file cannot be written. MissingExtraError: uproot is not installed.
        """
        uproot = _uproot()
        if hasattr(self.path, "receive"):  # an OpenRootFile
            self.path.receive(self)
            return
        write_atomic(self.path, lambda file: self.fill(uproot, file))

    def fill(self, uproot, file: BinaryIO) -> None:
        """Write into an open file: a new one, or behind what the file of this name has."""
        if not self.keeps:
            self._fill(uproot, file)
            return
        with open(self.path, "rb") as old:
            file.write(old.read())
        file.seek(0)
        self._fill(_Adding(uproot), file)

    def _fill(self, uproot, file: BinaryIO) -> None:
        with uproot.recreate(file, compression=uproot.ZSTD(1)) as output:  # ZLIB takes 5 times as long for the same size
            made = (pair for make in self.made for pair in make())
            for name, content in chain(made, self.objects.items()):
                if isinstance(content, EventTree):
                    _write_tree(output, name, content)
                elif isinstance(content, str):
                    output[name] = content
                else:
                    output[name] = root_object(name.rsplit("/", 1)[-1], content)


class _Adding:
    """uproot for a file that keeps what it has."""

    def __init__(self, uproot):
        self._uproot = uproot

    def __getattr__(self, name: str):
        return getattr(self._uproot, name)

    def recreate(self, file: BinaryIO, **new):
        """Open the file to add to it; what is said of new files does not count."""
        return self._uproot.update(file)


def _uproot():
    try:
        import uproot
    except ImportError as error:
        raise MissingExtraError("ROOT files need the package uproot", code="missing-extra", hint="pip install uproot") from error
    return uproot


def _write_tree(output, name: str, tree: EventTree) -> None:
    """A TTree with one branch a column, in chunks."""
    if type(tree) is not EventTree:
        tree.write(output, name)
        return
    types = {n: "string" if n == "className" and tree.classes else _branch_type(values) for n, values in tree.columns.items()}
    length = len(next(iter(tree.columns.values()), ()))
    room = length // _CHUNK + 2  # with less, uproot writes the head anew, in time that grows with the square of the branches
    branches = output.mktree(name, types, title=name.rsplit("/", 1)[-1], initial_basket_capacity=room)
    for start in range(0, length, _CHUNK):
        part = {n: np.ascontiguousarray(values[start : start + _CHUNK]) for n, values in tree.columns.items()}
        branches.extend(
            {
                n: name_strings(tree.classes, values) if types[n] == "string" else values.astype(types[n])
                for n, values in part.items()
            }
        )


def _branch_type(values: np.ndarray) -> np.dtype:
    """The type of a branch in this machine's byte order; uproot cannot write half precision and knows no text here."""
    if values.dtype.kind == "b":
        return np.dtype(np.uint8)
    if values.dtype.kind not in "iuf":
        raise DataError(f"a branch cannot hold values of type {values.dtype}", code="data-type")
    return np.dtype(np.float32) if values.dtype == np.float16 else values.dtype.newbyteorder("=")
