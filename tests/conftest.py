"""What every test shares: a kernel cache inside the checkout, no display, reproducible random numbers."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Before tmvalite is imported: the tests must not depend on, or fill, the user's own kernel cache.
os.environ.setdefault("TMVALITE_CACHE_DIR", str(ROOT / ".kernel-cache"))
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TMVALITE_VERIFY", "1")  # every plan that a test makes is compared with its specification
os.environ.pop("TMVALITE_STRICT", None)  # a test that wants strict mode asks for it

# The first call of a kernel compiles it, so no time limit per example. HYPOTHESIS_PROFILE=explore searches further, at random.
hypothesis.settings.register_profile("check", deadline=None, derandomize=True, max_examples=100, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=3000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))


def pytest_configure(config):
    from tests.raised_codes import RaisedCodes

    config.pluginmanager.register(RaisedCodes())


@pytest.fixture
def in_tmp_path(tmp_path, monkeypatch):
    """An empty folder as working directory, for code that writes relative paths such as dataset/weights."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def drawn_seeds_repeat(monkeypatch):
    """RandomSeed=0, the default, draws 101, 102, ... in each test, so that no test depends on a start that nobody chose."""
    from tmvalite.training import streams

    seeds = itertools.count(101)
    monkeypatch.setattr(streams, "drawn_seed", lambda: next(seeds))
