"""The page for a new user: its commands run, one after the other, and give what it shows."""

import os
import re
import shlex
from pathlib import Path

import pytest

from tmvalite.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/first-result.md").read_text(encoding="utf-8")
DATA = Path(os.environ.get("TMVALITE_SHARED") or ROOT.parent / "shared") / "data/Higgs_data.root"
COMMANDS = re.search(r"```\n(curl .*?)```", PAGE, re.DOTALL)[1].splitlines()


def test_they_are_few():
    assert len(COMMANDS) <= 12


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="TMVALITE_SHARED names no folder with data/Higgs_data.root")
def test_the_commands_give_what_the_page_shows(in_tmp_path, capsys):
    uproot = pytest.importorskip("uproot")
    (in_tmp_path / "Higgs_data.root").symlink_to(DATA)
    printed = {}
    for command in COMMANDS[1:]:
        words = shlex.split(command)
        assert words[0] == "tmvalite"
        target = words.index(">") if ">" in words else len(words)
        assert main(words[1:target]) == 0
        printed[command] = capsys.readouterr().out
        if target < len(words):
            Path(words[target + 1]).write_text(printed[command], encoding="utf-8")
    number = re.compile(r"\d+\.\d+")
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]
    for name in ("train job.toml", "test job.toml"):
        found = "\n".join(printed[f"tmvalite {name}"].splitlines()[-4:]) + "\n"
        assert number.sub("#", found) == number.sub("#", shown)
        assert [float(n) for n in number.findall(found)] == pytest.approx([float(n) for n in number.findall(shown)], rel=0.2)
    with uproot.open({"selected.root": "sig_tree"}) as tree:
        assert tree.num_entries > 500 and tree.keys()[-1] == "DNN" and len(tree.keys()) == 30
