"""TFile and TDirectory: files that are read through uproot, and written whole when something was put into them."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass

from tmvalite.data.sources import open_table
from tmvalite.errors import MissingExtraError
from tmvalite.io.root_file import RootFile
from tmvalite.pyroot.current import CURRENT, NullObject
from tmvalite.pyroot.root_histograms import TH1, from_uproot
from tmvalite.pyroot.root_system import gSystem
from tmvalite.pyroot.root_trees import TTree


def _uproot():
    try:
        import uproot
    except ImportError:
        raise MissingExtraError("ROOT files need the package uproot", code="missing-extra", hint="pip install uproot") from None
    return uproot


WRITING = ("RECREATE", "NEW", "CREATE", "UPDATE")


@dataclass(frozen=True)
class TKey:
    """A name in a folder, with what it stands for."""

    name: str
    class_name: str
    folder: TDirectory

    def GetName(self) -> str:
        """The name of the object."""
        return self.name

    def GetClassName(self) -> str:
        """The class of the object, as "TTree"."""
        return self.class_name

    def GetTitle(self) -> str:
        """Nothing: the title is the object's."""
        return ""

    def ReadObj(self):
        """The object."""
        return self.folder.Get(self.name)


class TDirectory:
    """A folder of a file."""

    def __init__(self, file: TFile, path: str):
        self._file, self._path = file, path

    def __bool__(self):
        return True

    def __getattr__(self, name: str):
        found = None if name.startswith("_") else self.Get(name)
        if not found:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)
        return found

    def __getitem__(self, name: str):
        found = self.Get(name)
        if not found:
            raise KeyError(name)
        return found

    def _inside(self, name: str) -> str:
        return f"{self._path}/{name}".strip("/")

    def Get(self, name):
        """The tree, histogram, text or folder of this name; a null object, which is false, where there is none."""
        return self._file.read_object(self._inside(str(name)))

    GetObject = Get

    def GetDirectory(self, path):
        """The folder of this path; a null object where there is none."""
        found = self.Get(path)
        return found if isinstance(found, TDirectory) else NullObject()

    def GetListOfKeys(self) -> list[TKey]:
        """What is in the folder, without what is in folders inside it."""
        return [TKey(name, kind, self) for name, kind in self._file.list_objects(self._path)]

    def mkdir(self, name, *title) -> TDirectory:
        """A folder inside this one; it is in the file once something is written into it."""
        return TDirectory(self._file, self._inside(str(name)))

    def cd(self, path="") -> bool:
        """Make it the folder into which Write() writes."""
        CURRENT.directory = self.mkdir(path) if path else self
        return True

    def WriteObject(self, thing, name, option="") -> int:
        """Write an object under a name."""
        self._file.put(self._inside(str(name)), thing)
        return 1

    WriteTObject = WriteObject

    def GetName(self) -> str:
        """The name of the folder."""
        return self._path.rpartition("/")[2]

    def GetPath(self) -> str:
        """File and folder, as "file.root:/folder"."""
        return f"{self._file.GetName()}:/{self._path}"

    def ls(self, option="") -> None:
        """Print names and classes."""
        print(f"{type(self).__name__}**\t\t{self.GetName()}")
        for key in self.GetListOfKeys():
            print(f"  KEY: {key.class_name}\t{key.name}")

    def Print(self, option="") -> None:
        """Print name and place."""
        print(f"{type(self).__name__}: name={self.GetPath()}")


