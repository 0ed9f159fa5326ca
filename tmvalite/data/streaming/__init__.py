"""Samples that are read piece by piece, as often as a training needs them, since they do not fit into memory."""
