"""`fit` of an EventStream: the bits of arrays where the events fit, every event once where they do not, and what can go wrong."""

import os
import threading

import numpy as np
import pytest

import tmvalite as tmva
from tests.data.streams import CUT, NAMES, WEIGHT, arrays, nothing_fits, write_classes, write_tree
from tmvalite.errors import DataError, ExpressionError, FileError, OptionError
from tmvalite.training.loop import Training
from tmvalite.training.streamed_sample import BlockSample, StreamedSample

OPTIONS = dict(Layout="TANH|4,LINEAR", LearningRate=1e-2, BatchSize=50, MaxEpochs=2, RandomSeed=3, progress="silent")
SMALL = "1 MB"  # so that nothing is held


@pytest.fixture
def files(tmp_path):
    return write_classes(tmp_path)


@pytest.fixture
def streamed(monkeypatch):
    nothing_fits(monkeypatch)


@pytest.fixture
def seen(monkeypatch):
    """What trains, by epoch: the training samples and, for each epoch, rows (x, y, w) of its batches."""
    noted = {"samples": [], "epochs": {}}
    begin = Training.__init__

    def __init__(self, network, train, valid, *arguments, **keywords):
        noted["samples"].append((train, valid))
        train_steps = network.train_steps

        def spy(x, targets, weights, order, *, batch_size, first, count, **more):
            rows = order[first * batch_size : (first + count) * batch_size]
            if first + count == len(order) // batch_size + bool(len(order) % batch_size):
                rows = order[first * batch_size :]
            noted["epochs"].setdefault(more["epoch"], []).append((x[rows], targets[rows], weights[rows]))
            return train_steps(x, targets, weights, order, batch_size=batch_size, first=first, count=count, **more)

        network.train_steps = spy
        begin(self, network, train, valid, *arguments, **keywords)

    monkeypatch.setattr(Training, "__init__", __init__)
    return noted


def stream(files, **more):
    return tmva.EventStream(files, NAMES, **dict(cut=CUT, weight=WEIGHT, memory=SMALL) | more)


def sorted_rows(x):
    return x[np.lexsort(x.T)]


# ------------------------------------------------------------------------------------------- the same as arrays


@pytest.mark.parametrize("norm", [None, "EqualNumEvents"])
def test_a_stream_that_fits_trains_as_arrays_do_to_the_bit(files, norm):
    (paths, content), options = files, OPTIONS | {"VarTransform": "N,D", "norm": norm}
    x, y, w = arrays(content)
    one = tmva.MethodDL(**options).fit(stream(paths, memory="100 MB"))
    other = tmva.MethodDL(**options).fit(x, y, w)
    assert np.array_equal(one.GetMvaValues(x[:50]), other.GetMvaValues(x[:50]))
    assert one.history["train_loss"] == other.history["train_loss"]


def test_the_same_bits_whatever_the_chunks_are_where_the_buffer_holds_everything(tmp_path):
    found = []
    for basket in (7, 130, 5000):
        (folder := tmp_path / str(basket)).mkdir()
        paths, _ = write_classes(folder, ((90, 70), (50, 130)), basket)
        method = tmva.MethodDL(**OPTIONS | {"MaxEpochs": 8}).fit(stream(paths, memory="100 MB"))
        found.append(method.history["valid_loss"])
    assert found[0] == found[1] == found[2]


# ------------------------------------------------------------------------------------------- what does not fit


