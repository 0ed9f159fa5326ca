"""Categories: a method for each region, in a job, in TMVA's file, and in a Reader."""

import xml.etree.ElementTree as ElementTree
from array import array

import numpy as np
import pytest

import tmvalite
from tests.naive.weight_file import scores
from tmvalite import DataError, DataLoader, ExpressionError, Factory, FileError, OptionError, Reader, TmvaliteWarning, Types
from tmvalite.io.weights_xml import read_weights
from tmvalite.methods import METHODS, MethodCategory

QUIET = "Silent:!Color:AnalysisType=Classification"
OPTIONS = (
    "!H:!V:Layout=TANH|6,LINEAR:VarTransform=N:RandomSeed=1:"
    "TrainingStrategy=LearningRate=2e-2,BatchSize=50,MaxEpochs=6,TestRepetitions=1"
)
OLD = (
    "!H:!V:Layout=TANH|6,LINEAR:RandomSeed=2:TrainingStrategy=LearningRate=1e-1,BatchSize=50,ConvergenceSteps=3,TestRepetitions=1"
)
INNER, OUTER = "abs(eta)<1.3", "abs(eta)>=1.3"
RUN = 3_000_000_000  # float32 cannot tell these numbers apart


def table(n, signal, seed):
    """The direction of `a` that is signal's turns round where abs(eta) is 1.3."""
    rng = np.random.default_rng(seed)
    eta = rng.uniform(-2.5, 2.5, n).astype("f4")
    shift = np.where(np.abs(eta) < 1.3, 1.0, -1.0) * (1 if signal else -1)
    a = (rng.normal(size=n) + shift).astype("f4")
    return {"a": a, "b": rng.normal(size=n).astype("f4"), "eta": eta, "run": np.arange(n) + RUN}


def loader(name="dataset", split="SplitMode=Random:SplitSeed=5:NormMode=NumEvents:!V", *, regression=False):
    made = DataLoader(name)
    made.AddVariable("a")
    made.AddVariable("sum := a+b")
    made.AddSpectator("eta")
    made.AddSpectator("run", "run", "", "I")
    if regression:
        made.AddTarget("t := 3*a")
        made.AddRegressionTree(table(400, 1, 1))
    else:
        made.AddSignalTree(table(500, 1, 1))
        made.AddBackgroundTree(table(600, 0, 2))
    made.PrepareTrainingAndTestTree("", split)
    return made


def booked(data=None, job="Job", cuts=(INNER, OUTER), variables=("a:sum", ""), methods=((Types.kDL, OPTIONS), (Types.kDNN, OLD))):
    factory = Factory(job, QUIET)
    category = factory.BookMethod(data or loader(), Types.kCategory, "Cat", "")
    for number, (cut, names, (kind, options)) in enumerate(zip(cuts, variables, methods, strict=True)):
        category.AddMethod(cut, names, kind, f"Part{number}", options)
    return factory, category


def run(factory):
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """(factory, loader, folder) of a trained category, beside one network for all events."""
    folder = tmp_path_factory.mktemp("category")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        data = loader()
        factory, _ = booked(data)
        factory.BookMethod(data, Types.kDL, "All", OPTIONS)
        run(factory)
    return factory, data, folder


def test_each_region_has_its_own_answer(job):
    factory, data, _ = job
    assert factory.GetROCIntegral(data, "Cat") > 0.85 > 0.7 > factory.GetROCIntegral(data, "All")


def test_the_parts_are_trained_on_the_training_events_of_their_cuts(job):
    factory, data, _ = job
    train = data.dataset().train
    inner, outer = factory.record(data, "Cat").method.parts
    n = int((np.abs(train.spectators["eta"]) < 1.3).sum())
    assert factory.record(data, "Cat").method.weight_file().info["Training events"] == str(len(train))
    facts = [part.method.weight_file().info["Training events"] for part in (inner, outer)]
    assert facts == [str(n), str(len(train) - n)]
    assert (inner.method.method_type, outer.method.method_type) == ("DL", "DNN")


def test_the_values_are_those_of_the_parts(job):
    factory, data, _ = job
    record = factory.record(data, "Cat")
    test = record.data.test
    inside = np.abs(test.spectators["eta"]) < 1.3
    inner, outer = (part.method for part in record.method.parts)
    expected = np.where(inside, inner.GetMvaValues(test.x), outer.GetMvaValues(test.x))
    assert np.array_equal(record.output("test"), expected)


