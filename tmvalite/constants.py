"""Words that several parts of the package share."""

from __future__ import annotations

ANALYSIS_TYPES = ("classification", "regression", "multiclass")
PRECISIONS = ("float32", "float64")
