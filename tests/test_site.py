"""The API site is built without a warning, without the network, and holds what the package has."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tmvalite
from tests.doc_scripts import script
from tests.test_examples import SHOWN

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def listed():
    """The pages that the tables of contents of docs/index.md name."""
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", (DOCS / "index.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]


def test_the_table_of_contents_names_every_page_once():
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} - {"index", "README"}
    assert sorted(listed()) == sorted(pages)


def test_the_gallery_has_every_example_as_it_says_of_itself():
    gallery = script("make_gallery")
    text = gallery.PAGE.read_text(encoding="utf-8")
    assert set(gallery.held(text)) == {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert gallery.page(gallery.held(text)) == text, "run python docs/make_gallery.py"


@pytest.mark.parametrize("name", SHOWN)
def test_the_gallery_shows_outputs_that_the_tests_of_the_examples_would_take(name):
    held = script("make_gallery").held((DOCS / "gallery.md").read_text(encoding="utf-8"))[name.removesuffix(".py")]
    pattern, ranges = SHOWN[name]
    last = re.split(r"\\n\)?\*?", pattern)[-1]  # the pattern of the last line
    found = re.search(last, held)
    assert found, held
    ranges = ranges[-len(found.groups()) :]
    assert all(least <= float(number) <= most for number, (least, most) in zip(found.groups(), ranges, strict=True))


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_has_every_class(tmp_path):
    for package in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(package)
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "doctrees", DOCS, tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    api = (tmp_path / "site/api.html").read_text(encoding="utf-8")
    missing = [name for name in tmvalite.__all__ if name != "__version__" and not re.search(rf'id="tmvalite\.{name}"', api)]
    assert not missing
    assert "Join a cut to that of a class" in api  # a docstring
    for page in listed():
        text = (tmp_path / f"site/{page}.html").read_text(encoding="utf-8")
        assert not re.search(r'<(script|link|img)\b[^>]*\b(src|href)="(https?:)?//', text), f"{page} needs the network"