@pytest.mark.parametrize("kind", ["ttree", "rntuple"])
def test_every_event_trains_once_an_epoch_or_validates(tmp_path, streamed, seen, kind):
    paths, content = write_classes(tmp_path, kind=kind)
    x, y, w = arrays(content)
    method = tmva.MethodDL(**OPTIONS).fit(stream(paths))
    (train, valid), *_ = seen["samples"]
    assert isinstance(train, StreamedSample) and train.n_groups > 3
    epochs = [[np.concatenate(columns) for columns in zip(*parts)] for parts in seen["epochs"].values()]
    assert len(epochs) == 2 and len(train) + len(valid) == len(x) and abs(len(valid) - 0.2 * len(x)) < 80
    for rows, _, _ in epochs:
        assert np.array_equal(sorted_rows(np.concatenate((rows, valid.x))), sorted_rows(x))
    assert not np.array_equal(epochs[0][0], epochs[1][0])
    signal = {tuple(row) for row, name in zip(x.tolist(), y) if name == "Signal"}
    assert [tuple(row) in signal for row in epochs[0][0].tolist()] == epochs[0][1][:, 0].astype(bool).tolist()
    weight = {tuple(row): value for row, value in zip(x.tolist(), w.tolist())}
    given = np.array([weight[tuple(row)] for row in epochs[0][0].tolist()])
    assert np.allclose(epochs[0][2], given / given.mean(), rtol=1e-6) and epochs[0][2].mean() == pytest.approx(1.0, abs=1e-6)
    assert method.history["valid_loss"][-1] < 0.65 and [v.label for v in method.info.variables] == ["x", "y", "s"]
    assert method.info.variables[0].minimum == x[:, 0].min() and method.info.variables[0].maximum == x[:, 0].max()


def test_the_log_tells_of_the_first_pass_and_of_both_samples(files, streamed, capsys):
    tmva.MethodDL(**OPTIONS | {"progress": "table"}).fit(stream(files[0]))
    text = capsys.readouterr().out
    assert text.startswith("First pass over 4500 entries of 5 trees\nUsing ") and " events for training and " in text


def test_a_streamed_training_is_the_same_again_and_another_with_another_seed(files, streamed):
    found = [tmva.MethodDL(**OPTIONS | {"RandomSeed": seed}).fit(stream(files[0])).history for seed in (3, 3, 4)]
    assert found[0]["train_loss"] == found[1]["train_loss"] != found[2]["train_loss"]


@pytest.mark.parametrize("norm", ["EqualNumEvents", "NumEvents"])
def test_classes_are_normalised_as_in_memory(files, streamed, seen, norm):
    paths, content = files
    x, y, w = arrays(content)
    tmva.MethodDL(**OPTIONS, norm=norm).fit(stream(paths))
    rows, targets, weights = (np.concatenate(columns) for columns in zip(*seen["epochs"][1]))
    scaled = {}
    for name in ("Signal", "Background"):
        n = (y == (name if norm == "NumEvents" else "Signal")).sum()
        scaled |= {tuple(r): v * n / w[y == name].sum() for r, v in zip(x[y == name].tolist(), w[y == name].tolist())}
    expected = np.array([scaled[tuple(row)] for row in rows.tolist()])
    assert np.allclose(weights, expected / expected.mean(), rtol=1e-6)


@pytest.mark.parametrize("transform", ["N", "S", "D", "P", "N_Signal,D", "U", "G", "D,G_Background"])
def test_transformations_are_those_of_all_events(files, streamed, transform):
    """To the last bit where nothing is summed; sums have another order. Fewer events than are drawn: G and U are exact too."""
    paths, content = files
    x, y, w = arrays(content)
    options = OPTIONS | {"VarTransform": transform, "MaxEpochs": 1, "norm": "EqualNumEvents"}
    chains = []
    with pytest.warns(tmva.TmvaliteWarning, match="ROOT") if "_" in transform else nothing():
        chains.append(tmva.MethodDL(**options).fit(stream(paths)).chain)
    with pytest.warns(tmva.TmvaliteWarning, match="ROOT") if "_" in transform else nothing():
        chains.append(tmva.MethodDL(**options).fit(x, y, w).chain)
    one, other = (chain.apply_variables(x) for chain in chains)
    if transform in ("N", "S"):
        assert np.array_equal(one, other)
    elif "G" in transform or transform == "U":
        assert np.abs(one - other).max() < 0.05 and np.median(np.abs(one - other)) < 1e-3
    else:
        assert np.allclose(one, other, rtol=1e-5, atol=1e-5)


def nothing():
    import contextlib

    return contextlib.nullcontext()


