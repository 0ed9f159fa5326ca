"""A Factory with Streaming: the training events stay in their files, what it shows is made from a drawn part of them."""

import numpy as np
import pytest
import uproot

import tmvalite as tmva
from tests.data.streams import CUT, NAMES, WEIGHT, arrays, nothing_fits, write_classes
from tmvalite.data.drawn_events import event_words, exact_limit
from tmvalite.errors import DataError, OptionError
from tmvalite.training.loop import Training
from tmvalite.training.streamed_sample import StreamedSample

DNN = (
    "!H:!V:VarTransform=N:Layout=TANH|4,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate=1e-2,Momentum=0.9,BatchSize=50,"
    "MaxEpochs=2,TestRepetitions=1"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_classes(tmp_path)


@pytest.fixture
def streamed(monkeypatch):
    nothing_fits(monkeypatch)


def loader_of(paths, options="", name="data", trees=("kMaxTreeType",) * 3, mode="Random"):
    loader = tmva.DataLoader(name)
    for text in NAMES:
        loader.AddVariable(text)
    loader.AddSpectator("w2 := 2*w")
    for class_name, sources in paths.items():
        for path, kind in zip(sources, trees):
            loader.AddTree(path, class_name, 1.0, "", getattr(tmva.ETreeType, kind))
    loader.SetWeightExpression(WEIGHT)
    loader.PrepareTrainingAndTestTree(CUT, f"SplitMode={mode}:NormMode=NumEvents:!Correlations:!V:" + options)
    return loader


def book(loader, options=DNN, kind="kDL", target=None):
    factory = tmva.Factory("job", target, "Silent:!DrawProgressBar:AnalysisType=Classification")
    return factory, factory.BookMethod(loader, getattr(tmva.Types, kind), "DNN", options)


def test_streaming_of_what_fits_changes_nothing(files):
    found = []
    for options in ("", "Streaming", "Streaming:StreamingMemory=50"):
        loader = loader_of(files[0], options, name=f"data{len(found)}")
        factory, _ = book(loader)
        factory.TrainAllMethods()
        factory.TestAllMethods()
        found.append(factory.GetROCIntegral(loader, "DNN"))
        assert loader.dataset().stream is None
    assert found[0] == found[1] == found[2]


def test_training_events_stay_in_their_files_and_everything_else_works(files, streamed, monkeypatch):
    paths, content = files
    x, y, w = arrays(content)
    seen, begin = [], Training.__init__

    def noting(self, network, train, valid, *arguments, **keywords):
        seen.append((train, valid))
        begin(self, network, train, valid, *arguments, **keywords)

    monkeypatch.setattr(Training, "__init__", noting)
    loader = loader_of(paths, "Streaming")
    factory, method = book(loader, target="out.root")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    data, ((train, valid),) = loader.dataset(), seen
    assert isinstance(train, StreamedSample) and train.n_groups > 1
    report = {c.name: c for c in data.report.classes}
    assert len(train) + len(valid) == len(data.stream) == sum(c.train.n for c in report.values())
    for name in ("Signal", "Background"):
        c, own = report[name], w[y == name]
        assert c.train.n + c.test.n == c.after.n == len(own) and abs(c.train.n - c.test.n) < 6 * np.sqrt(len(own))
        assert c.train.weight + c.test.weight == pytest.approx(c.after.weight) == pytest.approx(own.sum())
        assert c.train_normalised.weight == pytest.approx(c.train.n)
    assert len(data.train) == len(data.test) == 200
    rows = {tuple(row) for row in x.tolist()}
    held = [{tuple(row) for row in events.x.tolist()} for events in (data.train, data.test)]
    assert held[0] <= rows and held[1] <= rows and not held[0] & held[1]
    assert data.train.spectators["w2"].dtype == np.float32 and 0.6 < factory.GetROCIntegral(loader, "DNN") < 0.9
    for c, name in enumerate(report):  # weights stand for those of all events
        own = [events.weight[events.class_index == c].sum() for events in (data.train, data.test)]
        assert own == pytest.approx([report[name].train.n, report[name].test.weight], rel=0.15)
    tree = uproot.open("out.root")["data/TestTree"]
    assert tree.num_entries == 200 and {"w2", "DNN", "x"} <= set(tree.keys())
    values = tmva.load("data/weights/job_DNN.weights.xml").GetMvaValues(data.test.x)
    assert np.array_equal(values, factory._records["data"]["DNN"].outputs["test"])
    assert data.info.variables[0].minimum < data.train.x[:, 0].min()


def test_requested_numbers_are_exact_and_trees_go_where_they_must(files, streamed):
    paths, content = files
    loader = loader_of(paths, "Streaming:nTrain_Signal=700:nTest_Signal=400:nTrain_Background=501")
    report = {c.name: c for c in loader.dataset().report.classes}
    assert (report["Signal"].train.n, report["Signal"].test.n) == (700, 400)
    assert report["Background"].train.n == 501 and report["Background"].test.n == report["Background"].after.n - 501
    loader = loader_of(paths, "Streaming", "other", ("kTraining", "kTesting", "kMaxTreeType"))
    report = {c.name: c for c in loader.dataset().report.classes}
    n = [sum(one["y"] > -1) for one in content["Background"]]
    assert (report["Background"].train.n, report["Background"].test.n) == tuple(n)
    assert report["Signal"].train.n + report["Signal"].test.n == report["Signal"].after.n
    assert abs(report["Signal"].train.n - report["Signal"].after.n / 2) < 100


def test_the_split_is_the_same_again_and_another_with_another_seed(files, streamed):
    found = []
    for number, seed in enumerate((5, 5, 6)):
        data = loader_of(files[0], f"Streaming:SplitSeed={seed}", f"data{number}").dataset()
        found.append([c.train.weight for c in data.report.classes])
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("count", [0, 1, 37, 499, 500])
def test_a_limit_takes_exactly_so_many_events(count):
    words = event_words(3, "a", "b", 0, 500)
    limit = exact_limit(3, "a", "b", 500, count)
    assert (words < limit).sum() == count
    assert np.array_equal(event_words(3, "a", "b", 123, 77), words[123:200]) and len(set(words.tolist())) == 500


@pytest.mark.filterwarnings("ignore:.*a stand-in for")
def test_what_needs_all_events_says_so(files, streamed):
    def refused(said, call, error=OptionError):
        with pytest.raises(error, match=said) as found:
            call()
        assert found.value.code in ("stream-method", "data-empty-class")

    paths = files[0]
    refused("SplitMode=Block needs all", lambda: loader_of(paths, "Streaming", mode="Block").dataset())
    refused("ScaleWithPreselEff", lambda: loader_of(paths, "Streaming:ScaleWithPreselEff").dataset())
    mixed = loader_of(paths, "Streaming:nTrain_Signal=5", trees=("kTraining", "kMaxTreeType", "kMaxTreeType"))
    refused("class 'Signal' has trees that must train", mixed.dataset)
    refused("'DNN' needs all events in memory", lambda: book(loader_of(paths, "Streaming"), "!H:!V", "kBDT"))
    refused("CreateMVAPdfs", lambda: book(loader_of(paths, "Streaming", "other"), DNN + ":CreateMVAPdfs"))
    validation = tmva.CrossValidation(
        "cv", loader_of(paths, "Streaming", "third"), "Silent:AnalysisType=Classification:NumFolds=2"
    )
    validation.BookMethod(tmva.Types.kDL, "DNN", DNN)
    refused("a cross-validation needs all", validation.Evaluate)
    loader = loader_of(paths, "Streaming", "varied")
    loader.AddSystematic("pileup", "w*1.1", "w*0.9")
    refused("a variation needs all", lambda: loader.varied("pileup", "up"))
    loader = loader_of(paths, "Streaming", "fourth")
    loader.AddEvent("Signal", tmva.ETreeType.kTraining, [1.0, 2.0, 3.0, 4.0], 1.0)
    refused("added one by one", loader.dataset)
    with pytest.raises(DataError, match="class 'Signal' has no events"):
        loader = loader_of(paths, "Streaming", "fifth")
        loader.AddCut("x>1e9", "Signal")
        loader.dataset()


def test_the_log_says_how_many_events_are_in_memory(files, streamed, capsys):
    loader = loader_of(files[0], "Streaming:StreamingMemory=7")
    factory = tmva.Factory("job", None, "!Silent:!Color:AnalysisType=Classification")
    factory.BookMethod(loader, tmva.Types.kDL, "DNN", DNN)
    text = " ".join(capsys.readouterr().out.replace(":", " ").split())
    assert (
        "read from their files in every epoch, 7 MB at a time" in text
        and "200 of" in text
        and "test events are in memory" in text
    )
