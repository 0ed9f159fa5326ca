"""TMVA's output ROOT file: trees of events, histograms, graphs and texts in folders, written in one go as a whole.

Everything comes as arrays. The folders and names are TMVA's (`root_names.py`); trees are TTrees, never RNTuples.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from tmvalite.data.info import internal_name
from tmvalite.errors import DataError, MissingExtraError, TmvaliteWarning, warn_user
from tmvalite.io.atomic import check_writable, write_atomic

_WEIGHT = "weight"  # the branch of the event weight; a variable of this name has to give way
_CHUNK = 50_000  # events written at a time; each chunk is a basket of every branch


@dataclass(eq=False)
class Histogram:
    """A filled histogram.

    contents : (B,) or (Bx, By) float
        Sums of weights.
    edges : tuple of one or two (B + 1,) float
        Bin edges of each axis.
    sumw2 : like contents, or None
        Sums of squared weights; None for unweighted entries, whose errors are the square roots of the contents.
    title : str
    entries : float or None
        Number of entries; None: the sum of the contents.
    labels : tuple of sequences of str
        Bin labels of each axis, or empty.
    double : bool
        TH1D or TH2D instead of TMVA's TH1F or TH2F.
    """

    contents: np.ndarray
    edges: tuple[np.ndarray, ...]
    sumw2: np.ndarray | None = None
    title: str = ""
    entries: float | None = None
    labels: tuple[Sequence[str], ...] = ()
    double: bool = False

    def __post_init__(self):
        self.contents = np.asarray(self.contents, dtype=np.float64)
        self.edges = tuple(np.asarray(edges, dtype=np.float64) for edges in self.edges)
        shape = tuple(len(edges) - 1 for edges in self.edges)
        sumw2 = self.contents if self.sumw2 is None else np.asarray(self.sumw2)
        if self.contents.shape != shape or sumw2.shape != shape or len(shape) not in (1, 2):
            raise DataError(f"a histogram of {self.contents.shape} contents has {shape} bins", code="data-histogram")


@dataclass(eq=False)
class _Graph:
    x: np.ndarray
    y: np.ndarray
    title: str


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

    def __init__(self, path: str | os.PathLike):
        self.path = path
        self.objects: dict[str, Histogram | EventTree | _Graph | str] = {}

    def check_writable(self) -> None:
        """Raises FileError if the file could not be written, MissingExtraError without uproot."""
        _uproot()
        check_writable(self.path)

    def add_tree(self, name: str, tree: EventTree) -> None:
        self.objects[name] = tree

    def add_histogram(self, name: str, histogram: Histogram) -> None:
        self.objects[name] = histogram

    def add_graph(self, name: str, x: np.ndarray, y: np.ndarray, title: str = "") -> None:
        """A TGraph of points (P,), (P,)."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if x.shape != y.shape or x.ndim != 1 or not len(x):
            raise DataError(f"graph '{name}' has points of the shapes {x.shape} and {y.shape}", code="data-length")
        self.objects[name] = _Graph(x, y, title)

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
        write_atomic(self.path, lambda file: self._fill(uproot, file))

    def _fill(self, uproot, file: BinaryIO) -> None:
        with uproot.recreate(file, compression=uproot.ZSTD(1)) as output:  # ZLIB takes 5 times as long for the same size
            for name, content in self.objects.items():
                if isinstance(content, EventTree):
                    _write_tree(output, name, content)
                elif isinstance(content, Histogram):
                    output[name] = _root_histogram(name.rsplit("/", 1)[-1], content)
                elif isinstance(content, _Graph):
                    output[name] = uproot.as_TGraph({"x": content.x, "y": content.y}, title=content.title)
                else:
                    output[name] = content


def _uproot():
    try:
        import uproot
    except ImportError as error:
        raise MissingExtraError("ROOT files need the package uproot", code="missing-extra", hint="pip install uproot") from error
    return uproot


