"""TMVA's namespace Experimental: RReader; what else ROOT has there says what to use."""

from __future__ import annotations

from tmvalite.workflow.members import EXPERIMENTAL, TmvaNames
from tmvalite.workflow.rreader import RReader


class Experimental(TmvaNames):
    """What stands in the namespace."""

    __name__ = "Experimental"
    absent = EXPERIMENTAL
    RReader = RReader

    def __repr__(self):
        return "<namespace tmvalite.Experimental: RReader>"


Experimental = Experimental()  # a namespace is there once, and says what it lacks when an attribute is asked for