def test_the_file_has_tmvas_form(job):
    root = ElementTree.parse(job[2] / "dataset/weights/Job_Cat.weights.xml").getroot()
    assert root.get("Method") == "Category::Cat" and root.find("Transformations").get("NTransformations") == "0"
    sections = "GeneralInfo Options Variables Spectators Classes Transformations MVAPdfs Weights".split()
    assert [child.tag for child in root] == sections
    weights = root.find("Weights")
    assert weights.attrib == {"NSubMethods": "2"}
    first, second = weights
    assert list(first.attrib.items()) == [("Index", "0"), ("Method", "DL::Part0"), ("Cut", INNER), ("Variables", "a:sum")]
    assert list(second.attrib.items()) == [("Index", "1"), ("Method", "DNN::Part1"), ("Cut", OUTER), ("Variables", "")]
    assert [child.tag for child in first] == [child.tag for child in second] == sections
    assert [v.get("Label") for v in second.find("Variables")] == ["a", "sum"]


def test_a_reader_takes_the_category_of_every_event(job):
    factory, data, folder = job
    values, test = factory.record(data, "Cat").output("test"), data.dataset().test
    reader = Reader("Silent")
    slots = [array(kind, [0]) for kind in "fffl"]
    for call, name, slot in zip(
        ["AddVariable"] * 2 + ["AddSpectator"] * 2, ("a", "sum := a+b", "eta", "run"), slots, strict=True
    ):
        getattr(reader, call)(name, slot)
    reader.BookMVA("Cat", folder / "dataset/weights/Job_Cat.weights.xml")
    for i in range(6):
        row = (*test.x[i], test.spectators["eta"][i], test.spectators["run"][i])
        for slot, value in zip(slots, row, strict=True):
            slot[0] = int(value) if slot.typecode == "l" else float(value)
        assert reader.EvaluateMVA("Cat") == values[i]
    table_ = {"a": test.x[:, 0], "b": test.x[:, 1] - test.x[:, 0], "eta": test.spectators["eta"]}
    assert np.allclose(reader.EvaluateMVA(table_, "Cat"), values, atol=1e-6)
    matrix = np.column_stack([test.x, test.spectators["eta"]])  # variables, then the spectators that cuts read
    assert np.array_equal(reader.EvaluateMVA(matrix, "Cat"), values)
    again = tmvalite.load(folder / "dataset/weights/Job_Cat.weights.xml")
    again.save(folder / "again.weights.xml")
    original = (folder / "dataset/weights/Job_Cat.weights.xml").read_bytes()
    assert (folder / "again.weights.xml").read_bytes() == original
    with pytest.raises(DataError, match=r"the events have shape \(550, 2\), the method has 3 variables"):
        again.GetMvaValues(test.x)


def test_the_parts_of_the_file_agree_with_the_slow_twin(job, tmp_path):
    """Each SubMethod as a file of its own, evaluated without tmvalite."""
    factory, data, folder = job
    record = factory.record(data, "Cat")
    for part, element in zip(
        record.method.parts,
        ElementTree.parse(folder / "dataset/weights/Job_Cat.weights.xml").getroot().find("Weights"),
        strict=True,
    ):
        element.tag = "MethodSetup"
        ElementTree.ElementTree(element).write(tmp_path / "part.xml")
        x = record.data.test.x[:50]
        assert np.allclose(scores(tmp_path / "part.xml", x)[:, 0], part.method.GetMvaValues(x), atol=1e-6)


def test_whole_numbers_beyond_single_precision_are_cut_exactly(in_tmp_path):
    cuts = (f"run%2==0&&run<{RUN + 10000}", f"run%2==1||run>={RUN + 10000}")
    factory, _ = booked(cuts=cuts, methods=((Types.kDL, OPTIONS),) * 2)
    factory.TrainAllMethods()
    method = tmvalite.load("dataset/weights/Job_Cat.weights.xml")
    runs = factory.record("dataset", "Cat").data.train.spectators["run"]
    facts = [part.method.weight_file().info["Training events"] for part in method.parts]
    assert facts == [str(int((runs % 2 == k).sum())) for k in (0, 1)]
    one = method.GetMvaValue({"a": 0.5, "b": 0.1, "run": RUN + 1})
    assert one == method.parts[1].method.GetMvaValue(np.float32([0.5, 0.6]))


