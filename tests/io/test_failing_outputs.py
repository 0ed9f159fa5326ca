"""Everything that tmvalite writes, with a failure of the n-th operation on the file, for every n: the old file or the new one."""

import ast
import contextlib
import errno
import io
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import tmvalite as tmva
from tests.io.test_atomic import FailingSystem
from tests.test_imports import FILES
from tmvalite.cli import main
from tmvalite.compression import compress, decompress
from tmvalite.errors import FileError, TmvaliteWarning
from tmvalite.io import atomic
from tmvalite.io.histograms import Histogram
from tmvalite.io.root_file import EventTree, RootFile
from tmvalite.models.checkpoint import read_checkpoint, write_checkpoint
from tmvalite.training.state import TrainingState
from tmvalite.workflow.curves import ROCCurve, RocGraph


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A trained method, a table, an archive, what was measured of it, a state."""
    folder, rng = tmp_path_factory.mktemp("things"), np.random.default_rng(1)
    x = {"a": rng.normal(size=60), "b": rng.normal(size=60)}
    options = "Layout=TANH|3,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=1,TestRepetitions=1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method = tmva.MethodDL(options).fit(x, np.arange(60) % 2, progress="silent")
    method.save(folder / "m.weights.xml")
    np.savez(folder / "in.npz", **x)
    (folder / "in.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in zip(x["a"], x["b"])))
    rootfile = RootFile(folder / "in.root")
    rootfile.add_tree("t", EventTree({name: values.astype(np.float32) for name, values in x.items()}))
    rootfile.write()
    for kind in ("npz", "csv", "root"):
        compress(None, folder / f"in.{kind}", folder / f"{kind}.tmvz", bound="1%")
    state = TrainingState(
        1, 2, 0, 0.0, np.zeros(1), 3, 0, 1.0, 1.0, 0, 1, 0, 0, np.arange(5.0), np.ones(5), (np.ones(5),), (3,), (), {"seed": 1}
    )
    return SimpleNamespace(folder=folder, method=method, state=state, x=x)


def apply(things, path):
    with contextlib.redirect_stdout(io.StringIO()):
        tmva.apply(things.folder / "m.weights.xml", f"{things.folder}/in.root:t", path, force=True)


def output_file(things, path):
    file = RootFile(path)
    index = np.zeros(60, int)
    file.add_tree("d/TestTree", EventTree.of_events(index, ("Signal",), {n: v for n, v in things.x.items()}))
    file.add_histogram("d/h", Histogram(np.ones(3), (np.arange(4.0),)))
    file.add_text("d/text", "x")
    file.write()


def migrated(things, path):
    macro = things.folder / "macro.C"
    macro.write_text('void macro() { TMVA::Tools::Instance(); auto f = new TMVA::Factory("job", "", "!V"); }\n')
    with contextlib.redirect_stderr(io.StringIO()) as said:
        if main(["migrate", str(macro), "--output", str(path), "--force"]):
            raise FileError(said.getvalue(), code="file-write")


def picture(things, path):
    assert RocGraph("A", ROCCurve([0.0, 1.0, 0.5], [True, False, True]).curve)._write(str(path)) is None


OUTPUTS = {
    "m.weights.xml": lambda things, path: things.method.save(path),
    "m.weights.xml.gz": lambda things, path: things.method.save(path),
    "m.class.hpp": lambda things, path: things.method.MakeClass(path),
    "out.root": output_file,
    "run.ckpt": lambda things, path: write_checkpoint(path, things.state, {}),
    "a.tmvz": lambda things, path: compress(None, things.folder / "in.npz", path, bound="1%", overwrite=True),
    "b.npz": lambda things, path: decompress(things.folder / "npz.tmvz", path, overwrite=True),
    "b.csv": lambda things, path: decompress(things.folder / "csv.tmvz", path, overwrite=True),
    "b.root": lambda things, path: decompress(things.folder / "root.tmvz", path, overwrite=True),
    "scores.npz": apply,
    "scores.csv": apply,
    "scores.root": apply,
    "macro.py": migrated,
    "curve.root": picture,
}
MOST = 12  # operations of one output that are tried one by one; later ones in ever larger steps


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_failing_operation_leaves_the_old_file_or_the_new_one(name, things, tmp_path, monkeypatch):
    path, failed, at = tmp_path / name, 0, 0
    OUTPUTS[name](things, path)
    new = path.read_bytes()
    assert len(new) > 20
    while True:
        for exists in (False, True):
            for file in tmp_path.iterdir():
                file.unlink()
            if exists:
                path.write_bytes(b"old")
            system = FailingSystem(at, OSError(errno.ENOSPC, "No space left on device"))
            with monkeypatch.context() as patched, warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # of libraries whose file broke under them
                patched.setattr(atomic, "os", system)
                try:
                    OUTPUTS[name](things, path)
                    written = True
                except FileError as problem:
                    assert str(path) in str(problem) or str(tmp_path) in str(problem)
                    written, failed = False, failed + 1
            left = {file.name for file in tmp_path.iterdir()} - {name, f"{name}.previous"}
            assert left == set()
            found = path.read_bytes() if path.exists() else None
            if not written:
                assert found == (b"old" if exists else None) or found == new
            if written and name == "run.ckpt":
                assert read_checkpoint(path).state.steps == 3
        if at >= len(system.done):
            break
        at += 1 if at < MOST else at // 3
    assert failed >= 12


@pytest.mark.parametrize("name", ["m.weights.xml", "out.root", "run.ckpt", "scores.npz"])
def test_a_limit_of_the_system_leaves_the_old_file(name, things, tmp_path):
    """The size of files is limited, as a quota does: at every limit one error, and no part of a file."""
    resource = pytest.importorskip("resource")
    path = tmp_path / name
    OUTPUTS[name](things, path)
    size, limits = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in range(0, size, size // 7 + 1):
        path.write_bytes(b"old")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
            try:
                with pytest.raises(FileError, match="larger than the limit"):
                    OUTPUTS[name](things, path)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == b"old" and {file.name for file in tmp_path.iterdir()} <= {name, f"{name}.previous"}


ELSEWHERE = {  # what is written otherwise: nothing that a user asks for by name
    "compression/model_files.py",  # a temporary file
    "compression/npz_files.py",  # temporary files, whose content goes into the user's
    "io/open_root_file.py",  # a temporary file, whose content goes into the user's open one
    "io/run_lock.py",
    "io/temporary.py",
    "kernels/jit/files.py",  # the cache, which has its own tests
    "kernels/jit/lock.py",
    "kernels/jit/store.py",  # when a release is made
    "cluster/shared_arrays.py",  # temporary files
    "io/atomic.py",
}


def test_nothing_is_written_in_another_way():
    """Files are opened for writing nowhere else; what draws or saves into an open file of `write_atomic` may."""
    found = set()
    for path, tree in FILES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
            opens = name == "open" and isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+")
            if opens or getattr(node.func, "attr", "") in ("write_bytes", "write_text", "mkstemp", "tofile"):
                found.add(path.removeprefix("tmvalite/"))
    assert found - ELSEWHERE - {"cli/train.py"} == set()  # which opens the null device
