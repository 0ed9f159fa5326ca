"""CreateMVAPdfs: densities of the output, their probabilities and rarities, in the method and in its file."""

import copy

import numpy as np
import pytest

import tmvalite
from tests.methods.samples import as_events, line, options, three_classes, two_classes
from tmvalite.errors import FileError, OptionError, TmvaliteWarning

AUTOENCODER = (
    "Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}:CreateMVAPdfs:RandomSeed=1:"
    "TrainingStrategy=LearningRate=1e-2,BatchSize=40,MaxEpochs=2,TestRepetitions=1"
)
PDFS = "CreateMVAPdfs:NbinsMVAPdf=20:NsmoothMVAPdf=1:RandomSeed=5"


@pytest.fixture(scope="module")
def trained():
    X, y = two_classes(2000)
    method = tmvalite.MethodDL(options(6, more=PDFS), title="T").fit(X, y, progress="silent")
    return method, X, y


def test_probabilities_rise_with_the_output_and_are_right_on_the_average(trained):
    method, X, y = trained
    values = method.GetMvaValues(X)
    found = method.GetProba(values)
    assert method.HasMVAPdfs() and ((found >= 0) & (found <= 1)).all()
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        chosen = (found >= low) & (found < high)
        assert abs(found[chosen].mean() - y[chosen].mean()) < 0.05
    rare = method.GetProba(values, 0.01)
    assert np.allclose(rare, 0.01 * found / (0.01 * found + 0.99 * (1 - found)), rtol=1e-9, atol=1e-12)


def test_rarities_of_the_reference_class_are_flat(trained):
    _, X, y = trained
    method = tmvalite.MethodDL(options(6, more="CreateMVAPdfs:NbinsMVAPdf=100:PDFInterpolMVAPdf=Spline0:RandomSeed=5"))
    values = method.fit(X, y, progress="silent").GetMvaValues(X)
    for reference, of_class in ((1, 0), (0, 1)):
        counts = np.histogram(method.GetRarity(values[y == of_class], reference), 5, (0, 1))[0]
        assert (np.abs(counts - counts.mean()) < 6 * np.sqrt(counts.mean())).all(), counts
    assert np.histogram(method.GetRarity(values[y == 1]), 5, (0, 1))[0][-1] > 0.5 * (y == 1).sum()


def test_one_value_gives_the_bits_of_many(trained):
    method, X, _ = trained
    values = method.GetMvaValues(X[:7])
    assert [method.GetProba(v) for v in values] == method.GetProba(values).tolist()
    assert [method.GetRarity(v) for v in values] == method.GetRarity(values).tolist()
    assert isinstance(method.GetProba(0.5), float) and isinstance(method.GetRarity(0.5), float)


def test_the_file_and_a_copy_give_the_same_bits(trained, tmp_path):
    method, X, _ = trained
    values = method.GetMvaValues(X)
    method.save(tmp_path / "a.weights.xml")
    text = (tmp_path / "a.weights.xml").read_text("utf-8")
    assert '<PDF Name="T_PDFSig" MinNSmooth="1" MaxNSmooth="1" InterpolMethod="2"' in text
    assert text.index("T_PDFSig") < text.index("T_PDFBkg") and 'Name="NbinsMVAPdf"' not in text  # ROOT refuses such an option
    for other in (tmvalite.load(tmp_path / "a.weights.xml"), copy.deepcopy(method)):
        assert np.array_equal(other.GetProba(values), method.GetProba(values))
        assert np.array_equal(other.GetRarity(values), method.GetRarity(values))
        assert other.bound.values.NbinsMVAPdf == 20


