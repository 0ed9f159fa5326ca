"""Where the physics data are: the folder in TMVALITE_SHARED, or `shared` beside the checkout; else tests are skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def physics_data():
    """Folder with TMVA's tutorial files."""
    shared = os.environ.get("TMVALITE_SHARED") or Path(__file__).resolve().parents[3] / "shared"
    folder = Path(shared) / "data"
    if not (folder / "Higgs_data.root").exists():
        pytest.skip("the physics data are not here; set TMVALITE_SHARED")
    pytest.importorskip("uproot")
    return folder
