"""A ROOT file that the user holds open for writing, a TFile of PyROOT or of tmvalite.pyroot: what is written goes into it."""

from __future__ import annotations

import contextlib
import os
import sys

from tmvalite.errors import FileError, OptionError
from tmvalite.io.root_file import RootFile
from tmvalite.io.temporary import temporary_folder
from tmvalite.io.temporary import written as being_written


class OpenRootFile(str):
    """The name of an open file, and the file, a TFile that stays open."""

    file: object

    def __new__(cls, file):
        """Raises OptionError for a file that is open for reading only."""
        name = str(file.GetName())
        if file.IsOpen() and not file.IsWritable():
            raise OptionError(
                f"the output file '{name}' is open for reading only",
                code="target",
                expected="a file opened for writing",
                hint=f"write TFile.Open('{name}', 'RECREATE')",
            )
        self = super().__new__(cls, name)
        self.file = file
        return self

    def receive(self, written: RootFile) -> None:
        """Put everything that was collected into the file: by itself where it takes a RootFile, else by ROOT, from another file.

        Objects of the same name are replaced, others stay. A file that was closed meanwhile is opened again for this.
        Raises FileError.
        """
        if hasattr(type(self.file), "take_results"):
            self.file.take_results(written)
            return
        import uproot

        with temporary_folder() as folder:
            path = os.path.join(folder, "part.root")
            with being_written(path), open(path, "w+b") as part:
                written.fill(uproot, part)
            _copy_by_root(path, self.file, str(self))


def _copy_by_root(path: str, target, name: str) -> None:
    """Copy everything in one file into another by PyROOT, whose TFile `target` is."""
    ROOT = sys.modules["ROOT"]  # whoever has a TFile has imported it
    closed = not target.IsOpen()
    context = ROOT.TDirectory.TContext()  # brings the current directory back
    source = ROOT.TFile.Open(path)
    try:
        into = ROOT.TFile.Open(name, "UPDATE") if closed else target
        _copy_folder(ROOT, source, into)
        if closed:
            into.Close()
    except OSError as problem:
        raise FileError(f"cannot write '{name}': {problem}", code="file-write") from problem
    finally:
        source.Close()
        with contextlib.suppress(AttributeError):
            context.__destruct__()


def _copy_folder(ROOT, source, target) -> None:
    done = set()
    for key in source.GetListOfKeys():
        name = str(key.GetName())
        if name in done:
            continue  # an older cycle
        done.add(name)
        content = key.ReadObj()
        if content.InheritsFrom("TDirectory"):
            _copy_folder(ROOT, content, target.GetDirectory(name) or target.mkdir(name))
        elif content.InheritsFrom("TTree"):
            target.cd()
            copy = content.CloneTree(-1, "fast")
            copy.Write("", ROOT.TObject.kOverwrite)
            copy.SetDirectory(ROOT.nullptr)
        else:
            target.WriteTObject(content, name, "Overwrite")