def test_a_regression_and_classes_by_cuts_are_streamed(files, streamed):
    paths = [path for one in files[0].values() for path in one]
    source = tmva.EventStream(paths, ["x", "y"], targets=["z := x+y"], weight=WEIGHT, memory=SMALL)
    method = tmva.MethodDL(**OPTIONS | {"VarTransform": "N,U(_T_)"}, analysis_type="regression").fit(source)
    assert method.history["valid_loss"][-1] < method.history["valid_loss"][0] and method.info.n_targets == 1
    assert method.predict(np.ones((3, 2))).shape == (3,)
    cuts = {"a": "x<0", "b": "x>=0&&x<1", "c": "x>=1"}
    source = tmva.EventStream(dict.fromkeys(cuts, paths), ["x", "y"], cut=cuts, memory=SMALL)
    method = tmva.MethodDL(**OPTIONS, analysis_type="multiclass").fit(source)
    assert method.info.classes == ("a", "b", "c") and method.GetMulticlassValues([[0.5, 0.0]]).shape == (1, 3)


def test_factors_of_files_multiply_weights_and_the_signal_comes_first(files, streamed, seen):
    paths, content = files
    x, y, w = arrays(content)
    source = stream({"Background": [(paths["Background"], 3.0)], "Signal": paths["Signal"]})
    method = tmva.MethodDL(**OPTIONS).fit(source)
    assert method.info.classes == ("Signal", "Background")
    _, targets, weights = (np.concatenate(columns) for columns in zip(*seen["epochs"][1]))
    ratio = weights[targets[:, 0] == 0].mean() / weights[targets[:, 0] == 1].mean()
    assert ratio == pytest.approx(3.0 * w[y == "Background"].mean() / w[y == "Signal"].mean(), rel=0.05)
    other = tmva.MethodDL(**OPTIONS | {"MaxEpochs": 1}).fit(stream(paths), signal="Background")
    assert other.info.classes == ("Background", "Signal")


def test_validation_events_that_do_not_fit_are_kept_in_a_file(files, streamed, seen, monkeypatch):
    paths, _ = files
    one = tmva.MethodDL(**OPTIONS).fit(stream(paths)).history
    monkeypatch.setattr("tmvalite.models.streamed_samples.OF_VALIDATION", 0.002)
    other = tmva.MethodDL(**OPTIONS).fit(stream(paths)).history
    assert isinstance(seen["samples"][1][1], BlockSample) and one["valid_loss"] == other["valid_loss"]


