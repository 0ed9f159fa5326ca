"""What README.md says is true: its program prints its numbers, its commands are the ones that run, its links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples/README.md", ROOT / "benchmarks/README.md"])
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


def blocks(text):
    """(first line after the fence, body) of every fenced block, in order."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def programs():
    """Programs of the README with the output that follows them."""
    parts = blocks(README)
    return [(body, after[1]) for (label, body), after in zip(parts, parts[1:]) if label == "python" and after[0] == "text"]


def command_after(heading):
    """The body of the first block after a bold heading of "Two commands"."""
    _, _, rest = README.partition(f"**{heading}.**")
    return blocks(rest)[0][1].strip()


def test_the_readme_has_a_program_with_output():
    assert programs()
    assert all(label in ("", "text", "python", "python no-run") for label, _ in blocks(README))
    assert sum(label == "python" for label, _ in blocks(README)) == len(programs())


@pytest.mark.parametrize("program, output", programs())
def test_the_program_prints_its_numbers(program, output, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # The words exactly; the numbers within what another processor's rounding can make of a training.
    assert NUMBER.sub("#", done.stdout) == NUMBER.sub("#", output)
    for ours, written in zip(NUMBER.findall(done.stdout), NUMBER.findall(output)):
        assert float(ours) == pytest.approx(float(written), abs=0.02), f"{ours} instead of {written} in:\n{done.stdout}"


def test_the_automatic_check_runs_the_command_of_the_readme():
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert command_after("Run the tests") == lines[-1]
    assert "set -euo pipefail" in lines
    assert lines[0] == "#!/usr/bin/env bash"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_the_automatic_check_is_executable():
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_the_readme_installs_from_the_checkout():
    _, _, rest = README.partition("## Install")
    assert blocks(rest)[0][1] == "pip install .\n"


def test_the_main_command_runs_an_example_that_exists():
    command = command_after("Set up and run")
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/python ")
    assert (ROOT / command.split()[-1]).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def option_strings():
    """Every option string with a layout that the pages show in a block of its own or give to `tmvalite check`."""
    for page in PAGES:
        for _, body in blocks(page.read_text(encoding="utf-8")):
            for line in body.splitlines():
                if line.startswith(("Layout=", "InputLayout=")):
                    yield pytest.param(line, id=line)
                elif line.startswith('tmvalite check "'):
                    yield pytest.param(line.split('"')[1], id=line)
        for cell in re.findall(r"^\|[^|]*\| `(Layout=.*?)`", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
            yield pytest.param(cell.replace("\\|", "|"), id=cell)


@pytest.mark.parametrize("options", list(option_strings()))
def test_option_strings_are_understood_without_a_warning(options):
    import tmvalite
    from tmvalite.errors import Diagnostics
    from tmvalite.methods.understood import understand

    if "OUTPUT" in options:  # classes and targets together: booked only
        tmvalite.MethodDL(options, Strict=True)
    else:
        n_variables = None if "InputLayout" in options else 4
        method = "AE" if "Encoder=" in options else "GAN" if "##" in options else "DL"
        understand(options, method=method, n_variables=n_variables, diagnostics=Diagnostics(strict=True))
