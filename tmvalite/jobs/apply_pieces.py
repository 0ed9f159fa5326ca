"""An application of trained methods in pieces: every output file is the task of one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tmvalite.application.applying import apply
from tmvalite.application.output_plan import input_tables, output_files

FORMAT = "apply"


@dataclass(frozen=True)
class AppliedPieces:
    """Output files that are all there."""

    files: tuple[str, ...]

    def as_json(self) -> dict:
        return {"files": list(self.files)}

    def __str__(self):
        return f"{len(self.files)} files in {os.path.commonpath([os.path.dirname(path) for path in self.files])}"


@dataclass(frozen=True)
class ApplyPlan:
    """What is cut into pieces: the arguments of `apply`, but those of the process, and the output files."""

    folder: str
    given: Mapping[str, Any]
    files: tuple[str, ...]
    pieces: int

    def content(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "format": FORMAT,
            "folder": self.folder,
            "given": dict(self.given),
            "files": list(self.files),
            "pieces": self.pieces,
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> ApplyPlan:
        """That of `content`."""
        return cls(content["folder"], content["given"], tuple(content["files"]), int(content["pieces"]))

    def mine(self, piece: int) -> range:
        """The output files of a piece, by number."""
        return range(len(self.files) * piece // self.pieces, len(self.files) * (piece + 1) // self.pieces)

    def names_of(self, piece: int) -> str:
        return ", ".join(os.path.basename(self.files[i]) for i in self.mine(piece))

    def is_done(self, folder: str, piece: int) -> bool:
        """Whether all files of a piece are there; each is written whole or not at all."""
        return all(os.path.exists(os.path.join(self.folder, self.files[i])) for i in self.mine(piece))

    def run(self, folder: str, piece: int, digest: str, write: Callable[[str], None]) -> tuple[str, bool]:
        """Write the files of a piece that are not there; returns the folder that they are in, and whether all were there."""
        path = os.path.abspath(str(self.given["output"]))
        missing = [self.files[i] for i in self.mine(piece) if not os.path.exists(self.files[i])]
        if missing:
            write(str(apply(**self.given, only=missing)))
        return path, not missing

    def together(self, folder: str, digest: str, page: str | None) -> AppliedPieces:
        """The files, which are all there."""
        return AppliedPieces(tuple(os.path.join(self.folder, path) for path in self.files))


def make_apply_plan(given: Mapping[str, Any], pieces: int | None) -> ApplyPlan:
    """Look into the inputs and cut the work into pieces, by default one for each output file. Raises what `apply` raises."""
    files = tuple(file.path for file in output_files(input_tables(given["inputs"]), given["output"], force=False))
    return ApplyPlan(os.getcwd(), given, files, min(pieces or len(files), len(files)))
