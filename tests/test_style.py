"""One hand in formatting: what `ruff format` and `ruff check` say of the whole project. Tables keep their form by `fmt: skip`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("arguments", [("format", "--check"), ("check",)], ids=["format", "check"])
def test_ruff_has_nothing_to_say(arguments):
    pytest.importorskip("ruff")
    found = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--quiet", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, f"{found.stdout}{found.stderr}\nto mend it: ruff format . && ruff check --fix ."
