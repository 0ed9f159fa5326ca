"""MethodDL: one network of layers for classification, regression and multiclass."""

from __future__ import annotations

from typing import ClassVar

from tmvalite.methods.base import Method
from tmvalite.models import options
from tmvalite.models.form import FORMS, Form, register
from tmvalite.string_utils import DeclaredOption, OptionTable
from tmvalite.string_utils.replica_option import NO_CHECKPOINTS


def layout_option(default: str) -> DeclaredOption:
    """The option Layout with its default."""
    return DeclaredOption("Layout", str, default, "the layers of the network")


@register
class DeepLearning(Form):
    """One chain of layers that learns classes and targets."""

    name = "DL"
    in_tmva = True
    extensions: ClassVar[OptionTable] = options.EXTENSIONS + OptionTable(options.REPLICAS)
    streamed = True
    table: ClassVar[OptionTable] = options.method_options(
        layout_option("DENSE|(N+100)*2|SOFTSIGN,DENSE|0|LINEAR"),
        *(options.LOSS, options.INITIALIZATION, options.SEED, options.VALIDATION, options.ARCHITECTURE, options.STRATEGY),
        extensions=extensions,
    )

    def check(self, booking):
        if booking.values.Checkpoint and not booking.replicas.plain:
            raise booking.error("Checkpoint", NO_CHECKPOINTS, "checkpoint-method", hint="leave Checkpoint out")


class MethodDL(Method):
    """TMVA's MethodDL.

    Parameters
    ----------
    options : str
        TMVA's option string, such as "Layout=TANH|128,LINEAR:TrainingStrategy=LearningRate=1e-3,TestRepetitions=1".
        `tmvalite check "..."` on the command line lists all options with their values, and says what the string means.
    analysis_type : str
        "classification", "regression" or "multiclass".
    title : str, optional
        Name of the method in files and tables.
    norm, progress, verbose : optional
        How `fit` weighs the classes and what it shows, see `Method`.
    **keywords
        The same options, and the keys of TrainingStrategy, as Python arguments:
        MethodDL(Layout="TANH|128,LINEAR", LearningRate=1e-3, MaxEpochs=20, RandomSeed=1).

    Raises
    ------
    OptionError, ShapeError
        An option that cannot be understood, or layers that do not fit, with the place.

    Examples
    --------
    >>> method = MethodDL("Layout=TANH|8,LINEAR:TrainingStrategy=LearningRate=1e-2,MaxEpochs=5,TestRepetitions=1:RandomSeed=1")
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> values = method.fit(x, x[:, 0] > 0, progress="silent").GetMvaValues(x)
    >>> values.shape, bool(values[-1] > values[0])
    ((200,), True)
    """

    form = FORMS["DL"]
    file_types = ("DNN",)  # of its predecessor; `load` gives a MethodDNN, `MethodDL.load` makes one of MethodDL of it
