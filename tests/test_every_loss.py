"""Every registered loss, through the same checks: what it declares, formulas, kernels, each analysis, files, printing."""

import warnings

import numpy as np
import pytest

from tests.helpers import FLOAT32_FORWARD, FLOAT32_GRADIENT, assert_close, check_gradient
from tests.kernels.tools import call
from tests.members import by_onnxruntime, forgotten, saved_and_loaded, without_import_line
from tmvalite import MethodAE, MethodDL, losses, mathematics
from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.errors import Diagnostics, OptionError, Source
from tmvalite.graph import layout_text
from tmvalite.losses import (
    ANY,
    AUTOENCODER,
    LETTERS,
    LOSSES,
    PROBABILITIES,
    UNIT,
    Loss,
    activation_of,
    is_function,
    objective,
    trained,
    trained_kinds,
    usual,
)
from tmvalite.methods.understood import understand

ALL = [pytest.param(loss, id=name) for name, loss in LOSSES.items()]
USES = [pytest.param(loss, purpose, id=f"{name}-{purpose}") for name, loss in LOSSES.items() for purpose in loss.uses]
PURPOSES = (*ANALYSIS_TYPES, AUTOENCODER)
STRATEGY = "LearningRate=1e-2,MaxEpochs=3,BatchSize=20,TestRepetitions=1"


def own_kernel(loss):
    return type(loss).kernel is not Loss.kernel


def test_every_file_has_its_import_line():
    assert not (names := without_import_line(losses)), f"no import line in tmvalite/losses/__init__.py: {', '.join(names)}"


@pytest.mark.parametrize("loss", ALL)
def test_it_declares_all_that_is_asked_of_it(loss):
    own = ["uses"] * (vars(type(loss)).get("uses") != {})  # none: what no analysis is trained with, it says so
    parts = ["text", "formula", *own, "examples", "nats", *(("errors",) if own_kernel(loss) else ("value", "slope"))]
    assert not (missing := forgotten(loss, Loss, parts)), f"{loss.name} does not declare {', '.join(missing)}"
    assert loss.name.isupper() and set(loss.uses) <= set(PURPOSES), f"{loss.name}: uses are {', '.join(loss.uses)}"
    wrong = [use.function for use in loss.uses.values() if not is_function(use.function)]
    assert not wrong, f"{loss.name}: no activation is called {', '.join(wrong)}"
    assert loss.targets in (ANY, UNIT, PROBABILITIES), f"{loss.name}: targets are {loss.targets}"


def test_no_two_have_the_same_letter_and_every_analysis_has_one_usual_loss():
    assert len(LETTERS) == sum(loss.letter is not None for loss in LOSSES.values())
    for purpose in PURPOSES:
        found = [loss.name for loss in LOSSES.values() if purpose in loss.uses and loss.uses[purpose].usual]
        assert len(found) == 1, f"{' and '.join(found) or 'nothing'} trains a {purpose} where nothing is asked for"


def sample(loss, events=7, width=3):
    """Outputs and targets that the loss may learn."""
    rng = np.random.default_rng(4)
    y = rng.uniform(0, 1, (events, width))
    y = 4 * y - 2 if loss.targets == ANY else y / y.sum(axis=1, keepdims=True) if loss.targets == PROBABILITIES else y
    return 2 * rng.standard_normal((events, width)), y, rng.uniform(-0.5, 1.5, events)


def by_errors(kind, o, y, w):
    """The weighted sum of the losses of events, from what the loss says of an event in numpy."""
    loss, function = trained(kind)
    o = o if function is None else function.forward(mathematics, o)
    return float(np.sum(w * loss.errors(o, y).sum(axis=1) / loss.nats(o.shape[1])))


def by_kernel(kind, o, y, w):
    loss, function = trained(kind)
    scales, terms, grad = np.array([2.0]), np.zeros(1), np.zeros_like(o)
    run = {"training": 1, "count": 1, "loss_scales": scales.ctypes.data, "terms": terms.ctypes.data}
    call(loss.kernel(function), [o, y, w, grad], (0, 0, 0), rows=len(o), **run)
    return terms[0], grad / 2


@pytest.mark.parametrize("loss", ALL)
def test_examples_are_the_losses_of_events(loss):
    for outputs, targets, expected in loss.examples:
        o, y = np.array([outputs]), np.array([targets])
        assert abs(loss.errors(o, y).sum() / loss.nats(len(outputs)) - expected) < 1e-12 * max(1, abs(expected))


@pytest.mark.parametrize("kind", trained_kinds())
def test_kernel_equals_the_error_of_events_and_its_gradient_the_central_difference(kind):
    o, y, w = sample(trained(kind)[0])
    total, grad = by_kernel(kind, o, y, w)
    assert_close(total, by_errors(kind, o, y, w), 1e-13)
    check_gradient(lambda at: by_errors(kind, at, y, w), grad, o, what=kind)
    single = [a.astype(np.float32) for a in (o, y, w)]
    total32, grad32 = by_kernel(kind, *single)
    assert_close(total32, total, FLOAT32_FORWARD)
    assert_close(grad32, grad, FLOAT32_GRADIENT)


@pytest.mark.parametrize("kind", trained_kinds())
def test_huge_outputs_have_a_finite_loss_and_nan_stays_nan(kind):
    o, y = np.array([[1e4, -1e4, 0.0]], np.float32), np.array([[0.0, 1.0, 0.0]], np.float32)
    w = np.ones(1, np.float32)
    total, grad = by_kernel(kind, o, y, w)
    assert np.isfinite(total) and np.isfinite(grad).all()
    o[0, 1] = np.nan
    assert np.isnan(by_kernel(kind, o, y, w)[0])