def test_a_spectator_may_be_a_variable_of_a_part(in_tmp_path):
    factory, _ = booked(variables=("a:eta", "sum:eta"), methods=((Types.kDL, OPTIONS),) * 2)
    run(factory)
    method = tmvalite.load("dataset/weights/Job_Cat.weights.xml")
    assert [v.label for v in method.parts[0].method.info.variables] == ["a", "eta"]
    assert [v.label for v in method.columns] == ["a", "sum", "eta"]


def test_a_regression_by_categories(in_tmp_path):
    factory = Factory("Job", QUIET.replace("Classification", "Regression"))
    data = loader("reg", regression=True)
    category = factory.BookMethod(data, "Category", "Cat")
    options = OPTIONS.replace("MaxEpochs=6", "MaxEpochs=30")
    for number, cut in enumerate((INNER, OUTER)):
        category.AddMethod(cut, "", "DL", f"Part{number}", options)
    run(factory)
    record = factory.record(data, "Cat")
    assert record.output("test").shape == (200, 1)
    assert record.deviation("test").rms < 0.5 * record.data.test.targets.std()
    again = tmvalite.load("reg/weights/Job_Cat.weights.xml")
    assert np.array_equal(again.GetRegressionValues(record.inputs("test")), record.output("test"))


def test_event_weights_are_normalised_in_every_category(in_tmp_path):
    data = loader(split="SplitMode=Random:SplitSeed=5:NormMode=EqualNumEvents:!V")
    factory, category = booked(data, methods=((Types.kDL, OPTIONS),) * 2)
    seen = []
    for part in category.method.parts:
        part.method.train = lambda events, info, **more: seen.append(events)
    factory.record(data, "Cat").method.train(data.dataset().train, data.dataset().info)
    for events in seen:
        sums = np.bincount(events.class_index, weights=events.weight)
        assert sums == pytest.approx([(events.class_index == 0).sum()] * 2)


def test_an_event_outside_of_all_categories_has_the_value_0(in_tmp_path):
    factory, _ = booked(cuts=("abs(eta)<1.3", "eta>=1.3"))
    with pytest.warns(TmvaliteWarning, match="pass the cut of no category of 'Cat': the value is 0"):
        factory.TrainAllMethods()
    method = tmvalite.load("dataset/weights/Job_Cat.weights.xml")
    with pytest.warns(TmvaliteWarning, match="1 of 1 event passes the cut of no category of 'Cat': the value is 0"):
        assert method.GetMvaValue({"a": 0.5, "b": 0.1, "eta": -2.0}) == 0


def test_error_categories_that_overlap(in_tmp_path):
    factory, _ = booked(cuts=("abs(eta)<1.3", "abs(eta)>1.2"))
    with pytest.raises(DataError) as caught:
        factory.TrainAllMethods()
    assert caught.value.code == "category-overlap"
    assert "pass the cuts of two categories, 'Part0' and 'Part1'" in str(caught.value)
    assert "'abs(eta)<1.3' and 'abs(eta)>1.2' have no event in common" in str(caught.value)


@pytest.mark.parametrize("cut, what", [("eta>99", "0 training events|no training events"), ("eta>2.45", "training events")])
def test_error_a_category_without_enough_events(cut, what, in_tmp_path):
    factory, _ = booked(cuts=(cut, f"!({cut})"))
    with pytest.raises(DataError, match=what) as caught:
        factory.TrainAllMethods()
    assert caught.value.code == "category-events" and cut in caught.value.hint


def test_error_a_cut_on_something_else_than_variables_and_spectators(in_tmp_path):
    _, category = booked(cuts=(), variables=(), methods=())
    with pytest.raises(ExpressionError, match="there is no column 'phi'") as caught:
        category.AddMethod("phi>0", "", Types.kDL, "P", OPTIONS)
    assert "in the cut of category 'P'" in str(caught.value) and "^~~" in str(caught.value)
    with pytest.raises(OptionError, match="category 'P' reads 'etta', which is neither a variable nor a spectator") as caught:
        category.AddMethod("eta>0", "a:etta", Types.kDL, "P", OPTIONS)
    assert caught.value.hint == "did you mean 'eta'?"
    category.AddMethod("eta>0", "a", Types.kDL, "P", OPTIONS)
    with pytest.raises(OptionError, match="'Cat' has a category 'P' already"):
        category.AddMethod("eta<=0", "a", Types.kDL, "P", OPTIONS)