def test_weights_of_events_count(trained):
    _, X, y = trained
    weight = np.where(X[:, 0] > 0, 5.0, 1.0)
    plain, weighted = (
        tmvalite.MethodDL(options(1, more=PDFS)).fit(X, y, w, progress="silent") for w in (np.ones(len(y)), weight)
    )
    pdf = weighted._model.description.pdfs[0]
    values = weighted.GetMvaValues(X)
    expected = np.histogram(values[y == 1], 20, (values.min(), values.max()), weights=weight[y == 1])[0]
    assert np.allclose(pdf.contents, expected / expected.sum() / (pdf.high - pdf.low) * 20, rtol=1e-6)
    assert not np.allclose(pdf.contents, plain._model.description.pdfs[0].contents, rtol=1e-2)


def test_in_a_factory_the_signal_is_the_class_of_that_name():
    X, y = two_classes(600)
    method = tmvalite.MethodDL(options(6, more=PDFS))
    method.train(*as_events(X, y), progress="silent")  # the signal is class 0, where y = 1
    values = method.GetMvaValues(X)
    assert method.GetProba(values[y == 1]).mean() > 0.6 > 0.4 > method.GetProba(values[y == 0]).mean()


def test_an_autoencoder_describes_its_anomaly_scores():
    X, y = two_classes(400)
    method = tmvalite.MethodAE(AUTOENCODER).fit(X, y, progress="silent")
    assert method.HasMVAPdfs() and 0.0 <= method.GetProba(method.GetMvaValues(X)).min()


def test_without_densities_tmvas_answers_come_with_a_warning():
    X, y = two_classes(200)
    method = tmvalite.MethodDL(options(1)).fit(X, y, progress="silent")
    with pytest.warns(TmvaliteWarning, match="'DL' has no densities of its output") as caught:
        assert method.GetProba(0.5) == -1.0 and method.GetRarity(np.array([0.1, 0.5])).tolist() == [0.0, 0.0]
    assert {warning.message.code for warning in caught} == {"pdfs"}
    assert not method.HasMVAPdfs() and not tmvalite.MethodDL("").HasMVAPdfs()


@pytest.mark.parametrize("kind, sample", [("regression", line()), ("multiclass", three_classes())])
def test_targets_and_several_classes_have_no_densities(kind, sample):
    with pytest.warns(TmvaliteWarning, match=f"CreateMVAPdfs is ignored: a {kind} analysis has no output of signal"):
        method = tmvalite.MethodDL(options(1, more=PDFS), analysis_type=kind)
    assert not method.fit(*sample, progress="silent").HasMVAPdfs()


def test_one_class_without_weight_gives_no_densities():
    X, y = two_classes(200)
    method = tmvalite.MethodAE(AUTOENCODER)
    with pytest.warns(TmvaliteWarning, match="CreateMVAPdfs gives no densities"):
        method.fit(X, progress="silent")
    assert not method.HasMVAPdfs()


def test_options_of_densities_are_there_only_with_createmvapdfs():
    assert "NbinsMVAPdf" not in tmvalite.MethodDL("").bound.values
    assert tmvalite.MethodDL(CreateMVAPdfs=True, NbinsMVAPdf=30).bound.values.NbinsMVAPdf == 30
    assert tmvalite.MethodDL("CreateMVAPdfs=True:nbinsmvapdf=30").get_params()["options"] == "CreateMVAPdfs=True:nbinsmvapdf=30"
    with pytest.raises(OptionError) as caught:
        tmvalite.MethodDL("NBinsMVAPdf=30:!CreateMVAPdfs")
    assert caught.value.code == "option-unknown"
    assert caught.value.hint == "write CreateMVAPdfs too: without it NbinsMVAPdf means nothing"


def test_error_of_a_density_that_cannot_be_in_a_file(trained, tmp_path):
    method, *_ = trained
    path = tmp_path / "a.weights.xml"
    method.save(path)
    path.write_text(path.read_text("utf-8").replace('InterpolMethod="2"', 'InterpolMethod="9"'), "utf-8")
    with pytest.raises(FileError, match="a density of the output has InterpolMethod=9") as caught:
        tmvalite.load(path)
    assert caught.value.code == "pdfs"
