"""TMVA's three tutorials on their own data: each trained by tmvalite and by PyTorch on the same events, seed by seed.

Booking strings are the published ones, to the letter. tmvalite's share goes through the Factory; PyTorch gets the events of the
same split, after the same transformation, with the same weights, the same validation events, the same order of the batches and
the same stop rule. Dropout masks are drawn by each side. The initial numbers are tmvalite's for both, so that the difference of a
pair is not that of two draws; or each side draws its own by the same formula, which tests the draw but needs hundreds of seeds.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .peer_training import Recipe, train
from .toys import linear_discriminant


def shared_folder() -> Path | None:
    """Where the tutorials' data are: the folder in TMVALITE_SHARED, or `shared` beside the checkout; None without them."""
    folder = Path(os.environ.get("TMVALITE_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    return folder if (folder / "data" / "tmva_class_example.root").exists() else None


@dataclass(frozen=True)
class Tutorial:
    """One published script.

    declare : function(loader, folder with the data)
    split, options : the option strings of PrepareTrainingAndTestTree and BookMethod
    recipe : the same network for PyTorch
    measure : function(outputs, events) -> figures by name, for outputs as the getters give them
    finish : function(raw outputs of PyTorch, transformations) -> outputs as the getters give them
    margins : by figure, (how much worse tmvalite may be, whether that is a part of PyTorch's figure)
    """

    analysis: str
    declare: Callable
    split: str
    options: str
    recipe: Recipe
    measure: Callable
    finish: Callable
    margins: dict[str, tuple[float, bool]] = field(default_factory=dict)


def _declare_classification(loader, data: Path) -> None:
    loader.AddVariable("myvar1 := var1+var2", "F")
    loader.AddVariable("myvar2 := var1-var2", "Expression 2", "", "F")
    loader.AddVariable("var3", "Variable 3", "units", "F")
    loader.AddVariable("var4", "Variable 4", "units", "F")
    loader.AddSpectator("spec1 := var1*2", "Spectator 1", "units", "F")
    loader.AddSpectator("spec2 := var1*3", "Spectator 2", "units", "F")
    loader.AddSignalTree(f"{data}/tmva_class_example.root:TreeS", 1.0)
    loader.AddBackgroundTree(f"{data}/tmva_class_example.root:TreeB", 1.0)
    loader.SetBackgroundWeightExpression("weight")


def _declare_regression(loader, data: Path) -> None:
    loader.AddVariable("var1", "Variable 1", "units", "F")
    loader.AddVariable("var2", "Variable 2", "units", "F")
    loader.AddSpectator("spec1:=var1*2", "Spectator 1", "units", "F")
    loader.AddSpectator("spec2:=var1*3", "Spectator 2", "units", "F")
    loader.AddTarget("fvalue")
    loader.AddRegressionTree(f"{data}/tmva_reg_example.root:TreeR", 1.0)
    loader.SetWeightExpression("var1", "Regression")


def _declare_multiclass(loader, data: Path) -> None:
    for name in ("var1", "var2", "var3", "var4"):
        loader.AddVariable(name, "F")
    for tree, name in (("TreeS", "Signal"), ("TreeB0", "bg0"), ("TreeB1", "bg1"), ("TreeB2", "bg2")):
        loader.AddTree(f"{data}/tmva_multiclass_example.root:{tree}", name)


def _declare_higgs(loader, data: Path) -> None:
    for name in ("m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"):
        loader.AddVariable(name)
    loader.AddSignalTree(f"{data}/Higgs_data.root:sig_tree", 1.0)
    loader.AddBackgroundTree(f"{data}/Higgs_data.root:bkg_tree", 1.0)


def _roc(values, events) -> dict[str, float]:
    from tmvalite.evaluation import roc_area

    return {"ROC area": roc_area(values, events.class_index == 0, events.weight)}


def deviation(values, events) -> dict[str, float]:
    from tmvalite.evaluation import regression_deviation

    d = regression_deviation(values[:, 0], events.targets[:, 0], events.weight)
    return {"RMS": d.rms, "truncated RMS": d.rms_truncated, "|bias|": abs(d.bias)}


def _classes(values, events) -> dict[str, float]:
    from tmvalite.evaluation import roc_area

    figures = {
        f"area of {name}": roc_area(values[:, c], events.class_index == c, events.weight)
        for c, name in enumerate(("Signal", "bg0", "bg1", "bg2"))
    }
    right = np.argmax(values, axis=1) == events.class_index
    return {**figures, "accuracy": float(np.average(right, weights=events.weight))}


def _sigmoid(raw, chain):
    return 1.0 / (1.0 + np.exp(-raw[:, 0].astype(np.float64)))


def _softmax(raw, chain):
    e = np.exp(raw.astype(np.float64) - raw.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _original_units(raw, chain):
    return np.asarray(chain.invert_targets(np.ascontiguousarray(raw)))


AREA = 0.003
_REGRESSION = (
    "!H:V:ErrorStrategy=SUMOFSQUARES:VarTransform={transform}:WeightInitialization=XAVIERUNIFORM:Architecture=CPU:"
    "Layout=TANH|50,TANH|50,TANH|50,LINEAR:"
    "TrainingStrategy=LearningRate=1e-3,Momentum=0.3,ConvergenceSteps=20,BatchSize=50,TestRepetitions=1,WeightDecay=0.0,"
    "Regularization=None,Optimizer=Adam"
)
_REGRESSION_PEER = Recipe(((50, "TANH"), (50, "TANH"), (50, "TANH"), (1, "LINEAR")), "SUMOFSQUARES", 1e-3, 50, 2000, 20)
TUTORIALS = {
    "classification": Tutorial(
        "Classification",
        _declare_classification,
        "nTrain_Signal=1000:nTrain_Background=1000:SplitMode=Random:NormMode=NumEvents:!V",
        "!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=N:WeightInitialization=XAVIERUNIFORM:"
        "Layout=TANH|128,TANH|128,TANH|128,LINEAR:"
        "TrainingStrategy=LearningRate=1e-2,Momentum=0.9,ConvergenceSteps=20,BatchSize=100,TestRepetitions=1,WeightDecay=1e-4,"
        "Regularization=None,DropConfig=0.0+0.5+0.5+0.5:Architecture=CPU",
        Recipe(
            ((128, "TANH"), (128, "TANH"), (128, "TANH"), (1, "LINEAR")),
            "CROSSENTROPY",
            1e-2,
            100,
            2000,
            20,
            (0.0, 0.5, 0.5, 0.5),
        ),
        _roc,
        _sigmoid,
        {"ROC area": (AREA, False)},
    ),
    # the published string has VarTransform=G, of the variables; N transforms the target too
    "regression": Tutorial(
        "Regression",
        _declare_regression,
        "nTrain_Regression=1000:nTest_Regression=0:SplitMode=Random:NormMode=NumEvents:!V",
        _REGRESSION.format(transform="N"),
        _REGRESSION_PEER,
        deviation,
        _original_units,
        {"RMS": (0.05, True)},
    ),
    "regression-g": Tutorial(
        "Regression",
        _declare_regression,
        "nTrain_Regression=1000:nTest_Regression=0:SplitMode=Random:NormMode=NumEvents:!V",
        _REGRESSION.format(transform="G"),
        _REGRESSION_PEER,
        deviation,
        lambda raw, chain: raw.astype(np.float64),
        {"RMS": (0.05, True)},
    ),
    "higgs": Tutorial(
        "Classification",
        _declare_higgs,
        "nTrain_Signal=7000:nTrain_Background=7000:SplitMode=Random:NormMode=NumEvents:!V",
        "!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=G:WeightInitialization=XAVIER:InputLayout=1|1|7:BatchLayout=1|128|7:"
        "Layout=DENSE|64|TANH,DENSE|64|TANH,DENSE|64|TANH,DENSE|64|TANH,DENSE|1|LINEAR:"
        "TrainingStrategy=LearningRate=1e-3,Momentum=0.9,ConvergenceSteps=10,BatchSize=128,TestRepetitions=1,MaxEpochs=30,"
        "WeightDecay=1e-4,Regularization=None,Optimizer=ADAM,ADAM_beta1=0.9,ADAM_beta2=0.999,ADAM_eps=1.E-7,"
        "DropConfig=0.0+0.0+0.0+0.:Architecture=CPU",
        Recipe((*((64, "TANH"),) * 4, (1, "LINEAR")), "CROSSENTROPY", 1e-3, 128, 30, 10),
        _roc,
        _sigmoid,
        {"ROC area": (AREA, False)},
    ),
    "multiclass": Tutorial(
        "multiclass",
        _declare_multiclass,
        "SplitMode=Random:NormMode=NumEvents:!V",
        "!H:V:ErrorStrategy=CROSSENTROPY:VarTransform=N:WeightInitialization=XAVIERUNIFORM:Architecture=GPU:"
        "Layout=TANH|100,TANH|50,TANH|10,LINEAR:"
        "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,TestRepetitions=1,ConvergenceSteps=10,BatchSize=100,MaxEpochs=20",
        Recipe(((100, "TANH"), (50, "TANH"), (10, "TANH"), (4, "LINEAR")), "CROSSENTROPY", 1e-3, 100, 20, 10),
        _classes,
        _softmax,
        {name: (AREA, False) for name in ("area of Signal", "area of bg0", "area of bg1", "area of bg2", "accuracy")},
    ),
}
SMALLER_IS_BETTER = ("RMS", "truncated RMS", "|bias|")


def book(name: str, data: Path, *, seed: int, split_seed: int):
    """(factory, record) of a tutorial: the data are read, nothing is trained yet."""
    import tmvalite

    tutorial = TUTORIALS[name]
    factory = tmvalite.Factory(f"TMVA_{name}", f"!V:Silent:!ModelPersistence:AnalysisType={tutorial.analysis}")
    loader = tmvalite.DataLoader("dataset")
    tutorial.declare(loader, data)
    loader.PrepareTrainingAndTestTree("", f"{tutorial.split}:SplitSeed={split_seed}")
    with warnings.catch_warnings():
        # published strings contain what deserves a remark: a GPU that is not there, settings without effect
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        factory.BookMethod(loader, tmvalite.Types.kDL, "DNN_CPU", tutorial.options, RandomSeed=seed, Threads=1)
    return factory, factory.record(loader, "DNN_CPU")


def train_ours(name: str, data: Path, *, seed: int, split_seed: int):
    """(record, figures on the test sample) of a tutorial trained by tmvalite."""
    import tmvalite

    factory, record = book(name, data, seed=seed, split_seed=split_seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        factory.TrainAllMethods()
        factory.TestAllMethods()
    return record, TUTORIALS[name].measure(record.outputs["test"], record.data.test)


def train_peer(name: str, record, *, seed: int, same_start: bool = True):
    """(figures, epochs) of the same tutorial trained by PyTorch on the events of a trained record."""
    from tmvalite.training import streams

    tutorial = TUTORIALS[name]
    chain, events = record.method._model.chain, record.data.train
    x = np.asarray(chain.apply_variables(events.x), np.float32)
    if tutorial.analysis == "Regression":
        y = np.asarray(chain.apply_targets(events.targets) if chain.transforms_targets else events.targets, np.float32)
    elif tutorial.analysis == "Classification":
        y = (events.class_index == 0).astype(np.float32)[:, None]
    else:
        y = np.eye(4, dtype=np.float32)[events.class_index]
    n_valid = int(0.2 * len(x) + 1e-9)  # TMVA's ValidationSize=20%: the last events

    def sample(at):
        w = events.weight[at]
        return x[at], y[at], (w * (len(w) / w.sum())).astype(np.float32)

    key, n_train = streams.stream_key(seed, streams.SHUFFLE), len(x) - n_valid
    apply, epochs, _ = train(
        tutorial.recipe,
        sample(slice(0, n_train)),
        sample(slice(n_train, None)),
        seed=seed,
        order=lambda epoch: streams.permutation(key, n_train, epoch=epoch),
        initial=initial_parameters(record.method, seed) if same_start else None,
    )
    raw = apply(np.asarray(chain.apply_variables(record.data.test.x), np.float32))
    return tutorial.measure(tutorial.finish(raw, chain), record.data.test), epochs


def initial_parameters(method, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(W, b) of every dense layer before the training of `method` with this seed."""
    from tmvalite.training.initialisation import initialise

    network = method.blueprint(method.info).network(precision="float32", threads=1)
    initialise(network, method.bound.values.WeightInitialization, seed)
    values = {}
    for node, matrix in network.parameters.names():
        values.setdefault(node, {})[matrix] = network.parameters.get(node, matrix)
    return [(v["Weights"], v["Biases"][:, 0]) for v in values.values()]


def fisher_area(record) -> float:
    """Weighted test area of Fisher's linear discriminant, made of the weighted training events."""
    from tmvalite.evaluation import roc_area

    train_events, test = record.data.train, record.data.test
    direction = linear_discriminant(train_events.x, train_events.class_index == 0, train_events.weight)
    return roc_area(test.x.astype(np.float64) @ direction, test.class_index == 0, test.weight)


# ------------------------------------------------------------------------------------------- statistics of pairs


def student_quantile(p: float, degrees: int) -> float:
    """The t with P(Student's t < t) = p, p > 1/2, by bisection of the integrated density."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)

    def above_half(t: float) -> float:
        u = np.linspace(0.0, t, 4001)
        return scale * float(np.trapezoid((1.0 + u * u / degrees) ** (-(degrees + 1) / 2), u))

    low, high = 0.0, 400.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above_half(middle) < p - 0.5 else (low, middle)
    return 0.5 * (low + high)


@dataclass(frozen=True)
class Pairs:
    """One figure of all seeds. `difference` counts positive where tmvalite is better; the interval holds 95 %."""

    figure: str
    ours: list[float]
    theirs: list[float]
    margin: tuple[float, bool] | None = None

    @property
    def differences(self) -> np.ndarray:
        sign = -1.0 if self.figure in SMALLER_IS_BETTER else 1.0
        return sign * (np.array(self.ours) - np.array(self.theirs))

    @property
    def mean(self) -> float:
        return float(self.differences.mean())

    @property
    def half_width(self) -> float:
        n = len(self.ours)
        if n < 2:
            return math.inf
        return student_quantile(0.975, n - 1) * float(self.differences.std(ddof=1)) / math.sqrt(n)

    @property
    def allowed(self) -> float:
        """How much worse tmvalite may be, in the figure's unit; infinite where no margin is set."""
        if self.margin is None:
            return math.inf
        value, relative = self.margin
        return value * float(np.mean(self.theirs)) if relative else value

    @property
    def passes(self) -> bool:
        """Whether the whole interval lies above -allowed."""
        return self.mean - self.half_width > -self.allowed

    def summary(self) -> dict:
        return {
            "figure": self.figure,
            "tmvalite": float(np.mean(self.ours)),
            "PyTorch": float(np.mean(self.theirs)),
            "difference": self.mean,
            "interval": [self.mean - self.half_width, self.mean + self.half_width],
            "allowed": self.allowed if math.isfinite(self.allowed) else None,
            "passes": self.passes,
            "tmvalite by seed": self.ours,
            "PyTorch by seed": self.theirs,
        }


def paired(
    name: str,
    shared: Path,
    *,
    seeds: int = 20,
    same_start: bool = True,
    same_split: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> dict:
    """Train a tutorial on both sides with seeds 1, 2, ...; every seed has a split of its own unless `same_split`."""
    tutorial = TUTORIALS[name]
    ours, theirs, extra = [], [], {"epochs, tmvalite": [], "epochs, PyTorch": []}
    for seed in range(1, seeds + 1):
        record, figures = train_ours(name, shared / "data", seed=seed, split_seed=100 if same_split else 99 + seed)
        peer, epochs = train_peer(name, record, seed=seed, same_start=same_start)
        ours.append(figures)
        theirs.append(peer)
        extra["epochs, tmvalite"].append(len(record.method.history["epoch"]))
        extra["epochs, PyTorch"].append(epochs)
        if name == "classification":
            extra.setdefault("Fisher's area", []).append(fisher_area(record))
        progress(f"seed {seed:2d}  " + "  ".join(f"{k} {figures[k]:.4f} / {peer[k]:.4f}" for k in figures))
    pairs = [Pairs(k, [f[k] for f in ours], [f[k] for f in theirs], tutorial.margins.get(k)) for k in ours[0]]
    return {
        "tutorial": name,
        "seeds": seeds,
        "same start": same_start,
        "same split": same_split,
        "pairs": [p.summary() for p in pairs],
        **{k: v for k, v in extra.items()},
    }