class TFile(TDirectory):
    """TFile(path, mode="READ") or TFile.Open(path, mode="READ"): READ, UPDATE, RECREATE, NEW.

    Raises
    ------
    OSError
        As PyROOT: the file is not there, is no ROOT file or cannot be written.
    """

    def __init__(self, path, mode="READ", *title):
        super().__init__(self, "")
        self._name, mode = gSystem.ExpandPathName(path), (str(mode).upper() or "READ")
        self._writable, self._open = mode in WRITING, True
        self._contents: dict[str, object] = {}  # what is to be written into it
        self._objects: dict[str, object] = {}  # the same as the script knows it
        self._attached: list = []
        self._reader = None
        exists = os.path.exists(self._name)
        if mode in ("NEW", "CREATE") and exists:
            raise OSError(f"Failed to open file {self._name}: it exists already, and {mode} replaces nothing")
        if self._writable and not (mode == "UPDATE" and exists):
            RootFile(self._name).write()  # empty
        else:
            self._read()
        if self._writable:
            CURRENT.directory = self

    @staticmethod
    def Open(path, mode="READ", *others) -> TFile:
        """The same as TFile(path, mode)."""
        return TFile(path, mode)

    @staticmethod
    def SetCacheFileDir(folder, *others) -> bool:
        """Nothing: files are not fetched from the network into a folder."""
        return True

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.Close()

    # Reading

    def _read(self):
        """The file, open for reading, with what was written so far."""
        if self._reader is None:
            try:
                self._reader = _uproot().open(self._name)
            except (OSError, ValueError) as problem:
                reason = str(problem).strip().partition("\n")[0]
                raise OSError(f"Failed to open file {self._name}: {reason or 'it is no ROOT file'}") from problem
        return self._reader

    def read_object(self, path: str):
        """The object of a path inside the file, or a null object."""
        if path in self._objects:
            return self._objects[path]
        reader = self._read()
        kind = reader.classnames(recursive=True, cycle=False).get(path.partition(";")[0])
        if kind is None:
            return NullObject()
        if kind.startswith("TDirectory"):
            return TDirectory(self, path)
        found = reader[path]
        if hasattr(found, "num_entries"):
            return TTree.of_table(open_table(found), path.rpartition("/")[2], self)
        return from_uproot(found) if kind.startswith(("TH1", "TH2")) else found

    def list_objects(self, folder: str) -> list[tuple[str, str]]:
        """(name, class) of everything in a folder."""
        prefix = f"{folder}/" if folder else ""
        kinds = self._read().classnames(recursive=True, cycle=False)
        names = {key.removeprefix(prefix): kind for key, kind in kinds.items() if key.startswith(prefix)}
        return [(name, kind) for name, kind in names.items() if "/" not in name]

    # Writing

    def attach(self, thing) -> None:
        """Remember an object that was made while this file was the current one: Write() of the file writes it."""
        if self._writable and self._open:
            self._attached.append(thing)

    def put(self, path: str, thing) -> None:
        """Put a tree, a histogram or a text into the file; it is on the disk after Write() or Close() of the file."""
        if not (self._writable and self._open):
            raise OSError(f"file {self._name} is not open for writing: '{path}' is not written")
        self._contents[path] = thing.content() if hasattr(thing, "content") else str(thing)
        if isinstance(thing, TTree | TH1):
            self._objects[path] = thing

    def take_results(self, results: RootFile) -> None:
        """Put what a Factory collected into the file, and bring everything to the disk."""
        self._flush()
        file = copy.copy(results)
        file.path, file.keeps = self._name, True
        file.write()
        self._forget_reader()

    def _flush(self) -> None:
        if self._contents:
            file = RootFile(self._name)
            file.objects, file.keeps = dict(self._contents), True
            file.write()
            self._contents.clear()
            self._forget_reader()

    def _forget_reader(self) -> None:
        """The next look into the file finds what was written."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def Write(self, *ignored) -> int:
        """Write all objects that were made while this file was the current one."""
        for thing in self._attached:
            self.put(thing.GetName(), thing)
        self._flush()
        return len(self._attached)

    def Flush(self) -> None:
        """Bring everything that was written to the disk."""
        self._flush()

    def Close(self, option="") -> None:
        """Bring everything that was written to the disk and close the file."""
        if not self._open:
            return
        self.Flush()
        self._open = False
        self._attached.clear()
        if self._reader is not None and not self._writable:
            self._reader.close()
        if CURRENT.directory is not None and CURRENT.directory._file is self:
            CURRENT.directory = None

    def IsOpen(self) -> bool:
        """Whether it was not closed."""
        return self._open

    def IsZombie(self) -> bool:
        """False: a file that cannot be opened is an OSError."""
        return False

    def IsWritable(self) -> bool:
        """Whether it is open for writing."""
        return self._writable and self._open

    def GetName(self) -> str:
        """The path that it was opened with."""
        return self._name

    def GetPath(self) -> str:
        """The path, as "file.root:/"."""
        return f"{self._name}:/"

    def GetSize(self) -> int:
        """Bytes on the disk."""
        return os.path.getsize(self._name)