def test_error_transformations_of_the_whole(in_tmp_path):
    with pytest.raises(OptionError, match="the categories have transformations of their own") as caught:
        Factory("Job", QUIET).BookMethod(loader(), Types.kCategory, "Cat", "VarTransform=N")
    assert caught.value.code == "category-transform"


def test_a_category_without_parts_is_not_trained(in_tmp_path):
    factory = Factory("Job", QUIET)
    data = loader()
    factory.BookMethod(data, Types.kCategory, "Cat", "")
    factory.BookMethod(data, Types.kDL, "All", OPTIONS)
    with pytest.warns(TmvaliteWarning, match="'Cat' is not trained: it has no categories"):
        factory.TrainAllMethods()
    assert not factory.record(data, "Cat").trained and factory.record(data, "All").trained


def test_a_part_that_tmvalite_does_not_have_is_left_out(in_tmp_path):
    _, category = booked(cuts=(), variables=(), methods=())
    with pytest.warns(TmvaliteWarning, match="PyKeras is not part of tmvalite, skipped: 'P' is not booked"):
        assert category.AddMethod("eta>0", "a", Types.kPyKeras, "P", "") is None
    assert category.method.parts == []


def replaced(job, tmp_path, *changes):
    text = (job[2] / "dataset/weights/Job_Cat.weights.xml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "a.weights.xml").write_text(text, "utf-8")
    return tmp_path / "a.weights.xml"


def test_error_a_part_of_a_method_that_is_not_read(job, tmp_path):
    path = replaced(job, tmp_path, ('Method="DNN::Part1"', 'Method="BDT::Part1"'))
    with pytest.raises(FileError, match="a category is of the method 'BDT::Part1'; BDT is not read by tmvalite") as caught:
        tmvalite.load(path)
    assert "MethodSetup > Weights > SubMethod 2" in str(caught.value)


def test_error_a_file_that_contradicts_itself(job, tmp_path):
    with pytest.raises(FileError, match="states NSubMethods=3, but has 2 SubMethod elements"):
        tmvalite.load(replaced(job, tmp_path, ('NSubMethods="2"', 'NSubMethods="3"')))
    with pytest.raises(FileError, match="the variables are not a") as caught:
        tmvalite.load(replaced(job, tmp_path, ('Variables="a:sum"', 'Variables="a"')))
    assert caught.value.code == "category-variables" and "category 'Part0' of 'Cat'" in str(caught.value)
    with pytest.raises(FileError, match="there is no column 'phi'"):
        tmvalite.load(replaced(job, tmp_path, ('Cut="abs(eta)&lt;1.3"', 'Cut="phi&lt;1.3"')))
    with pytest.raises(FileError, match="SubMethod has Index=1 in place 0"):
        tmvalite.load(replaced(job, tmp_path, ('SubMethod Index="0"', 'SubMethod Index="1"')))


def test_error_a_part_of_a_method_that_nobody_made(job, monkeypatch):
    """A method whose strings and files are understood before it can be trained."""
    monkeypatch.delitem(METHODS, "DNN")
    with pytest.raises(FileError, match="the category is for the method 'DNN'"):
        tmvalite.load(job[2] / "dataset/weights/Job_Cat.weights.xml")


def test_the_class_reads_its_own_files_only(job):
    folder = job[2] / "dataset" / "weights"
    assert [part.title for part in MethodCategory.load(folder / "Job_Cat.weights.xml").parts] == ["Part0", "Part1"]
    with pytest.raises(FileError, match="Job_All.weights.xml' is for the method 'DL'"):
        MethodCategory.load(folder / "Job_All.weights.xml")


def test_the_type_with_blanks_that_old_files_have_is_understood(job, tmp_path):
    path = replaced(job, tmp_path, ('Method="DL::Part0"', 'Method="Deep Learning DL::Part0"'))
    assert read_weights(path, method_types=("Category", "DL", "DNN")).parts[0].file.method_type == "DL"
