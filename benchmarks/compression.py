"""Sizes and speeds of packed tables at the same bound: `python -m benchmarks.compression`.

A table is a function under `@table`, a codec one under `@codec`; both are found by their names. A codec gets columns (N,) or
(N, ...) and a relative bound, and gives its bytes and a function that unpacks them; every entry is compared with its bound, and
how many are beyond stands in the table. Seconds are processor seconds of this process, the smallest of the rounds.

    python -m benchmarks.compression --data FOLDER --tables higgs,jets --codecs tmvalite,steps+lzma --bounds 0.1,0.01
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Columns = dict[str, np.ndarray]
TABLES: dict[str, Callable[[Path], Columns]] = {}
CODECS: dict[str, Callable] = {}


def table(name: str):
    """Make a table known: (folder of data files) -> columns."""
    return lambda function: TABLES.setdefault(name, function)


def codec(name: str):
    """Make a codec known: (columns, bound) -> (bytes, a function that gives the columns back, or None)."""
    return lambda function: CODECS.setdefault(name, function)


def _tree(path: Path, tree: str) -> Columns:
    from tmvalite.compression import read_table

    found = read_table(f"{path}:{tree}")
    return {c.name: c.values for c in found.columns if c.offsets is None}


@table("jets")
def jets(folder: Path) -> Columns:
    """20 000 pairs of jets of examples/toys.py, 24 columns that follow from 15 numbers."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
    from toys import jets as toy

    return {name: np.asarray(x) for name, x in toy(20000, seed=1001).items()}


@table("higgs")
def higgs(folder: Path) -> Columns:
    """The background of ROOT's Higgs_data.root."""
    return _tree(folder / "Higgs_data.root", "bkg_tree")


@table("class")
def class_example(folder: Path) -> Columns:
    """The signal of ROOT's tmva_class_example.root."""
    return _tree(folder / "tmva_class_example.root", "TreeS")


@table("reg")
def reg_example(folder: Path) -> Columns:
    """ROOT's tmva_reg_example.root."""
    return _tree(folder / "tmva_reg_example.root", "TreeR")


@table("cfd")
def cfd(folder: Path) -> Columns:
    """Baler's animation: frames as images."""
    with np.load(folder / "baler_CFD_animation.npz") as file:
        return {name: file[name] for name in file.files if file[name].size}


@table("normal")
def normal(folder: Path) -> Columns:
    """A million rows of 20 independent normal columns, float32: the speed of the codec itself."""
    x = np.random.default_rng(0).normal(size=(20, 1_000_000)).astype(np.float32)
    return {f"x{i}": column for i, column in enumerate(x)}


@table("tiny")
def tiny(folder: Path) -> Columns:
    """25 rows of 100 columns."""
    x = np.random.default_rng(0).normal(size=(100, 25)).astype(np.float32)
    return {f"column{i}": column for i, column in enumerate(x)}


@codec("tmvalite")
def tmvalite_archive(columns: Columns, bound: float):
    """An archive, in memory."""
    from tmvalite.compression import decompress, prepare, read_archive
    from tmvalite.compression.table import EventTable, FileColumn

    n = len(next(iter(columns.values())))
    source = EventTable("npz", [FileColumn(name, x) for name, x in columns.items()], n)
    data = prepare(None, source, bound=str(bound), measure=False).data
    return data, lambda: decompress(read_archive(data), max_bytes=1 << 40).table.arrays()


@codec("steps+lzma")
def steps_lzma(columns: Columns, bound: float):
    """Steps of log|x| with sign and zero, whole numbers as they are, byte planes of each column by LZMA; no header."""
    import lzma

    size = np.log1p(bound) * 2.0 * (1.0 - 2.0**-10)
    packed, least = {}, {}
    for name, x in columns.items():
        values = x
        if x.dtype.kind == "f":
            with np.errstate(divide="ignore"):
                k = np.where(x == 0, 0.0, np.rint(np.log(np.abs(x.astype(np.float64))) / size))
            least[name] = k[x != 0].min() if (x != 0).any() else 0.0
            values = np.where(x == 0, 0, np.sign(x) * (k - least[name] + 1)).astype(np.int64)
            narrow = next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if np.abs(values).max() <= np.iinfo(kind).max)
            values = values.astype(narrow)
        planes = np.ascontiguousarray(values).reshape(-1).view(np.uint8).reshape(values.size, -1).T.tobytes()
        packed[name] = lzma.compress(planes, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}]), values

    def unpack() -> Columns:
        out = {}
        for name, (data, values) in packed.items():
            planes = lzma.decompress(data, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])
            v = np.frombuffer(planes, np.uint8).reshape(values.itemsize, -1).T.copy().view(values.dtype).reshape(values.shape)
            x = columns[name]
            if x.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    v = np.where(v == 0, 0.0, np.sign(v) * np.exp((np.abs(v) - 1 + least[name]) * size)).astype(x.dtype)
            out[name] = v
        return out

    return b"".join(data for data, _ in packed.values()), unpack


def beyond(columns: Columns, again: Columns, bound: float) -> int:
    """Entries that are not within the bound; of whole numbers those that are not the same."""
    bad = 0
    for name, x in columns.items():
        if x.dtype.kind != "f":
            bad += int(np.count_nonzero(again[name] != x))
            continue
        a, b = x.astype(np.longdouble), np.asarray(again[name]).astype(np.longdouble)
        with np.errstate(invalid="ignore"):
            good = (np.abs(b - a) <= bound * np.abs(a)) | (a == b) | (np.isnan(a) & np.isnan(b))
        bad += int(np.count_nonzero(~good))
    return bad


def measure(columns: Columns, name: str, bound: float, rounds: int) -> dict:
    """Bytes, seconds to pack and to unpack, entries beyond the bound."""
    packing, unpacking, again = [], [], None
    for _ in range(rounds):
        began = time.process_time()
        data, unpack = CODECS[name](columns, bound)
        packing.append(time.process_time() - began)
        if unpack is not None:
            began = time.process_time()
            again = unpack()
            unpacking.append(time.process_time() - began)
    raw = sum(x.nbytes for x in columns.values())
    bad = None if again is None else beyond(columns, again, bound)
    return {"bytes": len(data), "raw": raw, "pack": min(packing), "unpack": min(unpacking, default=None), "beyond": bad}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("TMVALITE_DATA", "."), help="folder of the data files")
    parser.add_argument("--tables", default="jets,higgs,class,reg,cfd,tiny")
    parser.add_argument("--codecs", default=",".join(CODECS))
    parser.add_argument("--bounds", default="0.1,0.01,0.001,0.0001")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args(argv)
    rows = []
    print(f"{'table':8s}{'bound':>8s} {'codec':14s}{'bytes':>11s}{'ratio':>8s}{'MB/s in':>9s}{'MB/s out':>9s}{'beyond':>8s}")
    for name in options.tables.split(","):
        columns = TABLES[name](Path(options.data))
        for bound in map(float, options.bounds.split(",")):
            for which in options.codecs.split(","):
                found = measure(columns, which, bound, options.rounds)
                rows.append({"table": name, "bound": bound, "codec": which} | found)
                fast = "" if found["unpack"] is None else f"{found['raw'] / 1e6 / max(found['unpack'], 1e-9):.1f}"
                speed = f"{found['raw'] / 1e6 / max(found['pack'], 1e-9):9.1f}{fast:>9s}"
                bad = "" if found["beyond"] is None else str(found["beyond"])
                sizes = f"{found['bytes']:11d}{found['raw'] / found['bytes']:8.2f}"
                print(f"{name:8s}{bound:8g} {which:14s}{sizes}{speed}{bad:>8s}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