def booked(loss, purpose, layout="TANH|5,LINEAR", strategy=None):
    strategy = f"ErrorStrategy={loss.name}:" if strategy is None else strategy
    options = f"{strategy}RandomSeed=3:TrainingStrategy={STRATEGY}"
    if purpose == AUTOENCODER:
        return MethodAE(f"Layout=Encoder={{TANH|2}}Decoder={{DENSE|N|LINEAR}}:{options}")
    return MethodDL(f"Layout={layout}:{options}", analysis_type=purpose)


def data(loss, purpose):
    x = np.random.default_rng(5).standard_normal((60, 3))
    if purpose == AUTOENCODER:
        x = sample(loss, 60)[1]
        return x, {}
    truth = {"classification": x[:, 0] > 0, "multiclass": np.digitize(x[:, 0], [-0.5, 0.5]), "regression": x[:, :2] + x[:, 1:]}
    return x, {"y": truth[purpose].astype(int) if purpose != "regression" else truth[purpose]}


def fitted(loss, purpose, **more):
    x, truth = data(loss, purpose)
    width = 2 if loss.uses[purpose].per_class else 1
    layout = more.pop("layout", f"TANH|5,DENSE|{width}|LINEAR" if purpose == "classification" else "TANH|5,LINEAR")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if loss.uses[purpose].remark else "error")
        warnings.filterwarnings("ignore", "the network is hardly trained")  # three epochs are not meant to
        return x, booked(loss, purpose, layout, **more).fit(x, **truth, progress="silent")


@pytest.mark.parametrize("loss,purpose", USES)
def test_it_trains_what_it_says_and_comes_back_from_its_file(loss, purpose, tmp_path):
    x, method = fitted(loss, purpose)
    history = method.history["train_loss"]
    assert np.isfinite(history).all() and history[-1] < history[0]
    again = saved_and_loaded(method, tmp_path / "a.xml")
    assert np.asarray(again.GetMvaValues(x)).tobytes() == np.asarray(method.GetMvaValues(x)).tobytes()
    text = (tmp_path / "a.xml").read_text()
    assert ("<Network" in text) == (loss.letter is None or purpose == AUTOENCODER)
    if "<Network" not in text:
        assert f'LossFunction="{loss.letter}"' in text
    if purpose == AUTOENCODER:
        assert again.reconstruct(x).tobytes() == method.reconstruct(x).tobytes()


@pytest.mark.parametrize("loss,purpose", [p for p in USES if p.values[1] == AUTOENCODER])
def test_the_anomaly_score_is_its_error_of_the_event(loss, purpose):
    x, method = fitted(loss, purpose)
    function = activation_of(loss.uses[AUTOENCODER].function)
    values = method.reconstruct(x).astype(float)
    scores = method.GetMvaValues(x).astype(float)
    if function.name == "LINEAR":
        assert_close(scores, loss.errors(values, x).sum(axis=1), 1e-5)
    assert (scores > 0).all() and np.isfinite(scores).all()


@pytest.mark.parametrize("loss,purpose", [p for p in USES if p.values[1] != AUTOENCODER])
def test_an_output_item_names_it_as_well_as_the_option(loss, purpose):
    width = {"classification": 2 if loss.uses[purpose].per_class else 1, "multiclass": 3, "regression": 2}[purpose]
    layout = f"TANH|5,y=DENSE|{width}|LINEAR"
    x, method = fitted(loss, purpose, layout=f"{layout},OUTPUT|{loss.name}@y", strategy="")
    assert f"OUTPUT|{loss.name}" in layout_text(method.graph)
    _, plain = fitted(loss, purpose, layout=layout)
    assert np.asarray(method.GetMvaValues(x)).tobytes() == np.asarray(plain.GetMvaValues(x)).tobytes()


@pytest.mark.parametrize("loss", ALL)
def test_where_it_trains_nothing_it_is_replaced_as_in_tmva_or_refused(loss):
    for purpose in set(ANALYSIS_TYPES) - set(loss.uses):
        diagnostics = Diagnostics(Source(loss.name))
        if loss.letter is None:
            with pytest.raises(OptionError, match=f"{loss.name} does not train a {purpose}"):
                objective(purpose, loss.name, given=True, width=2, diagnostics=diagnostics)
        else:
            found = objective(purpose, loss.name, given=True, width=2, diagnostics=diagnostics)
            assert found == usual(purpose) and [w.code for w in diagnostics.warnings] == ["loss-replaced"]


@pytest.mark.parametrize("loss", [p for p in ALL if p.values[0].uses])
def test_check_names_it(loss):
    method = "AE" if AUTOENCODER in loss.uses else "DL"
    layout = "Encoder={TANH|2}Decoder={DENSE|N|LINEAR}" if method == "AE" else "TANH|5,LINEAR"
    text = understand(f"Layout={layout}:ErrorStrategy={loss.name}", method=method, n_targets=2).as_text()
    assert f"ErrorStrategy               {loss.name}" in text or loss.name in text


@pytest.mark.parametrize("loss", ALL)
def test_onnxruntime_gives_the_values_of_its_output_functions(loss):
    x = np.random.default_rng(6).standard_normal((5, 3)).astype(np.float32)
    for use in loss.uses.values():
        function = activation_of(use.function)
        values = function.forward(mathematics, x.astype(float)) if function.elementwise else mathematics.softmax(x.astype(float))
        assert_close(by_onnxruntime(function.onnx, x), values, 1e-6, use.function)
