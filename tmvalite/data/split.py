"""Which events train and which test: TMVA's numbers, TMVA's order, TMVA's random stream.

One generator serves the whole data set, in this order: a shuffle of the free events of every class, then class by
class the shortening of the training and of the test sample, then the mixing of the classes in both samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.constants import VERBOSE_LEVELS
from tmvalite.data.root_random import TRandom3
from tmvalite.errors import DataError, Diagnostics, OptionError, Source
from tmvalite.string_utils.option_table import OptionTable
from tmvalite.string_utils.option_values import DeclaredOption

FREE, TRAIN, TEST = 0, 1, 2  # where the tree of an event sends it
POSITION = np.uint32  # of an event; the generator has no more numbers than that
SPLIT_MODES = ("Random", "Alternate", "Block")
MIX_MODES = ("SameAsSplitMode", *SPLIT_MODES)
MEMORY = 400  # MB
NORM_MODES = ("None", "NumEvents", "EqualNumEvents")


@dataclass(frozen=True)
class SplitOptions:
    """The options of PrepareTrainingAndTestTree.

    `memory` is in MB. `n_train`, `n_test` and `train_fraction` are by class name; 0 or absent means "as many as there are".
    """

    split_mode: str = "Random"
    mix_mode: str = "SameAsSplitMode"
    split_seed: int = 100
    norm_mode: str = "EqualNumEvents"
    scale_with_presel_eff: bool = False
    n_train: Mapping[str, int] = field(default_factory=dict)
    n_test: Mapping[str, int] = field(default_factory=dict)
    train_fraction: Mapping[str, float] = field(default_factory=dict)
    verbose: bool = False
    correlations: bool = True
    calc_correlations: bool = True
    streaming: bool = False
    memory: int = MEMORY

    @property
    def mixing(self) -> str:
        """The mode by which the classes are mixed."""
        return self.split_mode if self.mix_mode == "SameAsSplitMode" else self.mix_mode


def split_table(classes: Sequence[str]) -> OptionTable:
    """The options that PrepareTrainingAndTestTree understands for these classes."""
    by_key = {}
    for name in classes:
        if by_key.setdefault(name.lower(), name) != name:
            raise OptionError(
                f"classes '{by_key[name.lower()]}' and '{name}' differ in case only, and options ignore the case",
                code="class-case",
                hint="rename one of them",
            )
    options = [
        DeclaredOption("SplitMode", str, "Random", "how free events are divided into training and test", SPLIT_MODES),
        DeclaredOption("MixMode", str, "SameAsSplitMode", "how the classes are mixed", MIX_MODES),
        DeclaredOption("SplitSeed", int, 100, "seed of the random split; 0 draws one", minimum=0),
        DeclaredOption("NormMode", str, "EqualNumEvents", "how training weights are normalised", NORM_MODES),
        DeclaredOption("ScaleWithPreselEff", bool, False, "multiply requested numbers by the efficiency of the cut"),
        DeclaredOption("V", bool, False, "print more"),
        DeclaredOption("VerboseLevel", str, "Info", "what V prints", VERBOSE_LEVELS),
        DeclaredOption("Correlations", bool, True, "print correlation matrices"),
        DeclaredOption("CalcCorrelations", bool, True, "compute correlation matrices"),
        DeclaredOption("Streaming", bool, False, "leave the training events in their files where they do not fit into memory"),
        DeclaredOption("StreamingMemory", int, MEMORY, "MB for the buffers of such a training", minimum=1),
    ]
    for name in classes:
        options += [
            DeclaredOption(f"nTrain_{name}", int, 0, f"training events of class {name}; 0 for all", minimum=0),
            DeclaredOption(f"nTest_{name}", int, 0, f"test events of class {name}; 0 for all", minimum=0),
            DeclaredOption(f"TrainTestSplit_{name}", float, 0.0, f"fraction of class {name} that trains"),
        ]
    return OptionTable(*options)


def read_split_options(
    text: str | Source,
    classes: Sequence[str],
    keywords: Mapping[str, object] | None = None,
    diagnostics: Diagnostics | None = None,
) -> SplitOptions:
    """Understand the option string of PrepareTrainingAndTestTree for these classes.

    Raises OptionError: an unknown option or class, a value that cannot be.

    >>> read_split_options("nTrain_Signal=1000:SplitMode=Block", ["Signal", "Background"]).n_train["Signal"]
    1000
    """
    bound = split_table(classes).bind(text, keywords, diagnostics)
    values = bound.values
    fractions = {}
    for name in classes:
        option = f"TrainTestSplit_{name}"
        fractions[name] = values[option]
        if not 0.0 <= values[option] < 1.0:
            source, span = bound.place(option)
            raise OptionError(
                f"{option} cannot be {values[option]:g}",
                code="range",
                source=source,
                span=span,
                expected="a fraction above 0 and below 1",
            )
    if values.SplitSeed > 2**32 - 1:
        source, span = bound.place("SplitSeed")
        raise OptionError(
            f"SplitSeed cannot be {values.SplitSeed}", code="range", source=source, span=span, expected="at most 4294967295"
        )
    return SplitOptions(
        values.SplitMode,
        values.MixMode,
        values.SplitSeed,
        values.NormMode,
        values.ScaleWithPreselEff,
        {name: values[f"nTrain_{name}"] for name in classes},
        {name: values[f"nTest_{name}"] for name in classes},
        fractions,
        values.V,
        values.Correlations,
        values.CalcCorrelations,
        values.Streaming,
        values.StreamingMemory,
    )


@dataclass(frozen=True)
class Numbers:
    """Events of one class: how many are put into each sample, and how many stay there in the end."""

    to_train: int
    to_test: int
    keep_train: int
    keep_test: int


def class_numbers(r: int, s: int, u: int, train: int, test: int, class_name: str) -> Numbers:
    """How many events of a class train and test.

    Parameters
    ----------
    r, s, u : int
        Events that must train, that must test, that are free.
    train, test : int
        Requested numbers, 0 for "as many as there are".

    Raises
    ------
    DataError
        More requested than there are.
    """
    if train == test == 0:
        if u >= abs(r - s):
            half = (r + s + u) // 2
            return Numbers(half, half, half, half)
        numbers = (r + u, s) if r < s else (r, s + u)
        return Numbers(*numbers, *numbers)
    if test == 0:
        _check(max(train, r) - r, u, train, r, "train on", class_name)
        n_train = max(train, r)
        return Numbers(n_train, r + s + u - n_train, train, r + s + u - n_train)
    if train == 0:
        _check(max(test, s) - s, u, test, s, "test on", class_name)
        n_test = max(test, s)
        return Numbers(r + s + u - n_test, n_test, r + s + u - n_test, test)
    wanted = max(train - r, 0) + max(test - s, 0)
    if wanted > u:
        raise DataError(
            f"class '{class_name}' has {r + s + u} events after cuts, but {train} + {test} to train and test on are requested",
            code="data-too-few-events",
            hint=f"lower nTrain_{class_name} or nTest_{class_name}",
        )
    n_train = max(train, r) + (u - wanted) // 2
    return Numbers(n_train, r + s + u - n_train, train, test)


def _check(wanted: int, free: int, requested: int, given: int, what: str, class_name: str) -> None:
    if wanted > free:
        raise DataError(
            f"class '{class_name}' has {given + free} events after cuts to {what}, but {requested} are requested",
            code="data-too-few-events",
            hint=f"lower {'nTrain' if what == 'train on' else 'nTest'}_{class_name}",
        )


def split_classes(
    kinds: Sequence[np.ndarray], efficiencies: Sequence[float], classes: Sequence[str], options: SplitOptions, generator: TRandom3
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training and test events of every class, as positions among the events of the class.

    Parameters
    ----------
    kinds : list of (n,) int
        For every class, where the tree of each event sends it: FREE, TRAIN or TEST.
    efficiencies : list of float
        Unweighted efficiency of the cut of every class.
    """
    shares = []
    for kind in kinds:
        train, test, free = (_positions(kind, where) for where in (TRAIN, TEST, FREE))
        if options.split_mode == "Random":
            order = generator.shuffle(len(free))
            free = order if len(free) == len(kind) else free[order]
        shares.append((train, test, free))
    samples = []
    for name, (train, test, free), efficiency in zip(classes, shares, efficiencies, strict=True):
        numbers = _numbers_of(name, len(train), len(test), len(free), efficiency, options)
        if options.split_mode == "Alternate":
            more_train, more_test = _alternate(free, numbers.keep_train - len(train))
        else:
            n = max(0, numbers.to_train - len(train))
            more_train, more_test = free[:n], free[n : n + max(0, numbers.to_test - len(test))]
        train, test = (b if not len(a) else np.concatenate((a, b)) for a, b in ((train, more_train), (test, more_test)))
        samples.append(
            (_shorten(train, numbers.keep_train, options, generator), _shorten(test, numbers.keep_test, options, generator))
        )
    return samples


