"""Trained networks know what can be known: toys with a known answer, TMVA's tutorials, event weights, one result for one seed.

The studies are those of benchmarks/physics.py, smaller. Every threshold states where it comes from; all seeds are fixed, so a
test passes always or never on one kind of machine.
"""

import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from benchmarks import studies, toys, tutorials
from tests.helpers import EXACT_FLOAT64, check_gradient, relative_error
from tests.networks import network_of
from tmvalite.evaluation import roc_area
from tmvalite.training.validation_split import drawn_events

SHARED = tutorials.shared_folder()
needs_data = pytest.mark.skipif(SHARED is None, reason="TMVA's example data are not here; set TMVALITE_SHARED")
needs_torch = pytest.mark.skipif(not studies.has_torch(), reason="PyTorch is not installed")


# ------------------------------------------------------------------------------------------- toys with a known answer


def test_a_ring_is_found_as_well_as_the_likelihood_ratio_finds_it():
    figures = studies.ring(seed=1, test_events=100_000, peer=False)
    # the area of a score that says nothing has a standard deviation of 0.0018 here
    assert abs(figures["straight line"] - 0.5) < 0.006
    # what a network of this size reaches with 20000 events: PyTorch stays 0.007 below after 40 epochs
    assert figures["likelihood ratio"] - figures["tmvalite"] < 0.010
    assert figures["tmvalite"] <= figures["likelihood ratio"] + 0.001  # nothing beats it, but for the size of the sample


def test_forty_layers_train_with_residual_links_only():
    figures = studies.depth(seed=1, events=12_000, test_events=20_000, epochs=16)
    assert figures["shallow"] > 0.75  # else the comparison says nothing; the likelihood ratio has 0.80
    assert figures["residual: part of the shallow excess"] > 0.95
    # a plain stack of 40 tanh layers shrinks the gradient by about (mean slope)^40: it stays near chance in this time
    assert figures["plain: part of the shallow excess"] < 0.5


def test_a_network_with_two_inputs_reads_the_informative_one():
    figures = studies.inputs(seed=1, events=6000, test_events=50_000, epochs=8)
    assert figures["as it is"] > 0.9
    assert abs(figures["input 1 permuted"] - figures["as it is"]) < 0.01  # noise changes nothing, whosever it is
    assert abs(figures["input 2 permuted"] - 0.5) < 0.02  # a standard deviation of 0.0026


def test_a_class_and_a_target_are_learnt_together():
    for name, loss in studies.joint(seed=1, events=5000, test_events=5000, epochs=8).items():
        # from both the start and the best constant answer, which asks for no look at the events
        assert loss["trained"] < 0.8 * min(loss["start"], loss["constant answer"]), name


@pytest.mark.parametrize("class_weight, energy_weight", [(1.0, 0.5), (1.0, 0.0), (0.0, 1.0)])
def test_gradients_of_two_outputs_by_finite_differences(class_weight, energy_weight):
    """Together and each alone, against losses computed here from the network's outputs."""
    layout = studies.JOINT.replace("OUTPUT|CROSSENTROPY@", f"OUTPUT|CROSSENTROPY|{class_weight}@")
    layout = layout.replace("OUTPUT|SUMOFSQUARES|0.5@", f"OUTPUT|SUMOFSQUARES|{energy_weight}@")
    network = network_of(layout, 4, precision="float64", losses=("CROSSENTROPY", "SUMOFSQUARES"), threads=1, scale=0.3)
    x, y, energy = toys.class_and_energy(40, seed=3)
    x, targets = x.astype(np.float64), np.stack([y, energy], axis=1).astype(np.float64)

    def loss(flat):
        network.parameters.restore(flat)
        entropy, square = studies.joint_losses(network.outputs(x), y, energy.astype(np.float64))
        return class_weight * entropy + energy_weight * square

    at = network.parameters.snapshot()
    gradient = network.gradient(x, targets, np.ones(len(x)))
    assert np.abs(gradient).max() > 1e-3
    check_gradient(loss, gradient, at)