def _write_tree(output, name: str, tree: EventTree) -> None:
    """A TTree with one branch a column, in chunks."""
    types = {n: "string" if n == "className" and tree.classes else _branch_type(values) for n, values in tree.columns.items()}
    length = len(next(iter(tree.columns.values()), ()))
    room = length // _CHUNK + 2  # with less, uproot writes the head anew, in time that grows with the square of the branches
    branches = output.mktree(name, types, title=name.rsplit("/", 1)[-1], initial_basket_capacity=room)
    names = _name_array(tree.classes) if "string" in types.values() else None
    for start in range(0, length, _CHUNK):
        part = {n: np.ascontiguousarray(values[start : start + _CHUNK]) for n, values in tree.columns.items()}
        branches.extend({n: names[values] if types[n] == "string" else values.astype(types[n]) for n, values in part.items()})


def _branch_type(values: np.ndarray) -> np.dtype:
    """The type of a branch in this machine's byte order; uproot cannot write half precision and knows no text here."""
    if values.dtype.kind == "b":
        return np.dtype(np.uint8)
    if values.dtype.kind not in "iuf":
        raise DataError(f"a branch cannot hold values of type {values.dtype}", code="data-type")
    return np.dtype(np.float32) if values.dtype == np.float16 else values.dtype.newbyteorder("=")


def _name_array(classes: Sequence[str]):
    import awkward

    return awkward.Array(list(classes))


def _root_histogram(name: str, h: Histogram):
    """As TH1F, TH2F (or D) with under- and overflow bins of zero and the moments that the bin centres give."""
    from uproot.writing.identify import to_TAxis, to_TH1x, to_TH2x

    data, sumw2 = (_with_flow(a) for a in (h.contents, np.empty(0) if h.sumw2 is None else np.asarray(h.sumw2, dtype=np.float64)))
    data = data.astype(np.float64 if h.double else np.float32)
    centres = [(edges[1:] + edges[:-1]) / 2 for edges in h.edges]
    total = float(h.contents.sum())
    squares = float((h.contents if h.sumw2 is None else np.asarray(h.sumw2)).sum())
    axes = [
        to_TAxis(n, "", len(edges) - 1, edges[0], edges[-1], fXbins=_edges(edges), fLabels=_labels(h.labels[i : i + 1]))
        for i, (n, edges) in enumerate(zip(("xaxis", "yaxis"), h.edges))
    ]
    common = {
        "fName": name,
        "fTitle": h.title,
        "data": data,
        "fEntries": total if h.entries is None else float(h.entries),
        "fTsumw": total,
        "fTsumw2": squares,
        "fSumw2": sumw2,
        "fXaxis": axes[0],
    }
    along_x = h.contents if h.contents.ndim == 1 else h.contents.sum(axis=1)
    common |= {"fTsumwx": float(along_x @ centres[0]), "fTsumwx2": float(along_x @ centres[0] ** 2)}
    if h.contents.ndim == 1:
        return to_TH1x(**common)
    along_y = h.contents.sum(axis=0)
    return to_TH2x(
        **common,
        fTsumwy=float(along_y @ centres[1]),
        fTsumwy2=float(along_y @ centres[1] ** 2),
        fTsumwxy=float(centres[0] @ h.contents @ centres[1]),
        fYaxis=axes[1],
    )


def _with_flow(values: np.ndarray) -> np.ndarray:
    """Contents in ROOT's order, x running fastest, with empty under- and overflow bins; nothing stays nothing."""
    return np.pad(values, 1).ravel(order="F") if values.size else np.empty(0)


def _edges(edges: np.ndarray) -> np.ndarray | None:
    """None for equal bins, as ROOT keeps them."""
    even = np.linspace(edges[0], edges[-1], len(edges))
    return None if np.allclose(edges, even, rtol=0, atol=1e-9 * (edges[-1] - edges[0])) else edges


def _labels(labels: tuple[Sequence[str], ...]):
    """Bin labels as the list that ROOT expects: each TObjString carries the number of its bin."""
    if not labels or not labels[0]:
        return None
    from uproot.writing.identify import to_THashList, to_TObjString

    strings = []
    for number, label in enumerate(labels[0], 1):
        string = to_TObjString(str(label))
        string._bases[0]._members["@fUniqueID"] = number
        strings.append(string)
    return to_THashList(strings)
