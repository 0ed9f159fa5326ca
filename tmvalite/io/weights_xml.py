"""TMVA's weight files (XML): `read_weights` and `write_weights`, from and to the records of weight_file.py."""

from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_read import read_weights
from tmvalite.io.weights_write import write_weights

__all__ = ["WeightFile", "read_weights", "write_weights"]
