"""Trained methods applied to tables of any length: scores in the order of the input, block by block."""

from tmvalite.application.applying import apply

__all__ = ["apply"]