def _positions(kind: np.ndarray, where: int) -> np.ndarray:
    chosen = kind == where
    return np.arange(len(kind), dtype=POSITION) if chosen.all() else np.flatnonzero(chosen).astype(POSITION)


def _numbers_of(name: str, r: int, s: int, u: int, efficiency: float, options: SplitOptions) -> Numbers:
    scale = efficiency if options.scale_with_presel_eff else 1.0
    train, test = int(options.n_train.get(name, 0) * scale), int(options.n_test.get(name, 0) * scale)
    fraction = options.train_fraction.get(name, 0.0)
    if fraction > 0.0:
        train, test = int(fraction * (r + s + u)), 0
        if train == 0:
            raise DataError(
                f"TrainTestSplit_{name}={fraction:g} of {r + s + u} events leaves none to train on", code="data-too-few-events"
            )
    return class_numbers(r, s, u, train, test, name)


def _alternate(free: np.ndarray, n_train: int) -> tuple[np.ndarray, np.ndarray]:
    """One event trains, the next tests, until n_train train; the others test."""
    position = np.arange(len(free))
    trains = (position % 2 == 0) & (position // 2 < n_train)
    return free[trains], free[~trains]


def _shorten(sample: np.ndarray, keep: int, options: SplitOptions, generator: TRandom3) -> np.ndarray:
    excess = len(sample) - keep
    if excess <= 0:
        return sample
    if options.split_mode != "Random":
        return sample[:keep]
    stays = np.ones(len(sample), bool)
    stays[generator.shuffle(len(sample))[:excess]] = False
    return sample[stays]


def mix_classes(lengths: Sequence[int], mode: str, generator: TRandom3) -> np.ndarray:
    """The order of the events of all classes; events are counted class after class.

    Random shuffles, Block leaves them class after class, Alternate takes one of every class in turn while all last.
    """
    total = int(sum(lengths))
    if mode == "Random":
        return generator.shuffle(total)
    order = np.arange(total, dtype=POSITION)
    if mode == "Block":
        return order
    starts = np.concatenate(([0], np.cumsum(lengths)))
    mixed = order[: lengths[0]]
    for i in range(1, len(lengths)):
        added = order[starts[i] : starts[i + 1]]
        n = min(len(mixed) // i, len(added))  # one of the new class after every i of the others
        turns = np.column_stack((mixed[: n * i].reshape(n, i), added[:n])).reshape(-1)
        mixed = np.concatenate((turns, mixed[n * i :], added[n:]))
    return mixed