# ------------------------------------------------------------------------------------------- TMVA's tutorials


@needs_data
def test_the_classification_tutorial_separates_like_fisher():
    record, figures = tutorials.train_ours("classification", SHARED / "data", seed=1, split_seed=100)
    fisher = tutorials.fisher_area(record)
    assert 0.915 < fisher < 0.926  # these classes are nearly Gaussian with equal widths: Fisher has 0.920 on all events
    # the published string trains 1600 events with half of every layer dropped: 0.915 to 0.923 over 20 seeds
    assert figures["ROC area"] > fisher - 0.01


@needs_data
def test_the_regression_tutorial_follows_its_target():
    record, figures = tutorials.train_ours("regression", SHARED / "data", seed=1, split_seed=100)
    spread = tutorials.deviation(np.zeros((len(record.data.test), 1)), record.data.test)["RMS"]
    assert spread > 50 and figures["RMS"] < 3.0  # 0.7 to 2.1 over 20 seeds, PyTorch's and ours


@needs_data
@needs_torch
def test_the_multiclass_tutorial_gives_pytorchs_answers_from_pytorchs_start():
    """The same initial numbers, batches and rules, no dropout: only roundings differ, and 640 steps do not blow them up."""
    record, figures = tutorials.train_ours("multiclass", SHARED / "data", seed=1, split_seed=100)
    peer, epochs = tutorials.train_peer("multiclass", record, seed=1, same_start=True)
    assert epochs == len(record.method.history["epoch"])
    for name, value in figures.items():
        assert abs(value - peer[name]) < 0.002, name  # 0.001 is 4 of 4000 test events
    assert figures["accuracy"] > 0.75


# ------------------------------------------------------------------------------------------- published weight files


def files_of_the_tutorial():
    return studies.tutorial_files(SHARED) if SHARED is not None else []


def by_hand(path, x):
    """The signal values of a dense weight file, in float64, from the XML alone: N, tanh layers, sigmoid."""
    root = ET.parse(path).getroot()
    ranges = root.findall("Transformations/Transform/Class/Ranges")[-1]
    low, high = (np.array([float(r.get(key)) for r in ranges]) for key in ("Min", "Max"))
    h = 2.0 * (x - low) / (high - low) - 1.0
    layers = root.findall("Weights/DenseLayer")
    for i, layer in enumerate(layers):
        w, b = (np.array(layer.find(name).text.split(), float) for name in ("Weights", "Biases"))
        h = h @ w.reshape(len(b), -1).T + b
        h = np.tanh(h) if i + 1 < len(layers) else h
    return 1.0 / (1.0 + np.exp(-h[:, 0]))


@needs_data
@pytest.mark.parametrize("path", files_of_the_tutorial(), ids=lambda p: p.name.partition("__")[0])
def test_networks_that_root_trained_separate_the_tutorials_events(path, tmp_path):
    x, is_signal, weight = studies.tutorial_events(SHARED)
    low, high = 0.917, 0.920  # the weighted areas of these networks as ROOT evaluates them
    assert low <= studies.reader_area(path, x, is_signal, weight) <= high
    # float32 through four layers against float64; one wrong number in a matrix gives 1e-3
    assert relative_error(tmvalite.load(path).GetMvaValues(x), by_hand(path, x)) < 2e-6
    damaged = studies.damaged_files(path, tmp_path)
    areas = {name: studies.reader_area(copy, x, is_signal, weight) for name, copy in damaged.items()}
    assert len(areas) == 3 and not low <= areas.pop("without transformation") <= high
    # Behind a layer whose nodes all follow one direction of the input, any matrix keeps the order of the events or turns it
    # round: a transposition can leave the area as it was. Of the two in each file one takes it far away, and no score stays.
    assert min(areas.values()) < 0.5
    for name in areas:
        assert relative_error(tmvalite.load(damaged[name]).GetMvaValues(x), by_hand(path, x)) > 0.01, name


# ------------------------------------------------------------------------------------------- event weights, in float64


