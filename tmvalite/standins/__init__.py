"""TMVA's other methods: scikit-learn's nearest relatives stand in for them, so that tables of comparison have their rows.

One file for each family, and one import line.
"""

from tmvalite.standins import bayes as _bayes
from tmvalite.standins import boosted_trees as _boosted_trees
from tmvalite.standins import discriminants as _discriminants
from tmvalite.standins import forests as _forests
from tmvalite.standins import nearest as _nearest
from tmvalite.standins import perceptrons as _perceptrons
from tmvalite.standins import rectangular_cuts as _rectangular_cuts
from tmvalite.standins import support_vectors as _support_vectors
from tmvalite.standins.base import STANDINS, StandIn, has_sklearn

__all__ = ["STANDINS", "StandIn", "has_sklearn"]
