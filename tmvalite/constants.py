"""Words that several parts of the package share."""

from __future__ import annotations

ANALYSIS_TYPES = ("classification", "regression", "multiclass")
PRECISIONS = ("float32", "float64")
CLASSES = ("Signal", "Background")  # TMVA's names of two classes that nobody named
VERBOSE_LEVELS = ("Debug", "Verbose", "Info")  # what V prints in a Factory and a DataLoader
