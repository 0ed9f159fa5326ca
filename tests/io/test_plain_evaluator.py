"""Weight files of every kind of layer and transformation against an evaluator of numpy alone, which reads the XML itself.

The evaluator must be one that a wrong file does not satisfy: gates that change places, a transformation left out, a matrix
turned round give other numbers.
"""

import itertools
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tmvalite
from tests.io.examples import CORPUS, needs_corpus
from tests.naive.weight_file import scores
from tests.naive.weight_layers import LAYERS
from tests.test_transforms_of_root import events_like
from tmvalite.io.weights_xml import read_weights

STRATEGY = "LearningRate=1e-2,BatchSize=20,MaxEpochs=2,TestRepetitions=1"
LAYOUTS = {
    "dense": ("", "TANH|5,DENSE|4|GAUSS,SOFTSIGN|3,SYMMRELU|4,FTANH|3,SIGMOID|4,RELU|6,LINEAR"),
    "convolution": ("2|5|4", "CONV|3|3|2|2|1|1|0|RELU,BNORM,MAXPOOL|2|2|1|1,RESHAPE|FLAT,BNORM,DENSE|4|TANH,LINEAR"),
    "images": ("", "DENSE|24|TANH,RESHAPE|2|4|3,CONV|2|2|3|1|1|0|1|GAUSS,RESHAPE|FLAT,LINEAR"),
    "RNN": ("4|3", "RNN|5|3|4|0|1,RESHAPE|FLAT,DENSE|3|TANH,LINEAR"),
    "last state": ("4|3", "RNN|5|3|4|0|0,LINEAR"),
    "LSTM": ("4|3", "LSTM|5|3|4|0|1,RESHAPE|FLAT,DENSE|3|TANH,LINEAR"),
    "square LSTM": ("4|5", "LSTM|5|5|4|0|0,LINEAR"),
    "GRU": ("4|3", "GRU|5|3|4|0|1|0,RESHAPE|FLAT,DENSE|3|TANH,LINEAR"),
    "square GRU": ("4|5", "GRU|5|5|4|0|0|1,LINEAR"),
}
TRANSFORMS = ("I", "N", "D", "P", "G", "U", "S", "N,G,D", "P(_V0_,_V2_)+U")


def width(inputs):
    return int(np.prod([int(n) for n in inputs.split("|")])) if inputs else 4


def sample(v, n=120, seed=1):
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n, v)) @ np.linalg.qr(rng.normal(size=(v, v)))[0] + 0.3).astype(np.float32)
    return x, (x[:, 0] + 0.3 * rng.normal(size=n) > 0.3).astype(int)


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")  # nobody asks what two epochs taught
def made(path, layout="dense", transform="N", analysis="classification", kind="DL"):
    """(method, events) of a short training, saved."""
    inputs, layers = LAYOUTS[layout]
    text = f"VarTransform={transform}:RandomSeed=3:Layout={layers}:TrainingStrategy={STRATEGY}"
    cls = {"DL": tmvalite.MethodDL, "DNN": tmvalite.MethodDNN}[kind]
    x, y = sample(width(inputs))
    if analysis == "regression":
        y = 100.0 + 20.0 * x[:, :2].astype(float) ** 3
    elif analysis == "multiclass":
        y = np.array(["a", "b", "c"])[np.digitize(x[:, 1], [0.0, 0.6])]
    layers = {"regression": "2|", "multiclass": "3|"}.get(analysis, "")
    text = text.replace(",LINEAR:", f",DENSE|{layers}LINEAR:") if layers else text
    method = cls(text + (f":InputLayout={inputs}" if inputs else ""), analysis_type=analysis).fit(x, y, progress="silent")
    method.save(path)
    return method, np.concatenate([x, 1.5 * sample(width(inputs), 40, 2)[0]])


def values(method, x):
    getter = {"regression": "GetRegressionValues", "multiclass": "GetMulticlassValues"}.get(method.analysis_type)
    return getattr(method, getter)(x) if getter else method.GetMvaValues(x)[:, None]


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layer_gives_the_values_of_the_plain_evaluator(layout, tmp_path):
    method, x = made(tmp_path / "a.xml", layout)
    np.testing.assert_allclose(method.GetMvaValues(x), scores(tmp_path / "a.xml", x)[:, 0], rtol=0, atol=1e-6)


