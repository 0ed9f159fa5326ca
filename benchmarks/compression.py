"""Sizes and speeds of packed tables at the same bound: `python -m benchmarks.compression`.

A table is a function under `@table`, a codec one under `@codec`; both are found by their names. A codec gets columns (N,) or
(N, ...) and a relative bound, and gives its bytes and a function that unpacks them; every entry is compared with its bound, and
how many are beyond stands in the table. Seconds are processor seconds of this process, the smallest of the rounds.

    python -m benchmarks.compression --data FOLDER --tables higgs,jets --codecs tmvalite,steps+lzma --bounds 0.1,0.01

Peers take part where they are installed (`pip install pcodec zfpy pysz`): steps of log|x| by pcodec; zfp and SZ3 on log|x| within
the same bound, with signs and zeros by LZMA. Their integers are packed as those of steps+lzma. `entropy` is no codec: the bytes
that the steps need by the frequencies of their values alone, without a table of these.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Columns = dict[str, np.ndarray]


class Varying(dict):
    """Columns of which all but `n`, the lengths, are elements of entries of varying lengths."""


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


@table("masses")
def masses(folder: Path) -> Columns:
    """20 000 events of three particles: momenta, and what follows: energies, masses of pairs and of all, pt of a pair."""
    rng, n = np.random.default_rng(3), 20_000
    columns, particles = {}, []
    for i in (1, 2, 3):
        pt, eta, phi = 20.0 + rng.exponential(30.0, n), rng.normal(0.0, 1.3, n), rng.uniform(-np.pi, np.pi, n)
        m = rng.gamma(3.0, 2.0, n)
        columns |= {f"pt{i}": pt, f"eta{i}": eta, f"phi{i}": phi, f"m{i}": m}
        p = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
        particles.append(np.vstack([np.sqrt((p**2).sum(axis=0) + m**2), p]))

    def mass(*parts):
        e, *p = sum(parts)
        return np.sqrt(np.maximum(e**2 - sum(x**2 for x in p), 0.0))

    a, b, c = particles
    columns |= {"e1": a[0], "e2": b[0], "m12": mass(a, b), "m13": mass(a, c), "m23": mass(b, c), "m123": mass(a, b, c)}
    columns["pt12"] = np.hypot(*(a + b)[1:3])
    return {name: x.astype(np.float32) for name, x in columns.items()}


@table("jagged")
def jagged(folder: Path) -> Columns:
    """10 000 events with 0 to 8 jets: pt, eta, phi, mass and energy of each."""
    rng = np.random.default_rng(4)
    n = rng.poisson(3.0, 10_000).clip(0, 8)
    size = int(n.sum())
    pt, eta, phi = 20.0 + rng.exponential(30.0, size), rng.normal(0.0, 1.3, size), rng.uniform(-np.pi, np.pi, size)
    m = 0.12 * pt * rng.gamma(4.0, 0.25, size)
    columns = {"pt": pt, "eta": eta, "phi": phi, "m": m, "e": np.sqrt((pt * np.cosh(eta)) ** 2 + m**2)}
    return Varying({name: x.astype(np.float32) for name, x in columns.items()} | {"n": n.astype(np.int64)})


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
    return _archive(columns, bound, False)


@codec("tmvalite --train")
def tmvalite_trained(columns: Columns, bound: float):
    """An archive with networks where they pay."""
    return _archive(columns, bound, True)


def _archive(columns: Columns, bound: float, train: bool):
    from tmvalite.compression import decompress, prepare, read_archive
    from tmvalite.compression.table import EventTable, FileColumn

    offsets = np.concatenate([[0], np.cumsum(columns["n"])]) if isinstance(columns, Varying) else None
    names = [name for name in columns if offsets is None or name != "n"]
    n = len(columns[names[0]]) if offsets is None else len(columns["n"])
    found = [FileColumn(name, columns[name], offsets=offsets) for name in names]
    data = prepare(None, EventTable("npz", found, n), bound=str(bound), measure=False, train=train).data

    def unpack() -> Columns:
        again = decompress(read_archive(data), max_bytes=1 << 40).table.columns
        return {c.name: c.values for c in again} | ({} if offsets is None else {"n": np.diff(again[0].offsets)})

    return data, unpack


def _steps(x: np.ndarray, bound: float) -> tuple[np.ndarray, float, float]:
    """Steps of log|x| with sign and zero, in the shortest type, their size and the least of them; whole numbers as they are."""
    size = np.log1p(bound) * 2.0 * (1.0 - 2.0**-10)
    if x.dtype.kind != "f":
        return x, size, 0.0
    with np.errstate(divide="ignore"):
        k = np.where(x == 0, 0.0, np.rint(np.log(np.abs(x.astype(np.float64))) / size))
    least = k[x != 0].min() if (x != 0).any() else 0.0
    values = np.where(x == 0, 0, np.sign(x) * (k - least + 1)).astype(np.int64)
    narrow = next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if np.abs(values).max() <= np.iinfo(kind).max)
    return values.astype(narrow), size, least


def _entries(v: np.ndarray, x: np.ndarray, size: float, least: float) -> np.ndarray:
    if x.dtype.kind != "f":
        return v
    with np.errstate(over="ignore"):
        return np.where(v == 0, 0.0, np.sign(v) * np.exp((np.abs(v.astype(np.float64)) - 1 + least) * size)).astype(x.dtype)


def _pack_lzma(values: np.ndarray) -> bytes:
    import lzma

    planes = np.ascontiguousarray(values).reshape(-1).view(np.uint8).reshape(values.size, -1).T.tobytes()
    return lzma.compress(planes, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])


def _unpack_lzma(data: bytes, like: np.ndarray) -> np.ndarray:
    import lzma

    planes = lzma.decompress(data, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])
    return np.frombuffer(planes, np.uint8).reshape(like.itemsize, -1).T.copy().view(like.dtype).reshape(like.shape)


def _each(columns: Columns, pack):
    """What `pack` makes of every column: the bytes of all, and a function that unpacks them."""
    packed = {name: pack(x) for name, x in columns.items()}
    return b"".join(data for data, _ in packed.values()), lambda: {name: unpack() for name, (_, unpack) in packed.items()}


@codec("entropy")
def entropy(columns: Columns, bound: float):
    """Bytes that the steps of each column need by their frequencies; nothing is packed."""
    bits = 0.0
    for x in columns.values():
        _, counts = np.unique(_steps(x, bound)[0], return_counts=True)
        bits -= float(np.sum(counts * np.log2(counts / counts.sum())))
    return bytes(int(bits / 8.0)), None


@codec("steps+lzma")
def steps_lzma(columns: Columns, bound: float):
    """Steps of log|x| with sign and zero, whole numbers as they are, byte planes of each column by LZMA; no header."""

    def pack(x):
        values, size, least = _steps(x, bound)
        data = _pack_lzma(values)
        return data, lambda: _entries(_unpack_lzma(data, values), x, size, least)

    return _each(columns, pack)


@codec("steps+pcodec")
def steps_pcodec(columns: Columns, bound: float):
    """The same steps, each column by pcodec."""
    from pcodec import ChunkConfig, standalone

    def pack(x):
        values, size, least = _steps(x, bound)
        wide = values.astype(np.int16) if values.itemsize == 1 else values
        data = standalone.simple_compress(np.ascontiguousarray(wide).reshape(-1), ChunkConfig())
        return data, lambda: _entries(standalone.simple_decompress(data).reshape(x.shape).astype(values.dtype), x, size, least)

    return _each(columns, pack)


def _of_logarithms(x: np.ndarray, bound: float, pack, unpack):
    """A column by a codec of floats with an absolute bound, on log|x|; signs and zeros by LZMA."""
    if x.dtype.kind != "f":
        data = _pack_lzma(x)
        return data, lambda: _unpack_lzma(data, x)
    signs = np.sign(x).astype(np.int8)
    logs = np.log(np.abs(np.where(x == 0, 1.0, x).astype(np.float64)))
    data, beside = pack(logs, np.log1p(bound) * (1.0 - 2.0**-10)), _pack_lzma(signs)
    return data + beside, lambda: (_unpack_lzma(beside, signs) * np.exp(unpack(data, logs))).astype(x.dtype)


@codec("zfp")
def zfp(columns: Columns, bound: float):
    """zfp with a tolerance."""
    import zfpy

    def pack(logs, tolerance):
        return zfpy.compress_numpy(logs, tolerance=tolerance)

    return _each(columns, lambda x: _of_logarithms(x, bound, pack, lambda data, like: zfpy.decompress_numpy(data)))


@codec("sz3")
def sz3(columns: Columns, bound: float):
    """SZ3 with an absolute bound, its own choices."""
    from pysz import sz, szConfig, szErrorBoundMode

    def pack(logs, tolerance):
        config = szConfig(logs.shape)
        config.errorBoundMode, config.absErrorBound = szErrorBoundMode.ABS, tolerance
        return sz.compress(logs, config)[0].tobytes()

    def unpack(data, like):
        return sz.decompress(np.frombuffer(data, np.uint8), like.dtype, like.shape)[0]

    return _each(columns, lambda x: _of_logarithms(x, bound, pack, unpack))


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


_NEEDED = {"steps+pcodec": "pcodec", "zfp": "zfpy", "sz3": "pysz"}


def _installed(name: str) -> bool:
    there = name not in _NEEDED or importlib.util.find_spec(_NEEDED[name]) is not None
    if not there:
        print(f"{name} is left out: {_NEEDED[name]} is not installed")
    return there


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("TMVALITE_DATA", "."), help="folder of the data files")
    parser.add_argument("--tables", default="jets,higgs,class,reg,cfd,masses,jagged,tiny")
    parser.add_argument("--codecs", default=",".join(CODECS))
    parser.add_argument("--bounds", default="0.1,0.01,0.001,0.0001")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", help="file for the figures")
    options = parser.parse_args(argv)
    rows = []
    print(f"{'table':8s}{'bound':>8s} {'codec':17s}{'bytes':>11s}{'ratio':>8s}{'MB/s in':>9s}{'MB/s out':>9s}{'beyond':>8s}")
    codecs = [name for name in options.codecs.split(",") if _installed(name)]
    for name in options.tables.split(","):
        columns = TABLES[name](Path(options.data))
        for bound in map(float, options.bounds.split(",")):
            for which in codecs:
                found = measure(columns, which, bound, options.rounds)
                rows.append({"table": name, "bound": bound, "codec": which} | found)
                fast = "" if found["unpack"] is None else f"{found['raw'] / 1e6 / max(found['unpack'], 1e-9):.1f}"
                speed = f"{found['raw'] / 1e6 / max(found['pack'], 1e-9):9.1f}{fast:>9s}"
                bad = "" if found["beyond"] is None else str(found["beyond"])
                sizes = f"{found['bytes']:11d}{found['raw'] / found['bytes']:8.2f}"
                print(f"{name:8s}{bound:8g} {which:17s}{sizes}{speed}{bad:>8s}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