def sample_with_weights(extra=(), weights=None, *, seed=7, n=(60, 60), n_valid=24):
    """(X, y, w) for `fit` such that a fixed set of events trains, plus those numbered in `extra`, and a fixed one validates.

    `fit` draws the validation events from the classes alone, so events can be put where they are wanted.
    """
    rng = np.random.default_rng(seed)
    y_train, y_valid = np.repeat([1, 0], n), np.repeat([1, 0], n_valid // 2)
    x_train, x_valid = (rng.normal(size=(len(y), 3)) + 0.8 * y[:, None] for y in (y_train, y_valid))
    w_train = np.ones(len(y_train)) if weights is None else weights(len(y_train))
    chosen = np.concatenate([np.arange(len(y_train)), np.asarray(extra, int)])
    x_train, y_train, w_train = x_train[chosen], y_train[chosen], w_train[chosen]
    return x_train, y_train, w_train, x_valid, y_valid


def fitted(x_train, y_train, w_train, x_valid, y_valid, *, scale=1.0, optimizer="ADAM", ignore=False):
    """A float64 MethodDL after 12 full-batch epochs on these training events.

    `fit` draws the validation events, so the events are put where its draw, which sees classes only, will look for them:
    class by class, training and validation events fill the places of either kind.
    """
    n, n_valid, seed = len(y_train) + len(y_valid), len(y_valid), 11
    y = np.sort(np.concatenate([y_train, y_valid]))[::-1]
    train_at, valid_at = drawn_events(1 - y, n, n_valid, seed)
    x, w = np.empty((n, x_train.shape[1])), np.ones(n)
    for kind in (0, 1):
        for at, values, weights, labels in (
            (train_at, x_train, w_train, y_train),
            (valid_at, x_valid, np.ones(n_valid), y_valid),
        ):
            places = at[y[at] == kind]
            assert len(places) == (labels == kind).sum()
            x[places], w[places] = values[labels == kind], weights[labels == kind]
    strategy = (
        f"LearningRate=1e-2,Optimizer={optimizer},Momentum=0.3,BatchSize={len(y_train)},MaxEpochs=12,"
        "TestRepetitions=1,ConvergenceSteps=12"
    )
    method = tmvalite.MethodDL(
        Layout="TANH|16,TANH|8,LINEAR",
        TrainingStrategy=strategy,
        ValidationSize=n_valid,
        RandomSeed=seed,
        Precision="float64",
        Threads=1,
        IgnoreNegWeightsInTraining=ignore,
        analysis_type="classification",
    )
    return method.fit(x, y, sample_weight=scale * w, progress="silent")


def parameters_of(method):
    return method.network.parameters.snapshot()


@pytest.mark.parametrize("optimizer", ["SGD", "ADAM"])
def test_a_weight_of_two_is_the_event_twice(optimizer):
    doubled = [3, 17, 60, 61, 101]
    heavy = sample_with_weights(weights=lambda n: 1.0 + np.isin(np.arange(n), doubled))
    twice = sample_with_weights(extra=doubled)
    plain = parameters_of(fitted(*sample_with_weights(), optimizer=optimizer))
    expected = parameters_of(fitted(*twice, optimizer=optimizer))
    assert relative_error(parameters_of(fitted(*heavy, optimizer=optimizer)), expected) < EXACT_FLOAT64
    assert relative_error(plain, expected) > 1e-6  # so the weights did something


@pytest.mark.parametrize("optimizer", ["SGD", "ADAM"])
def test_a_weight_of_zero_is_no_event(optimizer):
    missing = np.array([0, 5, 33, 77, 118])
    zero = sample_with_weights(weights=lambda n: 1.0 - np.isin(np.arange(n), missing))
    x, y, w, x_valid, y_valid = zero
    kept = w > 0
    expected = parameters_of(fitted(x[kept], y[kept], w[kept], x_valid, y_valid, optimizer=optimizer))
    assert relative_error(parameters_of(fitted(*zero, optimizer=optimizer)), expected) < EXACT_FLOAT64


def test_the_unit_of_the_weights_does_not_matter():
    sample = sample_with_weights(weights=lambda n: np.linspace(0.1, 3.0, n))
    expected = parameters_of(fitted(*sample))
    for scale in (1e-6, 1e6):
        assert relative_error(parameters_of(fitted(*sample, scale=scale)), expected) < EXACT_FLOAT64


@pytest.mark.filterwarnings("ignore:.* event weights are negative")
def test_negative_weights_train():
    """Events like those of a generator at next-to-leading order: a fifth of the signal counts as -1, spread as the rest."""
    rng = np.random.default_rng(5)
    y = np.repeat([1, 0], 4000)
    x = (rng.normal(size=(8000, 3)) + 0.8 * y[:, None]).astype(np.float32)
    w = np.where((rng.uniform(size=8000) < 0.2) & (y == 1), -1.0, 1.0)
    method = studies.booked("TANH|16,LINEAR", epochs=8, rate=3e-3, seed=1).fit(x, y, sample_weight=w, progress="silent")
    test_y = np.repeat([True, False], 10_000)
    test_x = (rng.normal(size=(20_000, 3)) + 0.8 * test_y[:, None]).astype(np.float32)
    best = roc_area(test_x.sum(axis=1), test_y)  # the likelihood ratio of this toy grows with the sum
    assert best - roc_area(method.GetMvaValues(test_x), test_y) < 0.01  # 0.004 is usual, also without negative weights


# ------------------------------------------------------------------------------------------- the core alone

CORE = """
import importlib.abc, sys
import numpy as np

ALLOWED = set(sys.stdlib_module_names) | {"numpy", "numba", "llvmlite", "lark", "tmvalite"}

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Nothing())
for name in ("uproot", "rich", "pandas", "awkward", "scipy", "torch"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(f"{name} could be imported")

import tmvalite as tmva

rng = np.random.default_rng(1)
x = rng.normal(size=(400, 3)).astype(np.float32)
answers = {
    "classification": (x[:, 0] > 0, lambda m: m.GetMvaValues(x)),
    "regression": (5.0 + 2.0 * x[:, 0], lambda m: m.GetRegressionValues(x)),
    "multiclass": (np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.5, 0.5])], lambda m: m.GetMulticlassValues(x)),
}
for kind, (y, values) in answers.items():
    method = tmva.MethodDL("!H:!V:VarTransform=N:Layout=TANH|8,LINEAR:RandomSeed=1:TrainingStrategy=LearningRate=1e-2,"
                           "BatchSize=40,MaxEpochs=20,TestRepetitions=1", analysis_type=kind)
    method.fit(x, y)
    method.save(f"{kind}.weights.xml")
    again = tmva.load(f"{kind}.weights.xml")
    assert np.array_equal(values(again), values(method)) and np.isfinite(values(again)).all(), kind
    assert again.analysis_type == kind
    assert method.score(x, y) > (0.5 if kind != "multiclass" else 0.4), kind
outside = {m.partition(".")[0] for m in sys.modules} - ALLOWED - {"__main__"}
outside = sorted(m for m in outside if not m.startswith(("_", "<")) and m != "cython_runtime")
print("done", outside)
"""


def test_arrays_need_nothing_but_numpy_numba_and_lark(tmp_path):
    program = tmp_path / "core.py"
    program.write_text(textwrap.dedent(CORE), encoding="utf-8")
    root = Path(tmvalite.__file__).resolve().parents[1]
    command = [sys.executable, "-c", f"import sys, runpy; sys.path.insert(0, {str(root)!r}); runpy.run_path({str(program)!r})"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "done []"


# ------------------------------------------------------------------------------------------- one seed, one result


def booked_for_bits(threads, precision="float32"):
    return tmvalite.MethodDL(
        "!V:VarTransform=N:Layout=TANH|128,RELU|128,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate=1e-3,BatchSize=600,MaxEpochs=3,"
        f"TestRepetitions=1,DropConfig=0.0+0.2+0.2:Threads={threads}:Precision={precision}",
        analysis_type="classification",
    )


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(25_000, 5)).astype(np.float32)
    return x, x[:, 0] * x[:, 1] + x[:, 2] > 0


@pytest.fixture(scope="module")
def trained(events):
    """The same training with one thread and with two."""
    x, y = events
    return [booked_for_bits(threads).fit(x[:4000], y[:4000], progress="silent") for threads in (1, 2)]


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_one_and_two_threads_train_the_same_bits(precision, events, trained):
    x, y = events
    methods = (
        trained
        if precision == "float32"
        else [booked_for_bits(threads, precision).fit(x[:2000], y[:2000], progress="silent") for threads in (1, 2)]
    )
    assert [m.network.threads for m in methods] == [1, 2]
    assert methods[0].network.plan.shares(600) > 1  # so that the second thread has work
    assert np.array_equal(*(parameters_of(m) for m in methods))
    assert methods[0].history["valid_loss"] == methods[1].history["valid_loss"]
    assert methods[0].history["train_loss"] == methods[1].history["train_loss"]


@pytest.fixture(scope="module")
def readers(trained, tmp_path_factory):
    """Scores of events by every public way, with one thread and with two: the getters of a trained method, and the Reader."""
    path = tmp_path_factory.mktemp("bits") / "bits.weights.xml"
    trained[0].save(path)
    ways = [method.GetMvaValues for method in trained]
    for threads in (1, 2):
        reader = tmvalite.Reader("!Color:Silent")
        for i in range(5):
            reader.AddVariable(f"var{i + 1}")
        reader.BookMVA("DNN", path)
        reader.FindMVA("DNN").network.threads = threads  # a loaded method takes what the machine offers
        ways.append(lambda x, reader=reader: reader.EvaluateMVA(x, "DNN"))
    return ways


def test_a_score_does_not_depend_on_the_events_around_it(events, readers):
    x, _ = events
    expected = readers[0](x)
    assert len(np.unique(expected)) > 10_000
    order = np.random.default_rng(1).permutation(len(x))
    for score in readers:
        assert np.array_equal(score(x), expected)  # all at once: enough work for a second thread
        assert np.array_equal(score(x[order]), expected[order])
        for size in (1, 2, 3, 7, 16, 33, 100, 1000, 1025):
            parts = [score(x[i : i + size]) for i in range(0, 40 * size if size < 100 else 3 * size, size)]
            assert np.array_equal(np.concatenate(parts), expected[: sum(map(len, parts))]), size
        assert [np.float32(score(one)) for one in x[:50]] == list(expected[:50])  # one event (V,)


def test_one_and_two_threads_give_the_factory_the_same_network(tmp_path, monkeypatch, events):
    monkeypatch.chdir(tmp_path)
    x, y = events
    columns = {f"v{i}": x[:3000, i] for i in range(5)}
    networks, scores = [], []
    for threads in (1, 2):
        loader = tmvalite.DataLoader(f"dataset{threads}")
        for name in columns:
            loader.AddVariable(name, "F")
        for add, chosen in ((loader.AddSignalTree, y[:3000]), (loader.AddBackgroundTree, ~y[:3000])):
            add({name: column[chosen] for name, column in columns.items()}, 1.0)
        loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
        factory = tmvalite.Factory("bits", "!V:Silent:AnalysisType=Classification")
        options = (
            "!V:VarTransform=N:Layout=TANH|128,TANH|128,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate=1e-3,"
            "BatchSize=600,MaxEpochs=3,TestRepetitions=1"
        )
        method = factory.BookMethod(loader, tmvalite.Types.kDL, "DNN", options, Threads=threads)
        factory.TrainAllMethods()
        factory.TestAllMethods()
        assert method.network.threads == threads and method.network.plan.shares(600) > 1
        networks.append(parameters_of(method))
        scores.append(factory.record(loader, "DNN").outputs["test"])
    assert np.array_equal(*networks) and np.array_equal(*scores)
