"""Damaged and hostile weight files give one FileError, or load; nothing else ever happens."""

from __future__ import annotations

import copy
import os
import random
import re
import time
import tracemalloc
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tests.io.examples import CORPUS, DATA, ELEMENTS, EXAMPLES, needs_corpus
from tmvalite.errors import FileError
from tmvalite.io import xml_guard
from tmvalite.io.weight_file import WeightFile
from tmvalite.io.weights_xml import read_weights

CLASSIFICATION = (DATA / "classification.weights.xml").read_text("utf-8")
NETWORK = (DATA / "network.weights.xml").read_text("utf-8")


remarks = []


def load(path):
    """The file, or None after a FileError. Everything read must be finite. What is left out with a warning is in `remarks`."""
    remarks.clear()
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            file = read_weights(path, ELEMENTS)
        remarks.extend(found)
    except FileError as error:
        assert str(path) in str(error).split("\n")[0] and error.code and len(str(error).split("\n")) <= 6
        return None
    assert isinstance(file, WeightFile)
    assert all(np.isfinite(a).all() for layer in file.network for _, a in layer.matrices)
    return file


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    data = (DATA / "dnn.weights.xml").read_bytes().rstrip()
    path = tmp_path / "cut.xml"
    path.write_bytes(data)
    assert load(path) is not None
    for length in reversed(range(len(data))):
        os.truncate(path, length)
        assert load(path) is None, length


@pytest.mark.parametrize("name", ["classification", "regression", "network"])
def test_a_file_cut_at_every_50th_byte_is_refused(tmp_path, name):
    data = (DATA / f"{name}.weights.xml").read_bytes()
    path = tmp_path / "cut.xml"
    for length in range(0, len(data.rstrip()), 50):
        path.write_bytes(data[:length])
        assert load(path) is None, length


@needs_corpus
@pytest.mark.parametrize("path", sorted(CORPUS, key=lambda p: p.stat().st_size)[:3], ids=lambda path: path.name.split(".")[0])
def test_a_real_file_cut_anywhere_is_refused(tmp_path, path):
    data = path.read_bytes()
    cut = tmp_path / "cut.xml"
    for length in range(0, len(data.rstrip()), max(50, len(data) // 200)):
        cut.write_bytes(data[:length])
        assert load(cut) is None, length


@pytest.mark.parametrize("name", EXAMPLES)
def test_random_damage_gives_an_error_or_loads(tmp_path, name):
    data = (DATA / f"{name}.weights.xml").read_bytes()
    path, rng = tmp_path / "damaged.xml", random.Random(5)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 3, 20))):
            place = rng.randrange(len(damaged))
            kind = rng.randrange(3)
            if kind == 0:
                damaged[place] = rng.randrange(256)
            elif kind == 1:
                del damaged[place : place + rng.randrange(1, 40)]
            else:
                damaged[place:place] = damaged[: rng.randrange(1, 40)]
        path.write_bytes(bytes(damaged))
        refused += load(path) is None
    assert refused > 200


