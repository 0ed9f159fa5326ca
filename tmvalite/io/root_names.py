"""Where things stand in TMVA's output ROOT file: paths that begin with the name of the data set, and names in a method's folder.

Source: TMVA as of ROOT 6.32; scripts that plot a finished training (mvas, efficiencies, correlations) look for these names.
"""

from __future__ import annotations

from tmvalite.data.info import internal_name

SIGNAL, BACKGROUND = "S", "B"
CORRELATION_PLOTS = "CorrelationPlots"
TRAINING_PATH, WEIGHT_FILE = "TrainingPath", "WeightFileName"


def tree(dataset: str, test: bool) -> str:
    return f"{dataset}/{'TestTree' if test else 'TrainTree'}"


def correlation_matrix(dataset: str, which: str = "") -> str:
    """`which` is SIGNAL, BACKGROUND, the name of a class (more than two classes), or nothing (regression)."""
    return f"{dataset}/CorrelationMatrix{which}"


def input_folder(dataset: str, transform: str = "Id", again: int = 0) -> str:
    """Histograms of the variables after a chain of the Factory; `again` counts earlier chains of the same name."""
    return f"{dataset}/InputVariables_{transform}{f'_{again - 1}' if again else ''}"


def method(dataset: str, method_type: str, title: str) -> str:
    """The folder of a method."""
    return f"{dataset}/Method_{method_type}/{title}"


# ---- in the folder of a chain, or of a method whose own chain it is; `transform` is then ""


def input_variable(variable: str, class_name: str, transform: str = "Id", target: bool = False) -> str:
    """Histogram of an input variable of one class; `transform` is Id, Norm, Deco, ... or several joined by _."""
    return f"{internal_name(variable)}__{_of_class(class_name, transform, target)}"


def scatter(kind: str, x: str, y: str, class_name: str, transform: str = "Id") -> str:
    """y against x of one class: `kind` is scat or prof."""
    return f"{kind}_{internal_name(y)}_vs_{internal_name(x)}_{_of_class(class_name, transform, False)}"


def _of_class(class_name: str, transform: str, target: bool) -> str:
    return f"{class_name}{'_target' if target else ''}{f'_{transform}' if transform else ''}"


# ---- in the folder of a method


def output(title: str, which: str, *, train: bool = False, fine: bool = False) -> str:
    """Outputs of signal or background events: 40 bins, or 10000 (`fine`)."""
    return f"MVA_{title}{'_Train' if train else ''}_{which}{'_high' if fine else ''}"


def probability(title: str, which: str, kind: str = "Proba") -> str:
    """What densities of the output make of it: `kind` is Proba or Rarity."""
    return f"MVA_{title}_{kind}_{which}"


def efficiency(title: str, which: str, *, train: bool = False) -> str:
    """Efficiency of signal or background against the cut, 10000 bins."""
    return f"MVA_{title}_{'trainingEff' if train else 'eff'}{which}"


def curve(title: str, kind: str, *, train: bool = False) -> str:
    """Curves in 100 bins of signal efficiency: `kind` is effBvsS, rejBvsS or invBeffvsSeff."""
    name = f"training{kind[0].upper()}{kind[1:]}" if train else kind
    return f"MVA_{title}_{name}"


def history(title: str, kind: str) -> str:
    """Training history of a method: `kind` is trainingError or valError."""
    return f"TrainingHistory_{title}_{kind}"


def class_output(title: str, class_name: str, true_class: str, *, train: bool = False) -> str:
    """Multiclass: the output for one class of the events of another, 40 bins from -0.0002 to 1.0002."""
    return f"MVA_{title}_{'Train' if train else 'Test'}_{class_name}_prob_for_{true_class}"


def class_curve(title: str, class_name: str, other: str = "", *, train: bool = False) -> str:
    """Multiclass: the ROC graph of one class against the others, or against one other."""
    kind = f"1v1rejBvsS_{class_name}_vs_{other}" if other else f"rejBvsS_{class_name}"
    return f"MVA_{title}_{'Train' if train else 'Test'}_{kind}"


def deviation(title: str, target: int, against: str, *, train: bool = False) -> str:
    """Regression: deviation of a target against `var0`, `var1`, ... or the true values `tgt0`, ...; 50 x 50 bins."""
    return f"MVA_{title}{'train' if train else 'test'}_reg_{against}_rtgt{target}"


def squares(title: str, target: int, *, best: bool = False, train: bool = False) -> str:
    """Regression: squared deviations of a target, of all events or of the best 90 percent; 500 bins."""
    kind = "Dev_best90perc" if best else "Deviation"
    return f"MVA_{title}{'train' if train else 'test'}_Quadr_{kind}_target_{target}_"
