"""What an archive states of one column, and of the model that restores some of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)
class ModelRecord:
    """The model of an archive.

    file, sha256 : str
        Name of its weight file without folders, and the SHA-256 of that file in hexadecimal.
    variables : list of str
    latent : int
        Q.
    embedded : str
        "" or what the part `model` holds: "decoder" or "model".

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
        Of one event: () for a number.
    start : int
        Position of its first variable of the model; -1: the model does not restore it, its values or steps are in the archive.
    digits : int
        Significant digits with which a text file states it, 0 elsewhere.
    whole : bool
        Whether a column of floats is rounded to whole numbers.
    sha256 : str
        Of the restored values, little-endian.
    correction : dict or None
        How entries are corrected: see `bound.py`.
    steps : dict or None
        mode, size, exponent and special of `steps.py` (the last two if they are not 0), the lowest number `low`, and
        `prediction` of `predictors.py`, if there is one.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    start: int = -1
    digits: int = 0
    whole: bool = False
    sha256: str = ""
    correction: dict | None = None
    steps: dict | None = None

    @property
    def lossy(self) -> bool:
        """Whether entries may come back changed: the model restores them, or they are steps wider than whole numbers."""
        return self.start >= 0 or (self.steps is not None and (self.steps["mode"], self.steps["size"]) != ("step", 1.0))

    @property
    def width(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))
