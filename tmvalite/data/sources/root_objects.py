"""Trees of PyROOT: TTree, TNtuple and TChain objects of a ROOT that the user imported.

What is in a file is read from the file through uproot; a tree in memory, or of a file that is being written, goes through a
copy in memory. Aliases and friends are those of the object, whatever its file says.
"""

from __future__ import annotations

import io
import sys

import numpy as np

from tmvalite.data.columns import Table
from tmvalite.data.sources.base import TableSource, module_of, register
from tmvalite.data.sources.chained import chained
from tmvalite.data.sources.linked import LinkedTable
from tmvalite.data.sources.root import RootTable, open_root_path
from tmvalite.errors import DataError


def open_pyroot_tree(tree) -> list[Table]:
    """The tree, or the trees of a chain one after the other.

    Raises
    ------
    DataError
        A null object, as Get gives for a name that is not there; an object that is no tree; a file that cannot be read.
    """
    kind = str(getattr(type(tree), "__cpp_name__", type(tree).__name__))
    if not tree:
        raise DataError("the tree is a null object of ROOT", code="tree-none", hint="was it found in its file?")
    if not hasattr(tree, "GetListOfBranches"):
        raise DataError(f"an object of type {kind} is no table of events", code="data-source", expected="a TTree or a TChain")
    parts = _parts(tree)
    aliases = {str(alias.GetName()): str(alias.GetTitle()) for alias in tree.GetListOfAliases() or ()}
    found = {str(one.GetName()): one.GetTree() for one in tree.GetListOfFriends() or ()}
    friends = {name: friend for name, friend in found.items() if friend}  # ROOT goes on without one that it does not find
    if not aliases and not friends:
        return parts
    opened = {name: chained(open_pyroot_tree(friend)) for name, friend in friends.items()}
    return [LinkedTable(chained(parts), aliases, opened, str(tree.GetName()))]


def _parts(tree) -> list[Table]:
    if tree.InheritsFrom("TChain"):
        files = [(str(one.GetTitle()), str(one.GetName())) for one in tree.GetListOfFiles()]
        if not files:
            raise DataError("the chain has no files", code="data-tree-missing", hint="call Add(file) first")
        return [table for path, name in files for table in open_root_path(f"{path}:{name}")]
    file = tree.GetCurrentFile()
    if file and not file.IsWritable() and not file.InheritsFrom("TMemFile"):
        inside = str(tree.GetDirectory().GetPath()).partition(":")[2].strip("/")
        return open_root_path(f"{file.GetName()}:{inside}/{tree.GetName()}" if inside else f"{file.GetName()}:{tree.GetName()}")
    return [_copied(tree)]


def _copied(tree) -> Table:
    """A tree that no finished file has, through a file in memory."""
    import uproot

    ROOT = sys.modules["ROOT"]
    context = ROOT.TDirectory.TContext()
    memory = ROOT.TMemFile("tmvalite_copy.root", "RECREATE")
    try:
        copy = tree.CloneTree(-1)
        copy.SetDirectory(memory)
        copy.Write("", ROOT.TObject.kOverwrite)
        memory.Write("", ROOT.TObject.kOverwrite)
        content = np.zeros(int(memory.GetSize()), np.uint8)
        memory.CopyTo(content, len(content))
    finally:
        memory.Close()
        context.__destruct__()
    file = uproot.open(io.BytesIO(content.tobytes()), minimal_ttree_metadata=False)
    return RootTable(file[str(tree.GetName())], f"the tree '{tree.GetName()}' in memory")


register(TableSource("a TTree of PyROOT", lambda source: module_of(source) == "cppyy", open_pyroot_tree))
