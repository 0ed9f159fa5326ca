"""TTree: a tree of a file, or one that a script fills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.data.columns import ArrayTable, Column, Table
from tmvalite.data.sources import open_table
from tmvalite.data.sources.arrays import to_column
from tmvalite.data.sources.base import TableSource, register
from tmvalite.data.sources.linked import LinkedTable
from tmvalite.io.branch_columns import BranchColumns
from tmvalite.pyroot.branch_buffers import BranchBuffer, put_values
from tmvalite.pyroot.current import CURRENT
from tmvalite.pyroot.messages import Error
from tmvalite.pyroot.tree_drawing import draw_tree, selected

MISSING_BRANCH = -5  # ROOT's answer


@dataclass(frozen=True)
class TBranch:
    """A branch, as GetListOfBranches lists it."""

    name: str

    def GetName(self) -> str:
        """The name of the branch."""
        return self.name

    GetTitle = GetName


class TTree:
    """TTree(name, title): Branch and Fill make events; a tree of a file comes from TFile.Get. A DataLoader takes both.

    After GetEntry(i), and in `for event in tree`, `tree.branch` is the value of the event.
    """

    def __init__(self, name="", title="", *others):
        self._name, self._title = str(name), str(title)
        self._stored: Table | None = None  # of a file
        self._buffers: dict[str, BranchBuffer] = {}
        self._n_filled = 0
        self._addresses: dict[str, object] = {}
        self._aliases: dict[str, str] = {}
        self._friends: dict[str, TTree] = {}
        self._columns: dict[str, Column] = {}  # read already
        self._entry = -1
        self._directory = None
        if CURRENT.directory is not None:
            self.SetDirectory(CURRENT.directory)

    @classmethod
    def of_table(cls, table: Table, name: str, directory=None) -> TTree:
        """A tree of a file."""
        tree = cls.__new__(cls)
        TTree.__init__(tree, name, getattr(table, "title", ""))
        tree._stored, tree._directory = table, directory
        return tree

    def table(self) -> Table:
        """Its events as a table of columns, with the columns of friends and with aliases."""
        table = self._stored_table()
        if not self._aliases and not self._friends:
            return table
        friends = {name: friend.table() for name, friend in self._friends.items()}
        return LinkedTable(table, self._aliases, friends, self._name, keeps_friends=True)

    def _stored_table(self) -> Table:
        if self._stored is not None:
            return self._stored
        where = f"the tree '{self._name}' in memory"
        columns = {name: to_column(buffer.values(), name, where) for name, buffer in self._buffers.items()}
        return ArrayTable(columns, self._n_filled, where)

    def content(self) -> BranchColumns:
        """What a file keeps of it."""
        if self._stored is None:
            return BranchColumns({name: buffer.values() for name, buffer in self._buffers.items()}, title=self._title)
        names = self._stored.branches() if hasattr(self._stored, "branches") else self._stored.keys()
        read = self._stored.read(list(names))
        columns = {n: c.values if c.offsets is None else np.split(c.values, c.offsets[1:-1]) for n, c in read.items()}
        return BranchColumns(columns, title=self._title)

    # Names

    def GetName(self) -> str:
        """The name of the tree."""
        return self._name

    def SetName(self, name) -> None:
        """Change the name."""
        self._name = str(name)

    def GetTitle(self) -> str:
        """The title of the tree."""
        return self._title

    def GetEntries(self, selection="") -> int:
        """The number of events, or of those that pass a selection."""
        return int(np.count_nonzero(selected(self.table(), str(selection)))) if str(selection).strip() else self.n_entries

    GetEntriesFast = GetEntries

    @property
    def n_entries(self) -> int:
        return self._n_filled if self._stored is None else self._stored.n_entries

    def __len__(self):
        return self.n_entries

    def __bool__(self):
        return True

    def _branch_names(self) -> list[str]:
        if self._stored is None:
            return list(self._buffers)
        return list(self._stored.branches() if hasattr(self._stored, "branches") else self._stored.keys())

    def GetListOfBranches(self) -> list[TBranch]:
        """The branches; each has GetName()."""
        return [TBranch(name) for name in self._branch_names()]

    GetListOfLeaves = GetListOfBranches

    def GetBranch(self, name) -> TBranch | None:
        """The branch of this name, or None."""
        return TBranch(str(name)) if str(name) in self._branch_names() else None

    GetLeaf = FindBranch = GetBranch

    def Print(self, option="") -> None:
        """Print name, number of events and branches."""
        print(f"*Tree    :{self._name:<10}: {self._title}\n*Entries : {self.n_entries}")
        for i, name in enumerate(self._branch_names()):
            print(f"*Br {i:4} :{name}")

    # Reading events

    def SetBranchAddress(self, name, address, *others) -> int:
        """Let GetEntry put the values of a branch into an array or a std.vector. 0, or -5 where there is no such branch."""
        name = str(name)
        if name not in self.table().keys() and name not in self._friend_names():
            Error("TTree::SetBranchAddress", f"unknown branch -> {name}")
            return MISSING_BRANCH
        self._addresses[name] = address
        return 0

    def SetBranchStatus(self, name, status=True, *found) -> None:
        """Nothing: what is not asked for is not read."""

    def ResetBranchAddresses(self) -> None:
        """Fill no arrays any more."""
        self._addresses.clear()

    def GetEntry(self, entry=0, getall=0) -> int:
        """Read an event into the arrays of SetBranchAddress; 0 where there is no such event, else the bytes that were read."""
        if not 0 <= entry < self.n_entries:
            return 0
        self._entry = int(entry)
        n_bytes = 0
        for name, address in self._addresses.items():
            values = self._values_of(name)
            put_values(address, values, name)
            n_bytes += np.asarray(values).nbytes
        return n_bytes or 1

    def LoadTree(self, entry) -> int:
        """The same number where there is such an event, else -2."""
        return int(entry) if 0 <= entry < self.n_entries else -2

    def _friend_names(self) -> list[str]:
        table = self.table()
        return table.friend_keys() if hasattr(table, "friend_keys") else []

    def _values_of(self, name: str):
        """The value of a branch in the current event: a number, or an array."""
        if self._stored is None and name in self._buffers:
            return self._buffers[name].entries[self._entry]
        if name not in self._columns:
            self._columns[name] = self.table().read([name])[name]
        column = self._columns[name]
        if column.offsets is not None:
            return column.values[column.offsets[self._entry] : column.offsets[self._entry + 1]]
        return column.values[self._entry]

    def __iter__(self) -> Iterator[TTree]:
        for entry in range(self.n_entries):
            self.GetEntry(entry)
            yield self

    def __getattr__(self, name: str):
        if name.startswith("_") or name not in (*self._branch_names(), *self._friend_names()):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)
        self._entry = max(self._entry, 0)
        values = self._values_of(name)
        return values.item() if np.ndim(values) == 0 else values

    # Filling

    def Branch(self, name, *given) -> TBranch:
        """Branch(name, array, "x/F"), Branch(name, vector) or Branch(name, "std::vector<float>", vector).

        Raises DataError for something whose value cannot change, such as a number: give an array('f', [0.0]).
        """
        name, others = str(name), [one for one in given if not isinstance(one, int) or isinstance(one, bool)]
        address = next((one for one in others if not isinstance(one, str)), given[0] if given else None)
        leaves = next((one for one in others if isinstance(one, str) and "<" not in one), "")
        counter = self._buffers.get(leaves.partition("[")[2].partition("]")[0])
        self._buffers[name] = BranchBuffer(name, address, leaves, counter)
        return TBranch(name)

    def Fill(self) -> int:
        """Add an event with the present values of all branches."""
        n_bytes = sum(buffer.fill() for buffer in self._buffers.values())
        self._n_filled += 1
        return n_bytes

    def SetDirectory(self, directory) -> None:
        """The folder of a file to which it belongs; None for none."""
        self._directory = directory or None
        if self._directory is not None and self._stored_free():
            directory._file.attach(self)

    def _stored_free(self) -> bool:
        return self._stored is None

    def Write(self, name="", *others) -> int:
        """Write it into its folder, or into the current file."""
        directory = self._directory or CURRENT.directory
        if directory is None:
            Error("TTree::Write", f"no file is open for writing: '{self._name}' is not written")
            return 0
        return directory.WriteObject(self, str(name or self._name))

    def Reset(self, option="") -> None:
        """Forget all events."""
        self._n_filled = 0
        for buffer in self._buffers.values():
            buffer.entries.clear()

    def AutoSave(self, option="") -> int:
        """Nothing: Write() or Close() of the file writes it."""
        return 0

    def GetCurrentFile(self):
        """The file that it belongs to, or None."""
        return None if self._directory is None else self._directory._file

    def GetDirectory(self):
        """The folder that it belongs to, or None."""
        return self._directory

    # Names for expressions

    def SetAlias(self, name, expression) -> bool:
        """Let a name stand for an expression."""
        self._aliases[str(name)] = str(expression)
        self._columns.clear()
        return True

    def GetAlias(self, name) -> str | None:
        """The expression that a name stands for, or None."""
        return self._aliases.get(str(name))

    def AddFriend(self, tree, file="") -> None:
        """AddFriend(tree, name) or AddFriend("name", "file.root"): let the columns of another tree count as its own."""
        if isinstance(tree, TTree):
            name, friend = str(file) or tree.GetName(), tree
        else:
            name, _, inside = str(tree).partition("=")
            name, inside = name.strip(), (inside or name).strip()
            path = str(file.GetName() if hasattr(file, "GetName") else file) or self._directory._file.GetName()
            friend = TTree.of_table(open_table(f"{path}:{inside}"), inside)
        self._friends[name] = friend
        self._columns.clear()

    def GetListOfFriends(self) -> list[TTree]:
        """The friends that were added."""
        return list(self._friends.values())

    def Draw(self, expression, selection="", option="", *others) -> int:
        """A histogram of an expression, `x>>h(50,0,1)` or `y:x`, on the current canvas; the number of events in it."""
        return draw_tree(self.table(), str(expression), str(selection), str(option))


register(TableSource("a TTree of tmvalite.pyroot", lambda source: isinstance(source, TTree), lambda tree: tree.table()))