# What a file may do without: entries that only inform, and sections that TMVA leaves out.
DESCRIPTIONS = ("MethodSetup", "GeneralInfo", "Options", "Variables", "Spectators", "Classes", "Targets")
MAY_BE_DELETED = ("Info", "Option", "Spectators", "MVAPdfs", "Targets")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_element_is_known_counted_and_needed(tmp_path, name):
    """The first and last element of each name renamed, repeated, deleted; each attribute deleted, one added: refused.

    In the sections that only describe, an unknown attribute or element warns.
    """
    root = ElementTree.fromstring((DATA / f"{name}.weights.xml").read_text("utf-8"))
    path = tmp_path / "changed.xml"
    elements = list(root.iter())
    parents = {child: parent for parent in elements for child in parent}

    def describes(element):
        inside = element
        while inside is not root and parents[inside] is not root:
            inside = parents[inside]
        return inside.tag in DESCRIPTIONS or element.tag == "Weights" and parents[element] is root

    def outcome(tree):
        path.write_bytes(ElementTree.tostring(tree))
        return load(path)

    assert outcome(root) is not None
    first, last = ({e.tag: i for i, e in order} for order in (reversed(list(enumerate(elements))), enumerate(elements)))
    for number in sorted({*first.values(), *last.values()}):
        element = elements[number]
        changed = copy.deepcopy(root)
        list(changed.iter())[number].tag = "Stranger"
        section = element is not root and parents[element] is root
        assert outcome(changed) is None or (remarks and (section or describes(element))), f"{element.tag} renamed"
        changed = copy.deepcopy(root)
        list(changed.iter())[number].set("Stranger", "1")
        assert (outcome(changed) is not None and len(remarks) == 1) == describes(element), f"{element.tag} with an attribute more"
        for attribute in element.attrib:
            changed = copy.deepcopy(root)
            del list(changed.iter())[number].attrib[attribute]
            if attribute not in ("size", "ReferenceClass", "UseOffsetOrNot"):
                assert outcome(changed) is None, f"{element.tag} without {attribute}"
        if element is root:
            continue
        parent = elements.index(parents[element])
        position = list(parents[element]).index(element)
        changed = copy.deepcopy(root)
        del list(changed.iter())[parent][position]
        old = element.tag == "Selection" and parents[element].get("Name") != "Normalize"  # before TMVA 4.1: all variables
        unnamed = element.tag == "Class" and len(parents[element]) == 1  # then TMVA numbers the classes
        if not (element.tag.startswith(MAY_BE_DELETED) or unnamed or old) or element.get("name") == "AnalysisType":
            assert outcome(changed) is None, f"{element.tag} deleted"
        changed = copy.deepcopy(root)
        list(changed.iter())[parent].insert(position, copy.deepcopy(element))
        assert outcome(changed) is None, f"{element.tag} repeated"