def test_a_full_disk_under_the_validation_events_is_a_named_error(files, streamed, monkeypatch):
    def full(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tmvalite.models.streamed_samples.OF_VALIDATION", 0.002)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(FileError, match="validation events cannot be kept.*No space left"):
        tmva.MethodDL(**OPTIONS).fit(stream(files[0]))


def test_a_number_of_validation_events_is_about_that_number(files, streamed, seen):
    tmva.MethodDL(**OPTIONS, ValidationSize=300).fit(stream(files[0]))
    assert abs(len(seen["samples"][0][1]) - 300) < 60
    with pytest.raises(OptionError, match="ValidationSize=90000"):
        tmva.MethodDL(**OPTIONS, ValidationSize=90000).fit(stream(files[0]))


def test_early_stopping_and_phases_work_as_ever(files, streamed):
    strategy = (
        "LearningRate=1e-2,BatchSize=50,ConvergenceSteps=1,TestRepetitions=1,MaxEpochs=30|"
        "LearningRate=1e-3,BatchSize=200,TestRepetitions=1,MaxEpochs=2"
    )
    method = tmva.MethodDL(Layout="TANH|4,LINEAR", TrainingStrategy=strategy, RandomSeed=3, progress="silent")
    history = method.fit(stream(files[0])).history
    assert (
        history["phase"][-1] == 2 and history["epoch"] == list(range(1, len(history["epoch"]) + 1)) and len(history["epoch"]) < 32
    )


def test_a_checkpoint_goes_on_with_the_same_bits(files, streamed, tmp_path, monkeypatch):
    whole = tmva.MethodDL(**OPTIONS).fit(stream(files[0]))
    path, calls = tmp_path / "run.ckpt", []
    monkeypatch.setattr("tmvalite.training.network.Network.steps_per_call", lambda self, batch: 3)

    class Stop(Exception):
        pass

    from tmvalite.models import fitting

    def stopping(*arguments, **keywords):
        fitting_write(*arguments, **keywords)
        calls.append(arguments[1])
        if len(calls) == 10:
            raise Stop

    fitting_write = fitting.write_checkpoint
    monkeypatch.setattr(fitting, "write_checkpoint", stopping)
    monkeypatch.setattr("tmvalite.training.checkpointing.Checkpointing.due", lambda self, epochs=None: True)
    with pytest.raises(Stop):
        tmva.MethodDL(**OPTIONS).fit(stream(files[0]), checkpoint=path)
    assert calls[-1].batches > 0
    monkeypatch.undo()
    nothing_fits(monkeypatch)
    resumed = tmva.MethodDL(**OPTIONS).fit(stream(files[0]), resume=path)
    assert resumed.history["train_loss"] == whole.history["train_loss"]
    assert np.array_equal(resumed.GetMvaValues([[1.0, 0.5, 0.5]]), whole.GetMvaValues([[1.0, 0.5, 0.5]]))
    with pytest.raises(FileError, match="other training events"):
        tmva.MethodDL(**OPTIONS).fit(stream(files[0], cut="y>-1.5"), resume=path)


def test_ctrl_c_keeps_what_was_learnt_and_ends_the_thread(files, streamed, monkeypatch):
    from tmvalite.training.loop import Training as Loop

    run = Loop._run_piece

    def stopping(self, at, piece, sizes, epoch):
        if epoch == 2 and piece.first:
            raise KeyboardInterrupt
        run(self, at, piece, sizes, epoch)

    monkeypatch.setattr(Loop, "_run_piece", stopping)
    method = tmva.MethodDL(**OPTIONS).fit(stream(files[0]), on_interrupt="keep")
    assert method.is_trained and len(method.history["epoch"]) == 1
    assert not any(thread.name.startswith("events") for thread in threading.enumerate())


# ------------------------------------------------------------------------------------------- what can go wrong


def after_epochs(monkeypatch, action):
    """Do something to the files when the first epoch is done."""
    from tmvalite.training.progress import Progress

    def epoch(self, number, row, stale):
        if number == 1:
            action()

    monkeypatch.setattr(Progress, "epoch", epoch)
    monkeypatch.setattr("tmvalite.training.progress.make_progress", lambda *arguments: Progress())


def test_a_file_that_vanishes_between_epochs_is_named_and_what_was_learnt_is_kept(files, streamed, monkeypatch):
    path = files[0]["Signal"][2].removesuffix(":t")
    after_epochs(monkeypatch, lambda: os.remove(path))
    method = tmva.MethodDL(**OPTIONS | {"MaxEpochs": 9})
    with pytest.raises(DataError, match="Signal2.root.* is no longer there") as error:
        method.fit(stream(files[0]))
    assert error.value.code == "stream-file-gone" and len(method.history["epoch"]) >= 1 and method.is_trained


def test_a_file_that_is_written_anew_between_epochs_is_named(files, streamed, monkeypatch):
    path = files[0]["Background"][1].removesuffix(":t")
    after_epochs(monkeypatch, lambda: write_tree(path, files[1]["Background"][0], 130))
    with pytest.raises(DataError, match="Background1.root.* has changed since the training began") as error:
        tmva.MethodDL(**OPTIONS | {"MaxEpochs": 9}).fit(stream(files[0]))
    assert error.value.code == "stream-file-changed"


def test_values_that_change_are_seen_where_the_file_does_not_tell(streamed, monkeypatch):
    rng = np.random.default_rng(1)
    tables = {name: {"x": rng.normal(size=2000), "y": rng.normal(size=2000)} for name in ("Signal", "Background")}

    def change():
        tables["Signal"]["x"][:] += 1.0

    after_epochs(monkeypatch, change)
    source = tmva.EventStream(tables, ["x", "y"], memory=SMALL)
    with pytest.raises(DataError, match=r"entries \d+ to \d+ are not what they were"):
        tmva.MethodDL(**OPTIONS | {"MaxEpochs": 9}).fit(source)


def test_a_column_that_one_of_many_files_lacks_is_named_with_the_file_before_anything_trains(tmp_path, streamed):
    paths, content = write_classes(tmp_path, ((100,) * 7, (100, 100)))
    path = paths["Signal"][6].removesuffix(":t")
    write_tree(path, {name: values for name, values in content["Signal"][6].items() if name != "y"}, 50)
    with pytest.raises(ExpressionError, match="there is no column 'y'") as error:
        tmva.MethodDL(**OPTIONS).fit(stream(paths))
    assert "Signal6.root" in str(error.value)


@pytest.mark.parametrize("memory", [SMALL, "100 MB"])
def test_no_entries_after_the_cut_is_an_error_that_names_class_and_cut(files, streamed, memory):
    with pytest.raises(DataError, match="class 'Signal' has no events: none of 2700 entries passes the cut 'x>1e9'"):
        tmva.MethodDL(**OPTIONS).fit(stream(files[0], cut={"Signal": "x>1e9"}, memory=memory))


def test_weights_without_a_positive_sum_are_an_error(files, streamed):
    with pytest.raises(DataError, match="weights of class 'Background' add up to -"):
        tmva.MethodDL(**OPTIONS).fit(stream(files[0], weight={"Background": "-w"}))


def test_negative_weights_and_constant_variables_are_warned_of(files, streamed):
    source = tmva.EventStream(files[0], ["x", "y", "k := 0*x+2"], weight="w-0.6", memory=SMALL)
    with pytest.warns(tmva.TmvaliteWarning) as warned:
        tmva.MethodDL(**OPTIONS, IgnoreNegWeightsInTraining=True).fit(source)
    said = " ".join(str(one.message) for one in warned)
    assert "variable 'k' is constant" in said and "event weights are negative" in said


def test_random_numbers_cannot_be_streamed(files):
    with pytest.raises(DataError, match="variable 'rndm' is drawn at random"):
        tmva.MethodDL(**OPTIONS).fit(tmva.EventStream(files[0], ["x", "rndm"]))


def test_a_value_that_is_not_finite_is_named_with_its_entry_in_the_file(tmp_path, streamed):
    paths, content = write_classes(tmp_path)
    content["Signal"][1]["x"][451] = np.nan
    write_tree(paths["Signal"][1].removesuffix(":t"), content["Signal"][1], 130)
    with pytest.raises(DataError, match="variable 'x' is not a finite number in 1 event") as error:
        tmva.MethodDL(**OPTIONS).fit(tmva.EventStream(paths, ["x", "y"], memory=SMALL))
    assert "Signal1.root" in str(error.value) and "entry 451" in str(error.value)


def test_methods_that_need_all_events_say_so(files, streamed):
    with pytest.raises(OptionError, match="MethodAE needs all events in memory"):
        tmva.MethodAE(LearningRate=1e-2, MaxEpochs=1, progress="silent").fit(stream(files[0]))
    with pytest.raises(OptionError, match="CreateMVAPdfs needs all training events in memory"):
        tmva.MethodDL(**OPTIONS, CreateMVAPdfs=True).fit(stream(files[0]))


def test_what_a_stream_has_itself_cannot_be_given_beside_it(files):
    method = tmva.MethodDL(**OPTIONS)
    with pytest.raises(OptionError, match="y cannot be given beside an EventStream"):
        method.fit(stream(files[0]), [1, 0])
    with pytest.raises(OptionError, match="eval_set cannot be given"):
        method.fit(stream(files[0]), eval_set=(1, 2))
    with pytest.raises(OptionError, match="norm 'x' is not known"):
        method.fit(stream(files[0]), norm="x")
    with pytest.raises(DataError, match="the files of the stream have no classes"):
        method.fit(tmva.EventStream(files[0]["Signal"], ["x"]))
    with pytest.raises(DataError, match="the signal 'Sgnal' is no class"):
        method.fit(stream(files[0]), signal="Sgnal")


def test_a_description_that_cannot_be_is_refused_at_once(files):
    with pytest.raises(DataError, match="there are no variables"):
        tmva.EventStream(files[0], [])
    with pytest.raises(DataError, match="there are no trees"):
        tmva.EventStream({}, ["x"])
    for memory, said in (("much", "is no size"), ("10 kB", "less than 1 MB")):
        with pytest.raises(OptionError, match=said):
            tmva.EventStream(files[0], ["x"], memory=memory)
    with pytest.raises(DataError, match="the cut is for class 'Signl'"):
        tmva.MethodDL(**OPTIONS).fit(tmva.EventStream(files[0], ["x"], cut={"Signl": "x>0"}))