def test_every_element_of_tmva_is_among_them():
    from tmvalite.layers import REGISTRY

    assert {c.weight_element.name for c in REGISTRY.values() if c.weight_element is not None} == set(LAYERS) - {"Layer"}


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("kind", ["DL", "DNN"])
def test_every_transformation_gives_the_values_of_the_plain_evaluator(transform, kind, tmp_path):
    method, x = made(tmp_path / "a.xml", "dense", transform, kind=kind)
    np.testing.assert_allclose(method.GetMvaValues(x), scores(tmp_path / "a.xml", x)[:, 0], rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize("transform", ["N", "N(_V_)", "S", "G(_V_,_T_)", "U", "N(_T_)", "N(_T_),S(_T1_)"])
def test_targets_come_back_into_their_own_units(transform, tmp_path):
    method, x = made(tmp_path / "a.xml", "dense", transform, "regression")
    found, expected = values(method, x), scores(tmp_path / "a.xml", x)
    assert found.shape == expected.shape == (len(x), 2)
    spread = np.ptp(20.0 * sample(4)[0][:, :2].astype(float) ** 3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * spread)


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
def test_the_values_of_classes(tmp_path):
    method, x = made(tmp_path / "a.xml", "dense", "N", "multiclass")
    np.testing.assert_allclose(values(method, x), scores(tmp_path / "a.xml", x), rtol=0, atol=1e-6)


# ------------------------------------------------------------------------------------------- files of older versions


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize(
    "layout, changes",
    [
        ("RNN", [(' ReturnSequence="1"', "")]),  # before ROOT 6.22 a recurrent layer always gave all states
        (
            "convolution",
            [("MaxPoolLayer FilterHeight", "MaxPoolLayer FrameHeight"), ('"2" FilterWidth="2"', '"2" FrameWidth="2"')],
        ),
        ("dense", [(' UseOffsetOrNot="UseOffset"', "")]),  # before ROOT 6.38
    ],
)
def test_what_older_versions_wrote_is_read(layout, changes, tmp_path):
    method, x = made(tmp_path / "a.xml", layout)
    text = (tmp_path / "a.xml").read_text("utf-8")
    for new, old in changes:
        assert text.count(new) == 1
        text = text.replace(new, old)
    (tmp_path / "old.xml").write_text(text, "utf-8")
    again = tmvalite.load(tmp_path / "old.xml")
    assert np.array_equal(again.GetMvaValues(x), method.GetMvaValues(x))
    again.save(tmp_path / "b.xml")
    assert (tmp_path / "b.xml").read_bytes() == (tmp_path / "a.xml").read_bytes()


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_a_network_that_root_trained_in_its_own_way_on_a_cpu_says_so(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tmvalite.TmvaliteWarning)
        made(tmp_path / "a.xml", "convolution")
    text = (tmp_path / "a.xml").read_text("utf-8")
    tmvalite.load(tmp_path / "a.xml")  # made here: no word
    by_root = text.replace('name="Creator" value="tmvalite"', 'name="Creator" value="someone"')
    (tmp_path / "b.xml").write_text(by_root, "utf-8")
    with pytest.warns(tmvalite.TmvaliteWarning, match="BNORM of images: ROOT on a CPU mixes the channels") as caught:
        tmvalite.load(tmp_path / "b.xml")
    assert [w.message.code for w in caught] == ["root-differs"]
    on_gpu = by_root.replace('name="Architecture" modified="No">CPU', 'name="Architecture" modified="Yes">GPU')
    assert on_gpu != by_root
    (tmp_path / "c.xml").write_text(on_gpu, "utf-8")
    tmvalite.load(tmp_path / "c.xml")


# ------------------------------------------------------------------------------------------- files that are wrong


def swapped(layer):
    """Every pair of matrices of a layer that could change places."""
    shapes = {child: (child.get("Rows") or child.get("rows"), child.get("Columns") or child.get("cols")) for child in layer}
    return [(a, b) for a, b in itertools.combinations(layer, 2) if shapes[a] == shapes[b]]


def difference(root, path, x, expected):
    ElementTree.ElementTree(root).write(path)
    return float(np.abs(scores(path, x) - expected).max())


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize("layout", ["LSTM", "square LSTM", "GRU", "square GRU", "RNN"])
def test_gates_that_change_places_are_seen(layout, tmp_path):
    method, x = made(tmp_path / "a.xml", layout)
    expected = method.GetMvaValues(x)[:, None]
    text, checked = (tmp_path / "a.xml").read_text("utf-8"), 0
    for number in range(len(swapped(ElementTree.fromstring(text).find("Weights")[0]))):
        root = ElementTree.fromstring(text)
        a, b = swapped(root.find("Weights")[0])[number]
        if a.text == b.text:
            continue
        a.text, b.text = b.text, a.text
        assert difference(root, tmp_path / "b.xml", x, expected) > 1e-5, f"{a.tag} and {b.tag}"
        checked += 1
    assert checked >= {"RNN": 0, "GRU": 9, "square GRU": 15, "LSTM": 12, "square LSTM": 28}[layout]


def damaged(root):
    """Copies of a file with one defect each, by name: a transformation left out, a square matrix turned round."""
    for i, element in enumerate(root.find("Transformations")):
        copy = ElementTree.fromstring(ElementTree.tostring(root))
        copy.find("Transformations").remove(copy.find("Transformations")[i])
        yield f"without {element.get('Name')}", copy
    for i, layer in enumerate(root.find("Weights")):
        for j, held in enumerate(layer):
            size = held.get("Rows") or held.get("rows")
            if size != (held.get("Columns") or held.get("cols")) or int(size) < 2:
                continue
            copy = ElementTree.fromstring(ElementTree.tostring(root))
            words = np.array(held.text.split()).reshape(int(size), -1)
            copy.find("Weights")[i][j].text = " ".join(words.T.ravel().tolist())
            yield f"{held.tag} of layer {i + 1} turned round", copy


@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
@pytest.mark.parametrize("layout, transform", [("dense", "N,G,D"), ("dense", "P(_V0_,_V2_)+U"), ("square LSTM", "N")])
def test_a_defect_is_seen(layout, transform, tmp_path):
    method, x = made(tmp_path / "a.xml", layout, transform)
    expected = method.GetMvaValues(x)[:, None]
    found = {
        name: difference(copy, tmp_path / "b.xml", x, expected)
        for name, copy in damaged(ElementTree.parse(tmp_path / "a.xml").getroot())
    }
    assert len(found) >= 2 and min(found.values()) > 1e-4, found


# ------------------------------------------------------------------------------------------- real files


@needs_corpus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name.partition(".")[0])
def test_a_real_file_agrees_and_a_defect_of_it_does_not(path, tmp_path):
    x = events_like(read_weights(path), 60)
    expected = values(tmvalite.load(path), x)
    np.testing.assert_allclose(expected[:60], scores(path, x)[:60, : expected.shape[1]], rtol=0, atol=1e-6)
    found = {name: difference(copy, tmp_path / "b.xml", x, expected) for name, copy in damaged(ElementTree.parse(path).getroot())}
    assert found and min(found.values()) > 1e-3, found