def replace(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


BODY = CLASSIFICATION.split("\n", 1)[1]
ROWS = '<Weights Rows="2" Columns="4">'
LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
HOSTILE = {
    "empty": b"",
    "blank": b" \n\n",
    "text": b"not xml at all",
    "null bytes": b"\0" * 100,
    "only a declaration": b'<?xml version="1.0"?>\n',
    "unclosed declaration": b'<?xml version="1.0"',
    "wrong root": b"<RootElement/>",
    "root of another case": replace(BODY, "<MethodSetup", "<methodsetup"),
    "html": b"<!DOCTYPE html><html></html>",
    "two roots": CLASSIFICATION + "<MethodSetup/>",
    "text behind the root": CLASSIFICATION + "junk",
    "billion laughs": f'<?xml version="1.0"?><!DOCTYPE M [<!ENTITY a0 "ha">{LAUGHS}]>' + replace(BODY, ">False<", ">&a9;<"),
    "external entity": '<!DOCTYPE M [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + replace(BODY, ">False<", ">&x;<"),
    "parameter entity": '<!DOCTYPE M [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>' + BODY,
    "external document type": '<!DOCTYPE MethodSetup SYSTEM "x.dtd">' + BODY,
    "attribute defaults": '<!DOCTYPE M [<!ATTLIST DenseLayer Width CDATA "9">]>' + BODY,
    "undefined entity": replace(CLASSIFICATION, ">False<", ">&nbsp;<"),
    "processing instruction": "<?php echo 1 ?>" + BODY,
    "style sheet": '<?xml-stylesheet href="x.xsl"?>' + BODY,
    "UTF-16": CLASSIFICATION.encode("utf-16"),
    "UTF-16 big-endian without mark": CLASSIFICATION.encode("utf-16-be"),
    "UTF-32": CLASSIFICATION.encode("utf-32"),
    "UTF-7 declared": '<?xml version="1.0" encoding="UTF-7"?>' + BODY,
    "UTF-16 declared": '<?xml version="1.0" encoding="UTF-16"?>' + BODY,
    "unknown encoding": '<?xml version="1.0" encoding="no-such-encoding"?>' + BODY,
    "codec that is no text encoding": '<?xml version="1.0" encoding="rot13"?>' + BODY,
    "multi-byte encoding": '<?xml version="1.0" encoding="shift_jis"?>' + BODY,
    "Latin-1 bytes": replace(CLASSIFICATION, "MyDL", "µ").encode("latin-1"),
    "overlong UTF-8": CLASSIFICATION.encode().replace(b"MyDL", b"\xc0\xaf"),
    "surrogate": CLASSIFICATION.encode().replace(b"MyDL", b"\xed\xa0\x80"),
    "XML 1.1": CLASSIFICATION.replace('"1.0"', '"9.9"'),
    "deep": "<MethodSetup Method='DL::x'>" + "<a>" * 40 + "</a>" * 40 + "</MethodSetup>",
    "very deep": "<MethodSetup Method='DL::x'>" + "<a>" * 300_000,
    "many attributes": "<MethodSetup " + " ".join(f"a{i}='1'" for i in range(20_000)) + "/>",
    "long attribute": f"<MethodSetup Method='DL::{'x' * 3_000_000}'/>",
    "long name": f"<{'x' * 3_000_000}/>",
    "repeated attribute": replace(CLASSIFICATION, 'Width="2"', 'Width="2" Width="3"'),
    "name space": replace(CLASSIFICATION, "<MethodSetup", '<x:MethodSetup xmlns:x="y"'),
    "huge rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="2000000000" Columns="2000000000">'),
    "overflowing rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="4294967298" Columns="4">'),
    "rows of 10000 digits": replace(CLASSIFICATION, ROWS, f'<Weights Rows="{"9" * 10_000}" Columns="4">'),
    "negative rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="-2" Columns="-4">'),
    "zero rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="0" Columns="4">'),
    "fractional rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="2.0" Columns="4">'),
    "hexadecimal rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="0x2" Columns="4">'),
    "underscored rows": replace(CLASSIFICATION, ROWS, '<Weights Rows="0_2" Columns="4">'),
    "Arabic digits": replace(CLASSIFICATION, ROWS, '<Weights Rows="٢" Columns="4">'),
    "rows too many": replace(CLASSIFICATION, ROWS, '<Weights Rows="3" Columns="4">'),
    "rows too few": replace(CLASSIFICATION, ROWS, '<Weights Rows="1" Columns="4">'),
    "huge NetDepth": replace(CLASSIFICATION, 'NetDepth="3"', 'NetDepth="2000000000"'),
    "negative NetDepth": replace(CLASSIFICATION, 'NetDepth="3"', 'NetDepth="-3"'),
    "huge NVar": replace(CLASSIFICATION, 'NVar="4"', 'NVar="2000000000"'),
    "huge NClass": re.sub(r'<Classes NClass="2">.*?</Classes>', '<Classes NClass="2000000000"/>', CLASSIFICATION, flags=re.S),
    "huge NInputs": replace(CLASSIFICATION, 'NInputs="4"', 'NInputs="2000000000"'),
    "huge input": replace(CLASSIFICATION, 'InputWidth="4"', 'InputWidth="99999999999"'),
    "unknown output function": replace(CLASSIFICATION, 'OutputFunction="S"', 'OutputFunction="Q"'),
    "NaN decay": replace(CLASSIFICATION, 'WeightDecay="9.9999997473787516e-05"', 'WeightDecay="nan"'),
    "infinite range": replace(CLASSIFICATION, 'Max="2.0409190654754639e+00"', 'Max="1e999"'),
    "NaN range": replace(CLASSIFICATION, 'Max="2.0409190654754639e+00"', 'Max="NaN"'),
    "unknown layer": CLASSIFICATION.replace("BatchNormLayer", "EvilLayer"),
    "unknown transformation": replace(CLASSIFICATION, 'Name="Normalize"', 'Name="Evil"'),
    "path as method type": replace(CLASSIFICATION, "DL::MyDL", "../../etc/passwd"),
    "other method": replace(CLASSIFICATION, "DL::MyDL", "BDT::BDTG"),
    "text between elements": replace(CLASSIFICATION, "<GeneralInfo>", "<GeneralInfo>hello"),
    "forward reference": replace(NETWORK, 'Sources="jets"', 'Sources="ADD#3"'),
    "reference to itself": replace(NETWORK, 'Sources="jets"', 'Sources="j"'),
    "unknown source": replace(NETWORK, 'Sources="jets"', 'Sources="photons"'),
    "empty sources": replace(NETWORK, 'Sources="jets"', 'Sources=""'),
    "huge shape": replace(NETWORK, 'Shape="2|3"', 'Shape="2000000000|2000000000"'),
    "zero shape": replace(NETWORK, 'Shape="2|3"', 'Shape="2|0"'),
    "empty shape": replace(NETWORK, 'Shape="2|3"', 'Shape=""'),
    "shape of many sizes": replace(NETWORK, 'Shape="2|3"', f'Shape="{"|".join(["1000000000"] * 3000)}"'),
    "repeated name": replace(NETWORK, 'Name="DENSE#2"', 'Name="j"'),
    "name with a sign": replace(NETWORK, 'Name="d"', 'Name="a+b"'),
    "output of nothing": replace(NETWORK, 'Source="d"', 'Source="j"'),
    "repeated block": replace(NETWORK, 'Name="Decoder"', 'Name="Encoder"'),
    "later version": replace(NETWORK, 'Version="1"', 'Version="2"'),
    "unknown precision": replace(NETWORK, 'Precision="float32"', 'Precision="float16"'),
    "both kinds of layers": replace(
        NETWORK, "</MethodSetup>", re.search(r"  <Weights Net.*</Weights>\n", CLASSIFICATION, re.S)[0] + "</MethodSetup>"
    ),
}
FIRST = re.search(ROWS + r"\n *(\S+)", CLASSIFICATION)[1]
for word in (
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e400",
    "1e39",
    "0x1p3",
    "1_0",
    "1,5",
    "--1",
    "1.2.3",
    "e5",
    "٣",
    "1" * 500_000,
    "𝟏",
):
    HOSTILE[f"number {word[:10]}"] = replace(CLASSIFICATION, FIRST, word)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_files_are_refused_soon_and_within_memory(tmp_path, content):
    data = content.encode("utf-8") if isinstance(content, str) else content
    path = tmp_path / "hostile.xml"
    path.write_bytes(data)
    tracemalloc.start()
    start = time.process_time()
    try:
        assert load(path) is None
        taken, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(data) + 64e6
    assert taken < 5.0  # 0.5 s and less on an idle core, without the tracing


def test_a_long_file_may_have_as_many_elements_as_fill_it(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_guard, "MAX_ELEMENTS", 1000)
    path = tmp_path / "w.xml"
    ranges = "".join(f'<Range Index="{i}" Min="-1.0000000000000000e+00" Max="1.0000000000000000e+00"/>' for i in range(5000))
    path.write_text(f"<Ranges>{ranges}</Ranges>")
    assert len(xml_guard.read_xml(path).children) == 5000


def test_many_elements_are_refused_within_memory(tmp_path, monkeypatch):
    assert xml_guard.MAX_ELEMENTS == 200_000
    path = tmp_path / "w.xml"
    path.write_text("<MethodSetup Method='DL::x'>" + "<a/>" * 250_000 + "</MethodSetup>")
    assert "has 200001 elements in 8000" in str(pytest.raises(FileError, read_weights, path).value)
    monkeypatch.setattr(xml_guard, "MAX_ELEMENTS", 20_000)  # tracing is slow
    tracemalloc.start()
    try:
        assert load(path) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 10 * peak < 4 * path.stat().st_size + 64e6


def test_a_long_matrix_of_short_numbers_stays_within_memory(tmp_path):
    count = 250_000
    text = re.sub(ROWS + r"\n.*\n", f'<Weights Rows="500" Columns="500">{"12 " * count}', CLASSIFICATION)
    path = tmp_path / "w.xml"
    path.write_text(text)
    tracemalloc.start()
    try:
        assert load(path) is not None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(text) + 64e6


def test_reading_opens_no_other_file(tmp_path, monkeypatch):
    path = tmp_path / "w.xml"
    path.write_text(HOSTILE["external entity"])
    opened = []
    real = open
    monkeypatch.setattr("builtins.open", lambda name, *a, **k: (opened.append(name), real(name, *a, **k))[1])
    load(path)
    assert opened == [path]
