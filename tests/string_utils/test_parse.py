import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tmvalite.errors import DataError, OptionError, Source, Span
from tmvalite.string_utils import parse
from tmvalite.string_utils.parse import Builder, Explanation, load_grammar, run

ROOT = Path(__file__).resolve().parents[2]


class Keys(Builder):
    def strategy(self, parts):
        return [part for part in parts if isinstance(part, str)]

    def phase(self, parts):
        return ",".join(str(part) for part in parts if part is not None)

    def entry(self, parts):
        return "".join(str(part) for part in parts if part is not None)


@pytest.mark.parametrize("name", ["options", "layout", "training"])
def test_grammars_are_found_and_kept(name):
    assert load_grammar(name) is load_grammar(name)
    assert load_grammar(name) == (ROOT / "grammar" / f"{name}.lark").read_text(encoding="utf-8")


def test_a_slice_is_read_with_its_own_positions():
    source = Source("xx A=1 yy")
    assert run("training", source, Keys, span=Span(3, 6), start="strategy") == ["A=1"]


def test_parsers_are_made_once():
    parse._parser.cache_clear()
    run("training", "A=1", Keys, start="strategy")
    run("training", "B=2", Keys, start="strategy")
    assert parse._parser.cache_info().misses == 1


def test_threads_may_parse_at_the_same_time():
    found = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(run("training", f"A={i}", Keys, start="strategy"))) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [[f"A={i}"] for i in range(8)]


class Transforms(Builder):
    pass


def test_errors_are_explained_by_the_caller():
    def explain(failure, source):
        assert failure.found == ")" and failure.char_span == Span(6, 7) and "SEPARATOR" in failure.expected
        return Explanation("no", "my-code", expected="yes", hint="try")

    with pytest.raises(DataError) as caught:
        run(
            "options",
            Source("ab N) c"[0:2] + "  N ) c"),
            Transforms,
            span=Span(2, 9),
            start="transforms",
            explain=explain,
            error=DataError,
            where="here",
        )
    assert str(caught.value) == "no\n  ab  N ) c\n        ^\n  in here\n  expected yes\n  hint: try"
    assert caught.value.code == "my-code"


def test_error_without_words_of_its_own():
    with pytest.raises(OptionError) as caught:
        run("options", "N(", Transforms, start="transforms")
    assert str(caught.value) == "the text ends too early\n  N(\n    ^"
    with pytest.raises(OptionError) as caught:
        run("options", "N)", Transforms, start="transforms")
    assert str(caught.value) == "')' does not belong here\n  N)\n   ^"


def test_what_a_builder_raises_arrives_unchanged():
    class Fails(Builder):
        def phase(self, parts):
            raise KeyError("phase")

    with pytest.raises(KeyError, match="phase"):
        run("training", "A=1", Fails, start="strategy")


def test_importing_string_utils_loads_no_heavy_package():
    heavy = ("numpy", "numba", "uproot", "awkward", "rich")
    code = f"import sys, tmvalite.string_utils; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_only_one_module_imports_lark():
    importers = [
        path.name
        for path in (ROOT / "tmvalite").rglob("*.py")
        if any(line.split()[:2] in (["import", "lark"], ["from", "lark"]) for line in path.read_text("utf-8").splitlines())
        or "from lark." in path.read_text("utf-8")
    ]
    assert importers == ["parse.py"]
