"""The public names, and what importing the package costs."""

import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tmvalite
from tmvalite.evaluation.importance import Importance
from tmvalite.methods.fold_methods import MethodCrossValidation
from tmvalite.workflow.curves import RocCanvas, RocGraph
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.info_views import VariableView
from tmvalite.workflow.loader_info import ClassView, LoaderInfo
from tmvalite.workflow.method_face import BookedMethod, ReadMethod

ROOT = Path(__file__).resolve().parent.parent
NAMES = """
Config CrossValidation CrossValidationResult CvSplit CvSplitKFolds DataError DataLoader EAnalysisType EMVA ETreeType
EventStream Experimental ExpressionError Factory FileError HyperParameterOptimisation MethodAE MethodDL MethodDNN MethodGAN
MissingExtraError NotFittedError NotProvidedError OptionError PyMethodBase ROCCurve Reader Scan ShapeError TmvaliteError
TmvaliteWarning Tools TrainingError Types VIType __version__ apply compress decompress from_onnx gConfig
gTools kAll kRandom kShort load
""".split()
VALUES = ("__version__", "kAll", "kRandom", "kShort")


def test_the_public_names_are_these_and_all_exist():
    assert tmvalite.__all__ == NAMES
    assert set(NAMES) <= set(dir(tmvalite))
    for name in NAMES:
        assert getattr(tmvalite, name) is not None


def test_the_version_is_that_of_the_package():
    assert tmvalite.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_error_of_an_unknown_name():
    with pytest.raises(AttributeError) as caught:
        tmvalite.Perceptron  # noqa: B018
    assert str(caught.value) == "module 'tmvalite' has no attribute 'Perceptron'"


def public_calls():
    """(name, thing) of every public class and function, and of the methods and properties that we wrote for them."""
    given = (BookedMethod, ClassView, Importance, ImportanceHistogram, LoaderInfo, MethodCrossValidation, ReadMethod, RocCanvas)
    given += (RocGraph, VariableView)  # what the calls of these give
    for thing in (*(getattr(tmvalite, name) for name in NAMES if name not in VALUES), *given):
        name = thing.__name__
        yield name, thing
        for own in dir(thing) if inspect.isclass(thing) else ():
            member = inspect.getattr_static(thing, own)
            call = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if not own.startswith("_") and inspect.isfunction(call) and call.__module__.startswith("tmvalite."):
                yield f"{name}.{own}", call


def test_every_public_call_says_what_it_does():
    calls = dict(public_calls())
    assert {"MethodDL.fit", "DataLoader.AddTree", "Reader.EvaluateMVA", "Config.fIONames", "Types.Instance"} <= set(calls)
    without = sorted(name for name, call in calls.items() if not (call.__doc__ or "").strip())
    assert not without, f"no docstring: {', '.join(without)}"


def test_no_property_says_its_type_by_accident():
    """Sphinx takes what stands before the first colon of a property for its type."""
    properties = {name: call for name, call in public_calls() if inspect.isfunction(call) and is_property(name)}
    assert "MethodDL.history" in properties
    wrong = [name for name, call in properties.items() if re.search(r":\s", inspect.getdoc(call).splitlines()[0])]
    assert not wrong, f"write a semicolon: {', '.join(wrong)}"


def is_property(name):
    cls, _, own = name.partition(".")
    return own and isinstance(inspect.getattr_static(getattr(tmvalite, cls, None), own, None), property)


def test_the_page_of_the_classes_has_every_public_name():
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    missing = [name for name in NAMES if name != "__version__" and f":: {name}\n" not in page]
    assert not missing, f"docs/api.md lacks {', '.join(missing)}"


def test_the_no_ops_of_tmva_scripts_are_there():
    assert tmvalite.Tools.Instance() is tmvalite.Tools.Instance()
    assert tmvalite.Config.Instance() is tmvalite.gConfig()
    assert tmvalite.PyMethodBase.PyInitialize() is None
    assert tmvalite.Types.kDL.name == "kDL"


def test_importing_the_package_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time; begin = time.process_time(); import tmvalite; took = time.process_time() - begin;"
        "print(took, *sorted({'numpy', 'numba', 'lark', 'uproot', 'awkward', 'rich', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    times = []
    for _ in range(3):  # the best of three: another process may hold the machine
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        took, *loaded = done.stdout.split()
        assert loaded == []
        times.append(float(took))
    assert min(times) < 0.2


def test_declaring_a_loader_and_a_reader_loads_no_engine():
    code = (
        "import sys, tmvalite as tmva; l = tmva.DataLoader('d'); l.AddVariable('x', 'F'); r = tmva.Reader('!Color'); "
        "print(*sorted({'numba', 'uproot', 'awkward', 'rich', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


BLOCKED = """
import importlib, importlib.abc, sys
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {"numpy", "numba", "llvmlite", "lark", "tmvalite"} | set(sys.stdlib_module_names):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Block())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_every_module_imports_with_numpy_numba_and_lark_alone():
    files = sorted((ROOT / "tmvalite").rglob("*.py"))
    names = [".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for f in files if f.stem != "__main__"]
    done = subprocess.run([sys.executable, "-c", BLOCKED, *names], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
