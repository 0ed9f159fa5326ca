"""Transformations against what ROOT computed: real weight files, and logs of its Higgs tutorial, where they are at hand."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tmvalite
from tests.io.examples import CORPUS, SHARED, needs_corpus
from tests.naive import splits
from tests.naive.weight_file import area, scores
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.transforms import TransformChain
from tmvalite.errors import Diagnostics, Source
from tmvalite.evaluation.result_tables import variable_statistics_table
from tmvalite.io.weights_xml import read_weights
from tmvalite.string_utils import parse_var_transform

HIGGS = SHARED / "data" / "Higgs_data.root"
LOGS = sorted((SHARED / "corpus" / "logs").glob("*.log"))
needs_higgs = pytest.mark.skipif(not HIGGS.exists() or not CORPUS, reason="ROOT's Higgs events or its files are not here")
NAMES = ["m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"]
INFO = DataSetInfo(tuple(map(declare, NAMES)), (), (), ("Signal", "Background"))


def higgs():
    """(10000, 7) float32 of signal and of background."""
    uproot = pytest.importorskip("uproot")
    with uproot.open(HIGGS) as file:
        trees = [file[tree].arrays(NAMES, library="np") for tree in ("sig_tree", "bkg_tree")]
    return [np.stack([tree[name] for name in NAMES], axis=1) for tree in trees]


def fitted(text, x, classes=None, info=INFO):
    return TransformChain.build(parse_var_transform(Source(text)), info, Diagnostics()).fit(x, None, classes)


def events_like(file, n=400):
    """Events inside the ranges of a file's variables, and some beyond."""
    low, high = (np.array([getattr(v, name) for v in file.variables]) for name in ("minimum", "maximum"))
    rng = np.random.default_rng(4)
    inside = low + (high - low) * rng.beta(1.0, 4.0, (n, len(low)))
    beyond = low + (high - low) * rng.uniform(-0.2, 1.3, (n // 4, len(low)))
    return np.concatenate([inside, beyond]).astype(np.float32)


@needs_corpus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name.partition(".")[0])
def test_a_real_file_gives_the_scores_of_a_plain_evaluator(path):
    x = events_like(read_weights(path))
    method, expected = tmvalite.load(path), scores(path, x)
    found = method.GetMulticlassValues(x) if expected.shape[1] > 1 else method.GetMvaValues(x)[:, None]
    np.testing.assert_allclose(found[:400], expected[:400], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6)  # inputs of +-5.7 through five layers in single precision


@needs_higgs
def test_the_higgs_network_of_root_separates_the_events_only_with_its_transformation(tmp_path):
    path = next(path for path in CORPUS if "Higgs" in path.name)
    signal, background = higgs()
    x, is_signal = np.concatenate([signal, background]), np.repeat([True, False], 10_000)
    found = area(tmvalite.load(path).GetMvaValues(x), is_signal)
    assert 0.782 < found < 0.786
    text = path.read_text("utf-8")
    bare = re.sub(r"<Transformations.*</Transformations>", '<Transformations NTransformations="0"/>', text, flags=re.S)
    (tmp_path / "bare.xml").write_text(bare)
    flat = text.replace('FlatOrGauss="Gauss"', 'FlatOrGauss="Flat"')
    (tmp_path / "flat.xml").write_text(flat)
    for name in ("bare", "flat"):
        assert abs(area(tmvalite.load(tmp_path / f"{name}.xml").GetMvaValues(x), is_signal) - found) > 0.01, name


@needs_higgs
def test_a_fit_gives_the_distributions_of_roots_file_to_its_last_digit():
    """The file was made on macOS: with the split of its library, all 21 distributions of G agree."""
    path = next(path for path in CORPUS if "Higgs" in path.name)
    stored = read_weights(path).transforms[0].parameters["pdfs"]
    (x, classes), _ = splits.split(*higgs(), 7000, splits.libcxx)
    found = fitted("G", x, classes).transforms[0].parameters["pdfs"]
    for row, expected in zip(found, stored, strict=True):
        for ours, theirs in zip(row, expected, strict=True):
            assert ours.attributes == theirs.attributes and ours.histogram == theirs.histogram
            np.testing.assert_allclose(ours.edges, theirs.edges, rtol=6e-9, atol=0)  # the text has 9 digits
            np.testing.assert_allclose(ours.contents, theirs.contents, rtol=6e-9, atol=0)


def tables_of(path):
    """[(source, rows)] of the tables of transformed variables; a row is (name, mean, RMS, minimum, maximum) as printed."""
    found, rows = [], None
    for line in path.read_text("utf-8", "replace").splitlines():
        head = re.match(r"(?:<\w+> *)?TFHandler_(\S+) *: +Variable +Mean +RMS", line)
        row = re.match(r"[^:]*: +(\S+): +(\S+) +(\S+) +\[ +(\S+) +(\S+) +\]", line)
        if head:
            rows = []
            found.append((head[1], rows))
        elif row and rows is not None:
            rows.append(row.groups())
        elif rows and "----" in line:
            rows = None
    return found


def printed(x):
    """The rows of our own table."""
    lines = variable_statistics_table(NAMES, x, np.ones(len(x)))
    return [re.match(r" *(\S+): +(\S+) +(\S+) +\[ +(\S+) +(\S+) +\]", line).groups() for line in lines[2:-1]]


@needs_higgs
def test_the_tables_of_a_log_of_2018_come_out_digit_for_digit():
    """ROOT's Higgs events, its SplitSeed, and the shuffle of that time: training and test events before and after N."""
    path = next(path for path in LOGS if path.name.endswith("Higgs_Classification_2018.log"))
    (train, classes), (test, _) = splits.split(*higgs(), 7000, splits.old_libstdcxx)
    chain = fitted("N", train, classes)
    ours = [printed(values) for values in (train, chain.apply_variables(train), test, chain.apply_variables(test))]
    tables = [rows for _, rows in tables_of(path)]
    assert len(tables) >= 10 and all(rows in ours for rows in tables)
    assert all(rows in tables for rows in ours)


@pytest.mark.skipif(not LOGS, reason="the logs are not here")
def test_normalised_tables_follow_from_the_plain_ones_in_every_log():
    """Mean and RMS after N from mean, RMS, minimum and maximum before, within the printed digits."""
    checked = 0
    for path in LOGS:
        tables = tables_of(path)
        plain = next((rows for source, rows in tables if source == "Factory"), None)
        if plain is None:
            continue
        for _, rows in tables:
            if [row[0] for row in rows] != [row[0] for row in plain] or {row[3:] for row in rows} != {("-1.0000", "1.0000")}:
                continue
            for (_, *before), (_, *after) in zip(plain, rows):
                mean, rms, low, high = map(float, before)
                width = high - low
                error = 1.5e-4 * (abs(mean) + abs(low) + abs(high)) / width  # five digits are printed
                assert abs(2 * (mean - low) / width - 1 - float(after[0])) < error
                assert abs(2 * rms / width - float(after[1])) < error
                checked += 1
    assert checked > 100


@pytest.mark.skipif(not LOGS, reason="the logs are not here")
def test_gaussian_tables_of_14000_events_are_those_of_any_continuous_variable():
    """What G gives depends on ranks only, but for the shape inside a bin: mean, RMS, least and largest value of the logs."""
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.gamma(2.0, 1.0, (14_000, 4)), rng.standard_normal((14_000, 3))], axis=1).astype(np.float32)
    chain = fitted("G", x, np.repeat([0, 1], 7000))
    ours = np.array([[float(v) for v in row[1:]] for row in printed(chain.apply_variables(x))])
    theirs = []
    for path in LOGS:
        if "_Higgs_" in path.name:
            theirs += [rows for _, rows in tables_of(path) if len(rows) == 7 and all(r[4] == "5.7307" for r in rows)]
    theirs = np.array([[float(v) for v in row[1:]] for rows in theirs for row in rows])
    theirs = theirs[np.abs(theirs[:, 0]) < 0.006]  # test events have larger means
    assert len(theirs) >= 28 and (ours[:, 3] == 5.7307).all()
    np.testing.assert_allclose(ours[:, 0], theirs[:, 0].mean(), atol=6e-4)
    np.testing.assert_allclose(ours[:, 1], theirs[:, 1].mean(), atol=4e-3)
    np.testing.assert_allclose(ours[:, 2], theirs[:, 2].mean(), atol=1e-3)
