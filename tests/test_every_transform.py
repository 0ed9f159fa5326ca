"""Every registered transformation through the same checks, driven by the examples in its file.

A transformation that is registered is tested that day: against its slow twin (tests/naive/transforms.py) if it has one, row by
row as all rows, undone, through a weight file and back, per class, with selections, constants, NaN, both precisions, in ONNX.
A part that is missing is named.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

from tests.members import without_import_line
from tests.naive.transforms import TWINS
from tmvalite.data import transforms
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.transforms import REGISTRY, Transform, TransformChain, check_transforms
from tmvalite.data.transforms.selection import TARGET, VARIABLE
from tmvalite.errors import Diagnostics, Source, TmvaliteWarning
from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.string_utils import parse_var_transform

INFO = DataSetInfo(tuple(map(declare, "abc")), (declare("t"),), (), ("Signal", "Background"))
MEMBERS = list(REGISTRY.values())
EXAMPLES = [pytest.param(cls, text, id=text) for cls in MEMBERS for text in cls.examples]
SINGLE = [
    p
    for p in EXAMPLES
    if p.values[0].name in TWINS and "," not in p.values[1].partition("(")[0] and not p.values[1].startswith("I")
]


def sample(n=237, seed=3):
    """Correlated variables of different widths, a skewed target, classes that differ, weights of both classes."""
    rng = np.random.default_rng(seed)
    classes = (np.arange(n) % 5 < 2).astype(np.int64)
    x = rng.standard_normal((n, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 30.0], [0.3, 0.0, 10.0]]) + classes[:, None]
    targets = rng.gamma(2.0, 3.0, (n, 1))
    return x.astype(np.float32), targets.astype(np.float32), classes, rng.uniform(0.5, 2.0, n)


def chain_of(text, info=INFO):
    return TransformChain.build(parse_var_transform(Source(text)), info, Diagnostics())


def fitted(text, info=INFO, data=None):
    return chain_of(text, info).fit(*(data or sample()))


def same_bits(a, b):
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("cls", MEMBERS, ids=[cls.name for cls in MEMBERS])
def test_a_transformation_declares_all_of_its_parts(cls):
    missing = [part for part in ("name", "words", "short", "help", "element") if not hasattr(cls, part)]
    assert not missing, f"{cls.__name__} in {cls.__module__} lacks {', '.join(missing)}"
    assert cls.examples, f"{cls.__name__} has no examples"
    assert all(word in " ".join(cls.examples) for word in cls.words[:1]), f"no example of {cls.name} uses {cls.words[0]}"
    if cls.element is not None:
        own = ("find", "backward", "onnx", "read_parameters", "write_parameters", "check_parameters")
        bare = [part for part in own if plain(getattr(cls, part)) is plain(getattr(Transform, part))]
        bare += ["forward"] if (cls.forward, cls.rows) == (Transform.forward, Transform.rows) else []
        assert not bare, f"{cls.__name__} in {cls.__module__} lacks {', '.join(bare)}"


def test_every_file_has_its_import_line():
    assert not (names := without_import_line(transforms)), (
        f"no import line in tmvalite/data/transforms/__init__.py: {', '.join(names)}"
    )


def plain(method):
    """The function behind a method of an instance or a class."""
    return getattr(method, "__func__", method)


def test_words_are_known_once_and_in_any_order():
    words = [word for cls in MEMBERS for word in cls.words]
    assert len(set(words)) == len(words)
    for cls in MEMBERS:
        for word in cls.words:
            assert check_transforms(parse_var_transform(Source(word))) == [cls]


@pytest.mark.parametrize("cls, text", SINGLE)
def test_values_are_those_of_the_slow_twin(cls, text):
    """Whatever is selected, the set of the class that is named, variables and targets."""
    x, targets, classes, weights = sample()
    chain = fitted(text)
    transform = chain.transforms[0]
    columns = np.concatenate([x, targets], axis=1)
    at = [one.index + (3 if one.type == TARGET else 0) for one in transform.inputs]
    chosen = classes == INFO.classes.index(transform.reference) if transform.reference else classes >= 0
    fit, apply, invert = TWINS[cls.name]
    events, rest = columns[chosen][:, at], weights[chosen]
    parameters = fit(events.tolist() if cls.mixes else list(events), list(rest))
    expected = np.array([apply(event, parameters) for event in columns[:, at]], np.float64)
    both = np.concatenate([chain.apply_variables(x), chain.apply_targets(targets)], axis=1)
    found = both[:, at].astype(np.float64)
    if cls.name == "PCA":  # an eigenvector and its opposite are both right for the twin
        expected *= np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)
    untouched = [i for i in range(4) if i not in at]
    assert same_bits(np.ascontiguousarray(both[:, untouched]), np.ascontiguousarray(columns[:, untouched]))
    if cls.name != "PCA":
        back = np.concatenate([chain.invert_variables(both[:, :3]), chain.invert_targets(both[:, 3:])], axis=1)[:, at]
        undone = np.array([invert(event, parameters) for event in both[:, at]], np.float64)
        np.testing.assert_allclose(back, undone, rtol=3e-6, atol=3e-5)


@pytest.mark.parametrize("cls, text", EXAMPLES)
@pytest.mark.parametrize("what", ["apply_variables", "apply_targets", "invert_variables", "invert_targets"])
def test_one_event_gives_the_bits_of_many(cls, text, what):
    x, targets, _, _ = sample()
    values = x if what.endswith("variables") else targets
    values = np.concatenate([values, 3 * values - 1, values[:1] * np.nan])  # beyond the range too
    step = getattr(fitted(text), what)
    whole = step(values)
    for size in (1, 2, 7, 200):
        parts = [step(values[i : i + size]) for i in range(0, len(values), size)]
        assert same_bits(np.concatenate(parts), whole), size
    assert same_bits(step(values[::-1])[::-1].copy(), whole)
    assert np.isnan(whole[-1]).all() or not fitted(text).short_name  # NaN stays NaN


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_many_rows_in_threads_give_the_same_bits(cls, text, monkeypatch):
    from tmvalite.data.transforms import rows

    x, targets, classes, weights = sample(1501)
    whole = fitted(text, data=(x, targets, classes, weights))
    monkeypatch.setattr(rows, "threads_for", lambda n: 3)
    shared = fitted(text, data=(x, targets, classes, weights))
    assert same_bits(shared.apply_variables(x), whole.apply_variables(x))
    assert same_bits(shared.invert_targets(targets), whole.invert_targets(targets))


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_what_is_given_is_not_changed_and_both_precisions_are_taken(cls, text):
    x, targets, classes, weights = sample()
    before = x.tobytes()
    chain = fitted(text, data=(x, targets, classes, weights))
    out = chain.apply_variables(x)
    assert x.tobytes() == before and not np.shares_memory(out, x)
    assert same_bits(chain.apply_variables(x.astype(np.float64)), out)
    assert same_bits(chain.apply_variables(np.asfortranarray(x)), out)
    assert same_bits(chain.apply_variables(np.repeat(x, 2, axis=0)[::2]), out)
    assert chain.apply_variables(x[:0]).shape == (0, 3)
    assert same_bits(copy.deepcopy(chain).apply_variables(x), out)


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_the_inverse_gives_the_values_back(cls, text):
    x, targets, _, _ = sample()
    chain = fitted(text)
    if "_Signal" in text:  # values beyond the range of the class
        x = x[sample()[2] == 0]
    for values, there, back in (
        (x, chain.apply_variables, chain.invert_variables),
        (targets, chain.apply_targets, chain.invert_targets),
    ):
        again = back(there(values))
        spread = values.std(axis=0)
        inside = np.abs(again - values) < 1e-4 * spread
        # cumulative distributions are flat at the ends: half of the outermost bin is lost there
        assert inside.all() or ({"G", "U"} & set(text) and inside.mean() > 0.8), (text, inside.mean())


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_a_file_brings_back_the_same_bits(cls, text, tmp_path):
    x, targets, _, _ = sample()
    chain = fitted(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)  # what ROOT makes of such a file
        back = through_file(chain, tmp_path / "w.xml")
    assert len(back) == len(chain) and str(back) == str(chain)
    for values in (x, 5 * x):
        assert same_bits(back.apply_variables(values), chain.apply_variables(values))
        assert same_bits(back.invert_variables(values), chain.invert_variables(values))
    assert same_bits(back.apply_targets(targets), chain.apply_targets(targets))
    assert same_bits(back.invert_targets(targets), chain.invert_targets(targets))


def through_file(chain, path, info=INFO):
    from tests.io.examples import dense, header
    from tests.io.examples import info as facts

    file = WeightFile("DL", "D", facts("Classification"), [], list(info.variables), [], list(info.targets), list(info.classes))
    file.transforms = chain.to_records()
    file.header, file.network = header(1, 1, 3, "C", "S"), [dense(1, 3, 0, 4)]
    write_weights(path, file)
    again = read_weights(path)
    return TransformChain.from_records(again.transforms, info)


@pytest.mark.parametrize("cls", [cls for cls in MEMBERS if cls.element is not None], ids=lambda cls: cls.name)
def test_constants_have_a_value(cls):
    """One variable constant, and one that is 0: finite everywhere, and the constant comes back."""
    x, targets, classes, weights = sample()
    x[:, 0], x[:, 1] = -7.25, 0.0
    chain = fitted(cls.words[0], data=(x, targets, classes, weights))
    y = chain.apply_variables(x)
    assert np.isfinite(y).all() and np.isfinite(chain.apply_variables(2 * x + 1)).all()
    assert cls.name == "PCA" or np.abs(y[:, :2] - y[0, :2]).max() <= 1e-6
    back = chain.invert_variables(y)
    np.testing.assert_allclose(back[:, :2], x[:, :2], atol=1e-4)


@pytest.mark.parametrize("cls", [cls for cls in MEMBERS if cls.element is not None], ids=lambda cls: cls.name)
def test_few_events_equal_values_and_two_values(cls):
    for n in range(cls.least_events, 6):
        rng = np.random.default_rng(n)
        info = DataSetInfo(INFO.variables, INFO.targets)
        x = rng.integers(0, 2, (n, 3)).astype(np.float32) * 4 - 1
        y = fitted(cls.words[0], info, (x, x[:, :1])).apply_variables(x)
        assert np.isfinite(y).all()
    if cls.least_events > 1:
        with pytest.raises(Exception, match=f"transformation {cls.words[0]} needs at least {cls.least_events} training events"):
            fitted(cls.words[0], info, (x[:1], x[:1, :1]))


@pytest.mark.parametrize("cls", [cls for cls in MEMBERS if cls.element is not None], ids=lambda cls: cls.name)
def test_a_class_counts_in_training_and_after_reading(cls, tmp_path):
    x, targets, classes, weights = sample()
    diagnostics = Diagnostics()
    chain = TransformChain.build(parse_var_transform(Source(f"{cls.words[0]}_Background(_V_)")), INFO, diagnostics)
    assert [w.code for w in diagnostics.warnings] == ["transform-class"]
    chain.fit(x, targets, classes, weights)
    alone = DataSetInfo(INFO.variables, INFO.targets)
    only = classes == 1
    expected = chain_of(f"{cls.words[0]}(_V_)", alone).fit(x[only], targets[only], None, weights[only])
    # G and U take the smallest weight of all classes for all of them together only
    assert same_bits(chain.apply_variables(x), expected.apply_variables(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        assert same_bits(through_file(chain, tmp_path / "w.xml").apply_variables(x), chain.apply_variables(x))


def model_of(forms, n_inputs, result):
    from onnx import TensorProto, helper, numpy_helper

    from tmvalite.layers.onnx_form import OPSET

    nodes = [helper.make_node(n.operator, n.inputs, n.outputs, **n.attributes) for n in forms.nodes]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n_inputs]) for name in ("x", result)]
    constants = [numpy_helper.from_array(array, name) for name, array in forms.constants.items()]
    graph = helper.make_graph(nodes, "chain", shapes[:1], shapes[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_the_onnx_form_computes_the_same(cls, text):
    onnxruntime = pytest.importorskip("onnxruntime")
    from tmvalite.layers.onnx_form import OnnxForms

    chain, (x, *_) = fitted(text), sample()
    forms = OnnxForms("float32")
    result = chain.onnx(forms, "x")
    if result == "x":
        assert not chain.transforms_variables
        return
    session = onnxruntime.InferenceSession(model_of(forms, 3, result), providers=["CPUExecutionProvider"])
    values = np.concatenate([x, 2 * x])
    many = 3e-4 if len(chain) > 1 else 2e-5  # single precision between them, stretched in the tails of a Gaussian
    tolerance = {"rtol": many, "atol": many}
    np.testing.assert_allclose(session.run(None, {"x": values})[0], chain.apply_variables(values), **tolerance)


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_a_chain_that_is_a_scaling_has_the_bits_of_one(cls, text):
    chain, (x, *_) = fitted(text), sample()
    scaling = chain.as_scaling()
    if scaling is not None:
        low, factor = scaling
        assert low.dtype == factor.dtype == np.float32
        assert same_bits((x - low) * factor * np.float32(2) - np.float32(1), chain.apply_variables(x))
    assert (scaling is not None) == (text in ("N", "N(_V_)", "N_Signal"))


@pytest.mark.parametrize("cls, text", EXAMPLES)
def test_what_is_not_finite_does_not_become_finite(cls, text):
    """A network gives NaN for such an event; it must still see that."""
    x, *_ = sample()
    values = np.repeat(x[:1], 9, axis=0)
    for i in range(9):
        values[i, i % 3] = (np.nan, np.inf, -np.inf)[i // 3]
    assert not np.isfinite(fitted(text).apply_variables(values)).all(axis=1).any()


def test_selections_of_one_type_only_where_inputs_mix():
    for cls in MEMBERS:
        kinds = {one.type for one in chain_of(cls.words[0]).transforms[0].inputs} if cls.element else {VARIABLE}
        assert kinds == ({VARIABLE, TARGET} if cls.targets else {VARIABLE})
