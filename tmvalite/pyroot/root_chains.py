"""TChain and TNtuple: trees of several files, and trees of plain numbers."""

from __future__ import annotations

import numpy as np

from tmvalite.data.sources import open_table
from tmvalite.pyroot.root_system import matching
from tmvalite.pyroot.root_trees import TTree


class TChain(TTree):
    """TChain(name): trees of this name in several files, one after the other."""

    def __init__(self, name="", title="", *others):
        super().__init__(name, title)
        self._directory = None
        self._files: list[str] = []

    def Add(self, path, *others) -> int:
        """Add a file, a pattern such as "data/*.root" or "file.root/tree", or another chain; the number of files added."""
        if isinstance(path, TChain):
            added = list(path._files)
        else:
            text = str(path)
            at = text.rfind(".root/")
            text, inside = (text[: at + 5], text[at + 6 :]) if at >= 0 else (text, self._name)
            added = [f"{file}:{inside}" for file in matching(text)]
        self._files += added
        self._stored = open_table(list(self._files)) if self._files else None
        self._columns.clear()
        return len(added)

    AddFile = Add

    def GetNtrees(self) -> int:
        """The number of files."""
        return len(self._files)

    def _stored_free(self) -> bool:
        return False


class TNtuple(TTree):
    """TNtuple(name, title, "x:y:z"): a tree of numbers, filled by Fill(x, y, z)."""

    def __init__(self, name, title, variables, *others):
        super().__init__(name, title)
        self._row = {part: np.zeros(1, np.float32) for part in str(variables).split(":")}
        for part, array in self._row.items():
            self.Branch(part, array, f"{part}/F")

    def Fill(self, *values) -> int:
        """Add an event with these numbers."""
        for array, value in zip(self._row.values(), values):
            array[0] = value
        return super().Fill()
