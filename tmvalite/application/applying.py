"""apply: weight files and tables in, files with the scores out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tmvalite.application.output_plan import InputTable, OutputFile, check_several, input_tables, output_files
from tmvalite.application.request import Request, variations_of, weights_of
from tmvalite.application.scorer import ColumnType, Pass, Scorer, join_types, warn_left_out
from tmvalite.application.workers import ScoringProcesses
from tmvalite.data.columns import Column
from tmvalite.errors import DataError, OptionError
from tmvalite.io.atomic import make_folder, write_atomic

SHOWN = 5  # files that are named when the work is done
OF_EXECUTOR = 8  # workers for which an executor has ranges, where nobody says how many it has
HELD_OPEN = 16  # tables that stay open from their check to their turn; of more, each is opened again


@dataclass(frozen=True)
class Applied:
    """What `apply` did.

    files : the files that were written
    n_read, n_written : entries of the input, and of the output, which are fewer behind a cut only
    scores : names of the columns with scores
    n_without : entries whose first score is NaN, since a variable is not finite
    """

    files: tuple[str, ...]
    n_read: int
    n_written: int
    scores: tuple[str, ...]
    n_without: int = 0

    def as_json(self) -> dict:
        return {
            "files": list(self.files),
            "entries": self.n_read,
            "written": self.n_written,
            "scores": list(self.scores),
            "not_finite": self.n_without,
        }

    def __str__(self):
        more = f", {self.n_written} of them written" if self.n_written != self.n_read else ""
        lines = [f"{self.n_read} entries{more}; scores: {', '.join(self.scores)}"]
        many = len(self.files) > SHOWN
        lines += [f"{len(self.files)} files in {os.path.commonpath(map(os.path.dirname, self.files))}"] if many else self.files
        if self.n_without:
            lines.append(f"{self.n_without} have no score (NaN), since a variable is not finite")
        return "\n".join(lines)


def apply(
    weights,
    inputs,
    output: str | os.PathLike,
    *,
    friend: bool = False,
    keep: Sequence[str] | str | None = None,
    cut: str = "",
    also: Sequence[str] = (),
    systematics: Mapping | None = None,
    force: bool = False,
    processes: int = 1,
    executor=None,
    only: Sequence[str] | None = None,
    progress=None,
) -> Applied:
    """Write the scores of trained methods for every entry of tables, in their order.

    Parameters
    ----------
    weights : path, list of paths, or dict of str to paths
        Weight files, all in one pass. A method gives one branch called by its title, or by the name given here: the score of
        a classification, the anomaly score of an autoencoder; `title_class` for every class of a multiclass analysis,
        `title_target` for every target of a regression.
    inputs : path, table, or list of these
        `file.root:folder/tree` (TTree or RNTuple), Parquet, NPZ, CSV, HDF5; patterns such as `in/*.root:tree`. Variables are
        found as in `Reader.EvaluateMVA`: their expressions are evaluated from branches.
    output : path
        A file that ends in .root, .parquet, .npz or .csv takes all inputs, one after the other. Anything else is a folder with
        a file of the same name for each input.
    friend : bool
        Write the scores alone, for AddFriend; by default all columns of the input are copied.
    keep : sequence of str, optional
        Write these columns and the scores only; with `friend` too.
    cut : str
        Write the entries that pass only. Without it the output has an entry for each of the input.
    also : "reconstruction", "code"
        Of autoencoders: further branches.
    systematics : dict, optional
        {name: (up, down)}, each a dict of columns and the expressions in their places: branches `title__name_up` and `_down`.
    force : bool
        Replace existing files.
    processes : int
        How many processes compute.
    executor : optional
        Anything with `submit`, such as a client of Dask, whose workers compute too; they see the same files.
    only : sequence of str, optional
        Write these of the output files only, by their paths; those of the others may be there.
    progress : callable (entries done, entries in all), optional

    Returns
    -------
    Applied

    Raises
    ------
    DataError, ExpressionError
        A column that is missing, of another type, or too short; nothing is written then.
    FileError
        A weight file or an output that cannot be read or written. Each file is written whole or not at all.
    OptionError
        Arguments that do not go together.

    Examples
    --------
    >>> done = tmvalite.apply("W.weights.xml", "in/*.root:tree", "scores", friend=True)     # doctest: +SKIP
    """
    request = Request(weights_of(weights), _kept(keep, friend), str(cut).strip(), _words(also), variations_of(systematics))
    if friend and request.cut:
        raise OptionError("a friend needs an entry for each of its tree, a cut removes some", code="apply-friend-cut")
    tables = input_tables(list(inputs) if _several(inputs) else inputs)
    files = output_files(tables, os.fspath(output), force or only is not None)
    if only is not None:
        files = [file for file in files if file.path in only]
    processes = max(1, int(processes))
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise OptionError(f"{executor!r} runs no tasks", code="executor", expected="an executor with submit(function, ...)")
    scorer = Scorer(request, threads=1 if processes > 1 else None)
    with ScoringProcesses(scorer, processes if executor is None else max(processes, OF_EXECUTOR), executor) as workers:
        return _Application(scorer, workers, files, progress).run(friend)


class _Application:
    def __init__(self, scorer: Scorer, workers: ScoringProcesses, files: list[OutputFile], progress):
        self.scorer, self.workers, self.files = scorer, workers, files
        self.progress = progress or (lambda done, total: None)
        self.opened: dict[int, Pass] = {}
        self.n_read = self.n_written = self.n_without = self.n_all = 0
        names = [name for method in scorer.methods for name in method.all_names(scorer.request.variations)]
        self.scores = tuple(names)

    def run(self, friend: bool) -> Applied:
        types = [self._checked(file, friend) for file in self.files]  # every table of every file, before anything is written
        self.progress(0, self.n_all)
        for file, of_trees in zip(self.files, types, strict=True):
            make_folder(os.path.dirname(file.path) or ".")
            write_atomic(file.path, lambda stream, file=file, of_trees=of_trees: self._write(stream, file, of_trees))
        paths = tuple(file.path for file in self.files)
        return Applied(paths, self.n_read, self.n_written, self.scores, self.n_without)

    def _checked(self, file: OutputFile, friend: bool) -> dict[str, dict[str, ColumnType]]:
        check_several(file)
        types = {}
        for tree, tables in file.trees.items():
            passes = [self.scorer.open(table.open()) for table in tables]
            free = HELD_OPEN - len(self.opened)
            self.opened.update((id(table), one) for table, one in list(zip(tables, passes))[: max(0, free)])
            for table, one in zip(tables, passes, strict=True):
                self.workers.add(table, one)
            self.n_all += sum(one.n_entries for one in passes)
            types[tree] = join_types(passes)
            if not friend and self.scorer.request.keep is None:
                warn_left_out(passes[0], passes[0].left_out)
        return types

    def _write(self, stream, file: OutputFile, types: dict[str, dict[str, ColumnType]]) -> None:
        sink = file.sink(stream)
        for tree, tables in file.trees.items():
            out = sink.table(tree, types[tree], tables[0].kind)
            for table in tables:
                for columns in self._blocks(table, types[tree]):
                    out.add(columns)
            out.close()
        sink.close()

    def _blocks(self, table: InputTable, types: dict[str, ColumnType]) -> Iterator[dict[str, Column]]:
        one = self.opened.pop(id(table), None) or self.scorer.open(table.open())
        one.types = types
        done = self.n_read
        with contextlib.closing(self.workers.blocks(table, one)) as found:
            for columns in found:
                n = len(next(iter(columns.values())))
                self.n_written += n
                self.n_without += int(np.isnan(columns[self.scores[0]].values).sum())
                self.n_read = min(done + one.n_entries, self.n_read + (one.block_entries() if self.scorer.request.cut else n))
                self.progress(self.n_read, self.n_all)
                yield columns
        self.n_read = done + one.n_entries
        if not self.scorer.request.cut and self.n_written != self.n_read:
            raise DataError(f"{one} gave {self.n_written - done} entries, not {one.n_entries}", code="data-file-damaged")


def _kept(keep, friend: bool) -> tuple[str, ...] | None:
    if keep is None:
        return () if friend else None
    return _words(keep)


def _words(given) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.split(",")
    return tuple(str(one).strip() for one in given if str(one).strip())


def _several(inputs) -> bool:
    """Whether these are several tables, and no single one."""
    return isinstance(inputs, list | tuple)
