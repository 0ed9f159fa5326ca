"""The tutorial runs as it stands, from a ROOT file to pictures, and prints what the page says."""

import re
from pathlib import Path

import pytest

from tests.doc_scripts import script

NUMBER = re.compile(r"(?<!var)-?\d+\.?\d*(?:e[+-]?\d+)?")


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_the_page_says(tmp_path):
    for package in ("awkward", "sklearn", "matplotlib"):
        pytest.importorskip(package)
    tutorial = script("make_tutorial")
    page = tutorial.PAGE.read_text(encoding="utf-8")
    printed, shown = list(tutorial.outputs(page, tmp_path)), tutorial.shown(page)
    assert len(printed) == len(shown) and sum(map(bool, shown)) == 7
    for ours, written in zip(printed, shown):
        # the words exactly; the numbers within what another processor's rounding can make of a training
        assert NUMBER.sub("#", ours) == NUMBER.sub("#", written)
        for number, expected in zip(NUMBER.findall(ours), NUMBER.findall(written)):
            assert float(number) == pytest.approx(float(expected), abs=0.05), f"{number} instead of {expected} in:\n{ours}"
    for picture in tutorial.PICTURES:
        assert Path(tmp_path, picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert (tutorial.DOCS / "pictures" / picture).exists()


def test_the_outputs_of_a_page_go_below_their_blocks():
    tutorial = script("make_tutorial")
    page = (
        "```python\nprint(3)\n```\n\n```text\n```\n\n```python\nx = 1\n```\n\n```\ntmvalite --version\n```\n\n```text\nold\n```\n"
    )
    filled = tutorial.filled(page, ["3\n", "unseen\n", "new\n"])
    assert tutorial.shown(filled) == ["3\n", "", "new\n"]
    assert tutorial.blocks(filled)[0] == ("python", "print(3)\n")


def test_a_block_that_fails_says_so(tmp_path):
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        list(script("make_tutorial").outputs("```python\n1 / 0\n```\n", tmp_path))
