"""Where things stand in TMVA's output ROOT file. All paths begin with the name of the data set.

Source: TMVA as of ROOT 6.32; scripts that plot a finished training (mvas, efficiencies, correlations) look for these names.
"""

from __future__ import annotations

from tmvalite.data.info import internal_name

SIGNAL, BACKGROUND = "S", "B"


def tree(dataset: str, test: bool) -> str:
    return f"{dataset}/{'TestTree' if test else 'TrainTree'}"


def correlation_matrix(dataset: str, which: str = "") -> str:
    """`which` is SIGNAL, BACKGROUND, the name of a class (more than two classes), or nothing (regression)."""
    return f"{dataset}/CorrelationMatrix{which}"


def input_variable(dataset: str, variable: str, class_name: str, transform: str = "Id", target: bool = False) -> str:
    """Histogram of an input variable of one class; `transform` is Id, Norm, Deco, ... or several joined by _."""
    kind = "_target" if target else ""
    return f"{dataset}/InputVariables_{transform}/{internal_name(variable)}__{class_name}{kind}_{transform}"


def method(dataset: str, title: str, name: str = "") -> str:
    """The folder of a method, or an object of any name in it."""
    folder = f"{dataset}/Method_{title}/{title}"
    return f"{folder}/{name}" if name else folder


def method_input(dataset: str, title: str, variable: str, class_name: str) -> str:
    """Histogram of a variable after the method's own transformation."""
    return method(dataset, title, f"{internal_name(variable)}__{class_name}")


def output(dataset: str, title: str, which: str, *, train: bool = False, fine: bool = False) -> str:
    """Outputs of signal or background events: 40 bins, or 10000 (`fine`)."""
    return method(dataset, title, f"MVA_{title}{'_Train' if train else ''}_{which}{'_high' if fine else ''}")


def efficiency(dataset: str, title: str, which: str, *, train: bool = False) -> str:
    """Efficiency of signal or background against the cut, 10000 bins."""
    return method(dataset, title, f"MVA_{title}_{'trainingEff' if train else 'eff'}{which}")


def curve(dataset: str, title: str, kind: str, *, train: bool = False) -> str:
    """Curves in 100 bins of signal efficiency: `kind` is effBvsS, rejBvsS or invBeffvsSeff."""
    name = f"training{kind[0].upper()}{kind[1:]}" if train else kind
    return method(dataset, title, f"MVA_{title}_{name}")


def history(dataset: str, title: str, kind: str) -> str:
    """Training history of a method: `kind` is trainingError or valError."""
    return method(dataset, title, f"TrainingHistory_{title}_{kind}")


def class_output(dataset: str, title: str, class_name: str, true_class: str, *, train: bool = False) -> str:
    """Multiclass: the output for one class of the events of another, 40 bins from -0.0002 to 1.0002."""
    return method(dataset, title, f"MVA_{title}_{'Train' if train else 'Test'}_{class_name}_prob_for_{true_class}")


def class_curve(dataset: str, title: str, class_name: str, *, train: bool = False) -> str:
    """Multiclass: the ROC graph of one class against the others."""
    return method(dataset, title, f"MVA_{title}_{'Train' if train else 'Test'}_rejBvsS_{class_name}")


def deviation(dataset: str, title: str, target: int, variable: int | None = None, *, train: bool = False) -> str:
    """Regression: deviation of a target against a variable (by index), or against the true target; 50 x 50 bins."""
    against = f"tgt{target}" if variable is None else f"var{variable}"
    return method(dataset, title, f"MVA_{title}{'train' if train else 'test'}_reg_{against}_rtgt{target}")
