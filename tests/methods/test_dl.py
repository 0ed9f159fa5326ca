"""MethodDL: booking, training from arrays and from data sets, values."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.methods.samples import as_events, line, options, strategy, three_classes, two_classes
from tmvalite.errors import DataError, NotFittedError, OptionError, ShapeError, TmvaliteWarning, TrainingError
from tmvalite.methods import MethodDL
from tmvalite.training.progress import Progress


def fitted(text=None, analysis_type="classification", data=two_classes, **keywords):
    method = MethodDL(text if text is not None else options(), analysis_type=analysis_type)
    return method.fit(*data(), progress="silent", **keywords)


# ------------------------------------------------------------------------------------------- booking


def test_error_layout_is_refused_at_booking_before_the_data_are_known():
    with pytest.raises(OptionError) as caught:
        MethodDL("Layout=a=DENSE|8|RELU,DENSE|1|LINEAR@b")
    assert str(caught.value) == (
        "there is nothing called 'b'\n"
        "  Layout=a=DENSE|8|RELU,DENSE|1|LINEAR@b\n"
        "                                       ^\n"
        "  in Layout, layer 2 (DENSE)\n"
        "  expected one of: input, a"
    )


def test_a_width_that_depends_on_the_data_is_not_judged_at_booking():
    MethodDL("Layout=DENSE|N-70|RELU,DENSE|1|LINEAR")


def test_error_transformation_that_is_not_known_at_booking():
    with pytest.raises(OptionError, match="no transformation is called 'PAC'"):
        MethodDL("VarTransform=N,PAC")


def test_error_batch_layout_at_booking_where_the_input_is_known():
    with pytest.raises(OptionError, match="BatchLayout does not fit BatchSize=30"):
        MethodDL("InputLayout=1|1|7:BatchLayout=1|128|7:Layout=LINEAR:TrainingStrategy=MaxEpochs=1")


def test_error_analysis_type():
    with pytest.raises(OptionError, match="the analysis type 'regresion' is not known"):
        MethodDL(analysis_type="regresion")


def test_keywords_and_strings_say_the_same():
    a = MethodDL("Layout=TANH|4,LINEAR:RandomSeed=3")
    b = MethodDL(Layout="TANH|4,LINEAR", RandomSeed=3)
    assert dict(a.bound.values) == dict(b.bound.values)


def test_strict_turns_a_warning_into_an_error():
    with pytest.warns(TmvaliteWarning, match="Architecture=GPU is not available; everything runs on the CPU"):
        MethodDL("Layout=LINEAR:Architecture=GPU")
    with pytest.raises(OptionError, match="Architecture=GPU"):
        MethodDL("Layout=LINEAR:Architecture=GPU:Strict")


def test_a_warning_points_at_the_users_line_and_comes_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        method = MethodDL(options(layout="DENSE|8|TAHN,LINEAR"))
        method.fit(*two_classes(), progress="silent")
        method.fit(*two_classes(), progress="silent")
    assert [w.message.code for w in caught] == ["activation-unknown"]
    assert caught[0].filename == __file__


# ------------------------------------------------------------------------------------------- classification


def test_a_classification_learns_and_gives_the_same_bits_for_one_event_and_many():
    method = fitted(options(more="VarTransform=N:RandomSeed=5"))
    X, y = two_classes()
    values = method.GetMvaValues(X)
    assert values.shape == (240,) and values.dtype == np.float32 and 0 < values.min() and values.max() < 1
    assert method.score(X, y) > 0.85
    assert [method.GetMvaValue(x) for x in X[:5]] == values[:5].tolist()
    assert isinstance(method.GetMvaValues(X[0]), float)


def test_every_way_of_giving_the_events_gives_the_same_bits():
    method = fitted(options(more="VarTransform=N:RandomSeed=5"))
    X, _ = two_classes()
    values = method.GetMvaValues(X)
    table = pd.DataFrame(X, columns=["var1", "var2", "var3"])
    for given in (X.astype(float), X.tolist(), np.asfortranarray(X), X[::-1][::-1], table, table[["var3", "var1", "var2"]]):
        assert np.array_equal(method.GetMvaValues(given), values)


@pytest.mark.parametrize("transform", ["None", "N", "N(_V0_)", "N,N", "N_Signal"])
@pytest.mark.filterwarnings("ignore:N_Signal")
def test_transformations_folded_into_the_network_or_not_give_the_same_bits(transform):
    method = fitted(options(more=f"VarTransform={transform}:RandomSeed=5"))
    X, _ = two_classes()
    model = method._model
    x = model.chain.apply_variables(X) if len(model.chain) else X
    raw = method.network.outputs(x)[:, 0].astype(np.float64)
    assert np.allclose(method.GetMvaValues(X), 1 / (1 + np.exp(-raw)), rtol=2e-6)
    assert model.direct == (transform in ("None", "N", "N_Signal"))


def test_a_constant_variable_survives_normalisation():
    X, y = two_classes()
    X[:, 1] = 7.0
    with pytest.warns(TmvaliteWarning, match="variable 'var2' is constant"):
        method = MethodDL(options(more="VarTransform=N:RandomSeed=5")).fit(X, y, progress="silent")
    assert np.isfinite(method.GetMvaValues(X)).all() and method.score(X, y) > 0.85


def test_rows_that_are_not_finite_give_nan_and_leave_the_others_alone():
    for transform in ("N", "N(_V0_)"):
        method = fitted(options(more=f"VarTransform={transform}:RandomSeed=5"))
        X, _ = two_classes(5)
        good = method.GetMvaValues(X)
        X[1, 2], X[3, 0] = np.nan, np.inf
        values = method.GetMvaValues(X)
        assert np.array_equal(np.isnan(values), [False, True, False, True, False])
        assert np.array_equal(values[[0, 2, 4]], good[[0, 2, 4]])


def test_predictions_speak_the_users_labels():
    X, y = two_classes()
    method = fitted(options(40))
    assert method.classes_.tolist() == [0, 1] and method.signal_class == 1
    probability = method.predict_proba(X)
    assert np.array_equal(probability[:, 1], method.GetMvaValues(X)) and np.allclose(probability.sum(axis=1), 1)
    assert np.array_equal(method.predict(X), (probability[:, 1] >= 0.5).astype(int))
    names = np.array(["qcd", "tt"])[y]
    named = MethodDL(options(40)).fit(X, names, signal="tt", progress="silent")
    assert named.signal_class == "tt" and named.info.classes == ("tt", "qcd")
    assert np.array_equal(named.GetMvaValues(X), method.GetMvaValues(X))
    assert named.predict_proba(X)[0, named.classes_.tolist().index("tt")] == method.GetMvaValues(X)[0]


def test_the_same_seed_trains_the_same_bits_and_a_drawn_seed_is_recorded():
    X, _ = two_classes()
    first = fitted(options(3)).GetMvaValues(X)
    assert np.array_equal(fitted(options(3, more="RandomSeed=5:Threads=1")).GetMvaValues(X), first)
    drawn = fitted(options(3, more="RandomSeed=0"))
    again = fitted(options(3, more=f"RandomSeed={drawn.random_seed}"))
    assert drawn.random_seed > 0 and np.array_equal(drawn.GetMvaValues(X), again.GetMvaValues(X))


def test_sum_of_squares_trains_the_value_and_not_the_raw_output():
    X, y = two_classes()
    values = fitted(options(60, more="ErrorStrategy=SUMOFSQUARES:RandomSeed=5")).GetMvaValues(X)
    assert values[y == 1].mean() > 0.85 and values[y == 0].mean() < 0.15


def test_mutual_exclusion_with_two_outputs():
    X, y = two_classes()
    method = fitted(options(30, layout="TANH|8,DENSE|2|LINEAR", more="ErrorStrategy=MUTUALEXCLUSIVE:RandomSeed=5"))
    assert method.score(X, y) > 0.9 and method.GetMvaValues(X)[y == 1].mean() > 0.8


def test_a_last_layer_that_is_too_wide_trains_one_column_per_class_as_in_tmva():
    with pytest.warns(TmvaliteWarning, match="the last layer has 8 outputs; classification uses the first one only"):
        method = fitted(options(30, layout="TANH|8"))
    X, y = two_classes()
    assert method.GetMvaValues(X).shape == (240,) and method.score(X, y) > 0.8


def test_phases_with_their_own_dropout_and_batch_size():
    phases = f"{strategy(3, DropConfig='0.0+0.5')}|{strategy(2, BatchSize=17)}"
    method = fitted(f"Layout=TANH|8,TANH|8,LINEAR:RandomSeed=5:TrainingStrategy={phases}")
    blueprint = method.blueprint(method.info)
    assert blueprint.dropout == ({"DENSE#2": 0.5}, {"DENSE#2": 0.0})
    assert method.history["phase"] == [1, 1, 1, 2, 2]


def test_history_has_one_entry_per_epoch():
    history = fitted(options(4)).history
    assert history["epoch"] == [1, 2, 3, 4] and all(len(column) == 4 for column in history.values())
    assert {"phase", "train_loss", "valid_loss", "learning_rate", "seconds"} <= set(history)
    assert MethodDL("Layout=LINEAR").history["epoch"] == []


def test_double_precision_through_and_through():
    X, y = two_classes()
    X = X.astype(float) * (1 + 1e-12)
    method = MethodDL(options(3, more="Precision=float64:RandomSeed=5")).fit(X, y, progress="silent")
    values = method.GetMvaValues(X)
    assert values.dtype == np.float64 and not np.array_equal(values, method.GetMvaValues(X.astype(np.float32)))


# ------------------------------------------------------------------------------------------- weights


def trained(weight, rows=slice(None), mode="Precision=float64:ValidationSize=60:RandomSeed=5"):
    """Full-batch training on some of the events; the last 60 validate."""
    X, y = two_classes()
    rows = np.concatenate([np.arange(180)[rows], np.arange(180, 240)])
    X, y, weight = X[rows], y[rows], np.concatenate([weight, np.ones(60)])
    method = MethodDL(options(5, BatchSize=len(X) - 60, more=mode))
    method.train(*as_events(X, y, weight), progress="silent")
    return method.GetMvaValues(two_classes()[0])


def test_only_ratios_of_weights_count():
    w = np.random.default_rng(4).uniform(0.5, 2, 180)
    assert np.allclose(trained(w), trained(1e6 * w), rtol=1e-10)
    assert not np.allclose(trained(w), trained(np.ones(180)), rtol=1e-6)


def test_weight_two_is_the_event_twice_and_weight_zero_is_none():
    w = np.ones(180)
    w[:20], w[20:30] = 2, 0
    doubled = np.concatenate([np.arange(20), np.arange(20), np.arange(30, 180)])
    assert np.allclose(trained(w), trained(np.ones(190), doubled), rtol=1e-10)


def test_negative_weights_can_be_ignored():
    w = np.ones(180)
    w[:30] = -1
    zero = np.maximum(w, 0)
    mode = "Precision=float64:ValidationSize=60:RandomSeed=5:IgnoreNegWeightsInTraining"
    assert np.array_equal(trained(w, mode=mode), trained(zero))
    assert not np.allclose(trained(w), trained(zero), rtol=1e-6)


def test_norm_balances_the_classes():
    X, y = two_classes(600)
    keep = (y == 0) | (np.arange(600) % 6 == 0)
    X, y = X[keep], y[keep]
    means = {
        norm: MethodDL(options(60)).fit(X, y, norm=norm, progress="silent").GetMvaValues(X).mean()
        for norm in ("EqualNumEvents", "NumEvents", None)
    }
    assert means["EqualNumEvents"] > means["NumEvents"] + 0.05
    assert means["NumEvents"] == means[None]  # unit weights are already what NumEvents makes of them


def test_error_norm_that_is_not_known():
    with pytest.raises(OptionError, match="norm 'Equal' is not known"):
        fitted(norm="Equal")


# ------------------------------------------------------------------------------------------- regression, multiclass


@pytest.mark.parametrize("transform", ["None", "N", "N(_V_)", "N(_T_)"])
def test_a_regression_gives_targets_in_their_own_units(transform):
    X, y = line()
    scale = 1 if "_T_" in transform or transform == "N" else 100.0
    method = MethodDL(options(80, more=f"VarTransform={transform}:RandomSeed=5"), analysis_type="regression")
    method.fit(X, (y - 1000) / scale + 1000 / scale, progress="silent")
    target = y / scale
    values = method.GetRegressionValues(X)
    assert values.shape == (240, 1) and np.array_equal(method.GetMvaValues(X), values[:, 0])
    assert np.array_equal(method.GetRegressionValues(X[0]), values[0]) and method.GetMvaValues(X[0]) == values[0, 0]
    if scale == 1:
        assert method.score(X, target) > 0.97 and np.array_equal(method.predict(X), values[:, 0])


def test_several_targets():
    X, y = line()
    both = np.stack([y, 3 - X[:, 1]], axis=1)
    method = MethodDL(options(80, more="VarTransform=N:RandomSeed=5"), analysis_type="regression").fit(X, both, progress="silent")
    assert method.predict(X).shape == (240, 2) and method.score(X, both) > 0.95
    assert [t.label for t in method.info.targets] == ["target1", "target2"]


def test_multiclass_values_stand_in_the_order_of_the_classes():
    X, y = three_classes()
    method = MethodDL(options(40, layout="TANH|12,LINEAR"), analysis_type="multiclass").fit(X, y, progress="silent")
    values = method.GetMulticlassValues(X)
    assert method.classes_.tolist() == ["Signal", "bg0", "bg1"] == list(method.info.classes)
    assert values.shape == (300, 3) and np.allclose(values.sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(method.GetMulticlassValues(X[3]), values[3]) and np.array_equal(method.predict_proba(X), values)
    assert method.score(X, y) > 0.9 and np.array_equal(method.GetMvaValues(X), values[:, 0])


def test_classes_and_targets_from_one_network():
    X, y = two_classes()
    layout = "h=DENSE|16|TANH,score=DENSE|1|LINEAR@h,mass=DENSE|2|LINEAR@h,OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES|0.5@mass"
    targets = np.stack([100 + 5 * X[:, 0], X[:, 1] - X[:, 2]], axis=1)
    method = MethodDL(options(60, layout=layout, more="VarTransform=N:RandomSeed=5"))
    method.fit(X, y, targets=targets, progress="silent")
    assert method.score(X, y) > 0.9
    residual = method.GetRegressionValues(X) - targets
    assert method.GetRegressionValues(X).shape == (240, 2) and (residual.std(axis=0) < 0.6 * targets.std(axis=0)).all()


# ------------------------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: fitted(options(layout="TANH|8,DENSE|2|LINEAR"), "regression", line),
            "the last layer has 2 outputs, but there is 1 target",
        ),
        (
            lambda: fitted(options(layout="TANH|8,DENSE|2|LINEAR"), "multiclass", three_classes),
            "the last layer has 2 outputs, but there are 3 classes",
        ),
        (
            lambda: fitted(options(more="InputLayout=1|1|4:RandomSeed=5")),
            "InputLayout holds 4 values, but the event has 3 variables",
        ),
    ],
)
def test_error_shapes(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_error_mutual_exclusion_in_a_classification():
    with pytest.raises(OptionError, match="MUTUALEXCLUSIVE needs an output for every class"):
        fitted(options(more="ErrorStrategy=MUTUALEXCLUSIVE"))


def test_error_not_fitted():
    method = MethodDL("Layout=LINEAR")
    calls = (lambda: method.GetMvaValues([[1.0]]), lambda: method.predict([[1.0]]), lambda: method.info, lambda: method.save("x"))
    for call in calls:
        with pytest.raises(NotFittedError) as caught:
            call()
        assert str(caught.value) == "this MethodDL is not trained\n  hint: call fit, or tmvalite.load a weight file"


def test_error_getters_of_another_analysis():
    method = fitted(options(1))
    with pytest.raises(OptionError, match="this method is a classification, not multiclass"):
        method.GetMulticlassValues(two_classes()[0])
    with pytest.raises(OptionError, match="this classification has no regression targets"):
        method.GetRegressionValues(two_classes()[0])


def test_error_events_of_the_wrong_width():
    method = fitted(options(1))
    with pytest.raises(DataError) as caught:
        method.GetMvaValues([[1.0, 2.0]])
    assert str(caught.value) == (
        "the events have shape (1, 2), the method has 3 variables\n  expected (events, 3), or (3,) for one event"
    )
    with pytest.raises(DataError):
        method.GetMvaValues(np.zeros((4, 2), np.float32))
    with pytest.raises(DataError, match="X has values of type <U1, not numbers"):
        method.GetMvaValues([["a", "b", "c"]])


def test_error_a_class_that_would_not_train():
    X, y = two_classes()
    order = np.argsort(y, kind="stable")
    method = MethodDL(options(1, more=f"ValidationSize={int((y == 1).sum())}:RandomSeed=5"))
    with pytest.raises(DataError) as caught:
        method.train(*as_events(X[order], y[order]), progress="silent")
    n = int((y == 1).sum())
    assert str(caught.value) == (
        f"none of the {240 - n} training events is of class 'Signal'; {n} of it validate\n"
        "  hint: mix the classes (SplitMode=Random), or give more events"
    )


def test_a_class_that_does_not_validate_is_warned_about():
    X, y = two_classes()
    order = np.argsort(y, kind="stable")
    method = MethodDL(options(1))
    with pytest.warns(TmvaliteWarning, match="no event of class 'Background' is among the 48 validation events"):
        method.train(*as_events(X[order], y[order]), progress="silent")


def test_a_signal_below_the_background_of_the_validation_is_warned_about():
    X, y = two_classes()
    y[-48:] = 1 - y[-48:]
    method = MethodDL(options(5, LearningRate="1e-3"))
    with pytest.warns(TmvaliteWarning) as caught:
        method.train(*as_events(X, y), progress="silent")
    assert "roc-below-half" in [w.message.code for w in caught]


def test_no_improvement_is_warned_about():
    X, y = two_classes()
    y[-48:] = 1 - y[-48:]
    method = MethodDL(options(2, layout="LINEAR", more="WeightInitialization=ZERO:Strict"))
    with pytest.warns(TmvaliteWarning) as caught:
        method.train(*as_events(X, y), progress="silent")
    assert [w.message.code for w in caught] == ["no-improvement", "roc-below-half"]
    assert str(caught[0].message) == (
        "no epoch had a smaller validation error than the start; the weights of the last epoch are kept\n"
        "  hint: try a smaller LearningRate, or more epochs"
    )
    assert method.is_trained and caught[0].filename == __file__ == caught[1].filename


def test_a_training_that_runs_away_ends_with_an_error_and_forgets_the_model():
    method = fitted(options(1))
    with pytest.warns(TmvaliteWarning, match="LearningRate=1e\\+20 is very large"):
        method.set_params(options=options(5, layout="RELU|8,RELU|8,LINEAR", LearningRate="1e20", Optimizer="SGD", Momentum="0.3"))
    with pytest.raises(TrainingError, match="at learning rate 1e\\+20; nothing was learnt"):
        method.fit(*two_classes(), progress="silent")
    assert not method.is_trained


class Interrupts(Progress):
    def __init__(self, epoch):
        self.stop = epoch

    def epoch(self, number, epoch, stale):
        if number == self.stop:
            raise KeyboardInterrupt


def test_ctrl_c_leaves_a_method_that_can_be_used_and_goes_on_to_the_caller():
    events, info = as_events(*two_classes())
    method = MethodDL(options(50))
    with pytest.raises(KeyboardInterrupt):
        method.train(events, info, progress=Interrupts(6))
    assert method.history["epoch"] == [1, 2, 3, 4, 5, 6] and np.isfinite(method.GetMvaValues(events.x)).all()
    kept = MethodDL(options(50))
    kept.train(events, info, progress=Interrupts(6), on_interrupt="keep")
    assert np.array_equal(kept.GetMvaValues(events.x), method.GetMvaValues(events.x))


# ------------------------------------------------------------------------------------------- Python's manners


def test_parameters_can_be_read_set_and_cloned():
    sklearn = pytest.importorskip("sklearn.base")
    method = fitted(options(1))
    given = {"options": options(1), "analysis_type": "classification", "norm": None, "progress": "auto", "Layout": None}
    assert method.get_params().items() >= given.items()
    again = sklearn.clone(method)
    assert again.get_params() == method.get_params() and not again.is_trained
    assert sklearn.is_classifier(method) and not sklearn.is_regressor(method)
    method.set_params(title="NN", Threads=1)
    assert method.title == "NN" and method.bound.values.Threads == 1 and not method.is_trained


def test_error_set_params_leaves_the_method_as_it_was():
    method = fitted(options(1))
    with pytest.raises(OptionError):
        method.set_params(options="Layout=DENSE|-3")
    assert method.is_trained and method.get_params()["options"] == options(1)


def test_cross_validation_of_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection")
    X, y = two_classes()
    scores = selection.cross_val_score(MethodDL(options(20)), X, y, cv=3, params={"progress": "silent"})
    assert scores.shape == (3,) and scores.min() > 0.8


def test_a_method_prints_itself():
    method = MethodDL("InputLayout=1|1|3:Layout=TANH|4,LINEAR", title="NN")
    assert repr(method) == "MethodDL('InputLayout=1|1|3:Layout=TANH|4,LINEAR', analysis_type='classification', title='NN')"
    assert str(method).splitlines()[0] == "MethodDL 'NN', classification, not trained"
    assert str(method).splitlines()[-1].split() == ["total", "21"]
    assert "product" in str(fitted(options(1)).plan)


def test_the_table_goes_to_standard_output(capsys):
    MethodDL(options(2)).fit(*two_classes(), progress="table")
    out, err = capsys.readouterr()
    assert (
        len(out.splitlines()) == 10 and out.splitlines()[0] == "Using 192 events for training and 48 for validation" and not err
    )
