"""What an archive states of one column, and of the model that restores some of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tmvalite.compression.bound import Bound


@dataclass(eq=False)
class ModelRecord:
    """The model of an archive.

    file, sha256 : str
        Name of its weight file without folders, and the SHA-256 of that file in hexadecimal.
    variables : list of str
    latent : int
        Q.
    embedded : str
        "" or what the archive holds of it: "decoder" or "model".

    Without a model all of them are empty.
    """

    file: str = ""
    sha256: str = ""
    variables: list[str] = field(default_factory=list)
    latent: int = 0
    embedded: str = ""


@dataclass(eq=False)
class ColumnRecord:
    """One column of the table.

    name, dtype : str
        dtype as numpy writes it, with the byte order: "<f4", "|b1", ">i2", "<U7".
    shape : tuple of int
        Of one event: () for a number; of one element where their number varies.
    varying : bool
        Whether events have varying numbers of elements.
    start : int
        Position of its first variable of the model; -1: the model does not restore it, its values or steps are in the archive.
    digits : int
        Significant digits with which a text file states it, 0 elsewhere.
    bound : Bound or None
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    varying: bool = False
    start: int = -1
    digits: int = 0
    bound: Bound | None = None

    @property
    def lossy(self) -> bool:
        """Whether entries may come back changed: the model restores them, or they have a bound."""
        return self.start >= 0 or (self.bound is not None and self.bound.value > 0.0)

    @property
    def width(self) -> int:
        """Numbers of one event, or of one element."""
        return math.prod(self.shape)
