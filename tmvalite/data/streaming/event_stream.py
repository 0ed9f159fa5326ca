"""A sample described by files, trees, expressions, cuts and weights: what `fit` takes in place of arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmvalite.data.dataset import TreeInput
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.tables import SIGNAL_NAMES
from tmvalite.errors import DataError, OptionError, did_you_mean

MEMORY = "400 MB"
_MEMORY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*", re.IGNORECASE)
_FACTORS = {"": 1e6, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}  # a plain number is MB
LEAST_MEMORY = 1_000_000


@dataclass(frozen=True)
class EventStream:
    """A sample in files, which may be larger than memory: `method.fit(EventStream(...))`.

    Where the events fit into half of `memory` they are read once and trained as arrays are, with the same bits. Otherwise each
    epoch reads them again, in pieces that are shuffled in two buffers.

    Parameters
    ----------
    classes : mapping
        Class name -> its files: `file.root:tree`, a pattern such as `data/*.root:tree`, a Parquet file, a table, a pair (any of
        these, factor of the weights), or a list of all these. Of two classes the signal is that of `fit(signal=...)`, or what is
        called Signal, else the first one. A regression has no names: the files alone.
    variables : sequence of str
        `expression` or `label := expression`, as AddVariable takes them.
    targets : sequence of str
        Of a regression.
    cut, weight : str or mapping
        Expressions, for every class or by class name.
    memory : str
        For the buffers of the training: "400 MB", "2 GB".

    Raises
    ------
    OptionError
        A memory that cannot be read.
    DataError
        No variables or no files, or a cut or weight of a class that is not there.

    Examples
    --------
    >>> stream = EventStream({"Signal": ["a.root:t", ("b.root:t", 0.5)], "Background": "c*.root:t"}, ["pt", "m := sqrt(e*e-p*p)"])
    >>> stream.info().classes, len(stream.inputs()), stream.bytes
    (('Signal', 'Background'), 3, 400000000)
    """

    classes: Any
    variables: Sequence[str]
    targets: Sequence[str] = ()
    cut: str | Mapping[str, str] = ""
    weight: str | Mapping[str, str] = ""
    memory: str | int | float = MEMORY

    def __post_init__(self):
        if not self.variables or isinstance(self.variables, str):
            expected = "a list of expressions, such as ['pt', 'eta']"
            raise DataError("there are no variables", code="data-no-variables", expected=expected)
        if isinstance(self.classes, list | tuple | dict) and not self.classes:
            raise DataError("there are no trees", code="data-no-trees")
        memory_bytes(self.memory)

    @property
    def has_classes(self) -> bool:
        """Whether the files have names of classes."""
        return isinstance(self.classes, Mapping)

    @property
    def bytes(self) -> int:
        """The memory."""
        return memory_bytes(self.memory)

    def info(self, signal: str | None = None, without: str = "Regression") -> DataSetInfo:
        """Names, the signal first: `signal`, or what is called Signal. `without` names the class where there are none."""
        classes = tuple(map(str, self.classes)) if self.has_classes else (without,)
        if signal is not None and signal not in classes:
            hint = did_you_mean(str(signal), classes)
            raise DataError(f"the signal {signal!r} is no class", code="data-signal", expected=classes, hint=hint)
        first = signal or next((name for name in classes if len(classes) == 2 and name.lower() in SIGNAL_NAMES), classes[0])
        ordered = (first, *(name for name in classes if name != first))
        variables, targets = (tuple(declare(text) for text in texts) for texts in (self.variables, self.targets))
        return DataSetInfo(variables, targets, (), ordered)

    def inputs(self, without: str = "Regression") -> list[TreeInput]:
        """The files of every class."""
        given = self.classes if self.has_classes else {without: self.classes}
        return [one for name, sources in given.items() for one in _inputs(sources, str(name), 1.0)]

    def by_class(self, what: str, without: str = "Regression") -> dict[str, str]:
        """The cuts or weights ("cut", "weight") by class."""
        given = getattr(self, what)
        classes = list(map(str, self.classes)) if self.has_classes else [without]
        if not isinstance(given, Mapping):
            return dict.fromkeys(classes, str(given))
        unknown = next((name for name in given if name not in classes), None)
        if unknown is not None:
            hint = did_you_mean(str(unknown), classes)
            message = f"the {what} is for class '{unknown}', which does not exist"
            raise DataError(message, code="class-unknown", expected=tuple(classes), hint=hint)
        return {str(name): str(text) for name, text in given.items()}


def _inputs(source, class_name: str, weight: float) -> list[TreeInput]:
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[1], int | float):
        return _inputs(source[0], class_name, weight * float(source[1]))
    if isinstance(source, list | tuple):
        return [one for part in source for one in _inputs(part, class_name, weight)]
    return [TreeInput(source, class_name, weight)]


def memory_bytes(memory: str | int | float) -> int:
    """The bytes of "400 MB", or of a number of MB. Raises OptionError.

    >>> memory_bytes("1.5 GB"), memory_bytes(400)
    (1500000000, 400000000)
    """
    found = _MEMORY.fullmatch(str(memory))
    size = int(float(found[1]) * _FACTORS[found[2].upper()]) if found else 0
    if size < LEAST_MEMORY:
        message = f"the memory {memory!r} is {'less than 1 MB' if found else 'no size'}"
        raise OptionError(message, code="stream-memory", expected="such as '400 MB' or '2 GB'")
    return size
