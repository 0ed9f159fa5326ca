"""Slow twins of the kernels: plain loops over Python floats, in float64, written from the formulas.

Nothing here imports tmvalite (tests/test_naive.py holds it to that), so that a mistake in the package cannot hide in
its own check. The twins are checked themselves, against finite differences and against stored PyTorch results.
"""
