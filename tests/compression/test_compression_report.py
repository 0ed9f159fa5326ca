"""The report states the sizes of the files, what every column lost, and where the peak went; and so do the commands."""

import json
import os
import xml.etree.ElementTree

import numpy as np
import pytest

from tmvalite.cli import main
from tmvalite.compression import compress
from tmvalite.compression.compression_report import make_report, quantity
from tmvalite.compression.report_files import write_report
from tmvalite.compression.report_html import as_html
from tmvalite.errors import ExpressionError, OptionError


@pytest.fixture
def source(columns, tmp_path):
    rng = np.random.default_rng(8)
    with_mass = columns | {"m": np.concatenate([rng.normal(173.0, 5.0, 300), rng.uniform(100.0, 225.0, 200)])}
    np.savez(tmp_path / "in.npz", **with_mass)
    return tmp_path / "in.npz"


@pytest.fixture
def done(model_file, source, tmp_path):
    return compress(model_file, source, tmp_path / "a.tmvz", bound="2%", network="always")


def test_ratios_are_those_of_the_files(done, source, columns, tmp_path):
    report = make_report(done)
    size, model = os.path.getsize(tmp_path / "a.tmvz"), done.embedded_bytes
    ratios = report.sizes.ratios()
    assert ratios["file"] == os.path.getsize(source) / (size - model)
    assert ratios["file_with_model"] == os.path.getsize(source) / size
    raw = sum(x.nbytes for x in columns.values()) + 500 * 8
    assert report.sizes.raw == raw and ratios["raw_with_model"] == raw / size
    assert sum(report.sizes.parts.values()) == size
    assert report.sizes.lossless < raw and report.kept == ("m",)


def test_a_model_in_its_own_file_counts_as_its_file(model_file, source, tmp_path):
    report = make_report(compress(model_file, source, tmp_path / "b.tmvz", embed=False))
    assert report.sizes.model == os.path.getsize(model_file) and not report.sizes.embedded
    assert report.sizes.archive == os.path.getsize(tmp_path / "b.tmvz")


def test_columns_state_what_the_correction_left(done, columns):
    report = make_report(done, angles=["eta"])
    assert [c.name for c in report.columns] == list(columns)
    assert report.columns[0].response.largest <= 2.0 + 1e-9
    assert report.columns[1].angle and set(report.corrected) <= set(columns)
    assert report.corrected["n"] == np.count_nonzero(done.archive.chunk(0).arrays(2)[""])


def test_a_peak_in_an_expression_of_columns(done):
    report = make_report(done, peaks=["twice := 2*m"], window=(200.0, 450.0), bins=50)
    (peak,) = report.peaks
    assert peak.name == "twice" and peak.before.mass == pytest.approx(346.0, abs=2.0) and peak.shift == 0.0
    np.testing.assert_array_equal(quantity(done.before, "2*m"), 2.0 * done.before.column("m").values)


def test_the_text_fits_a_terminal_and_holds_every_column(model_file, columns, tmp_path):
    named = columns | {f"a_rather_long_name_of_a_column_{i}": np.arange(500.0) for i in range(9)}
    np.savez(tmp_path / "in.npz", **named)
    report = make_report(compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz", bound="2%", network="always"))
    lines = report.as_text().splitlines()
    tables = lines[2:]
    assert max(map(len, tables)) <= 80
    first = report.columns[0]
    residual, response = (line.split() for line in lines if line.startswith(f"{first.name} "))
    assert [float(v) for v in residual[1:]] == pytest.approx(
        [first.residual.mean, first.residual.rms, first.residual.low, first.residual.high, first.residual.largest], rel=1e-3
    )
    assert [int(v) for v in response[4:]] == [first.equal, report.corrected.get(first.name, 0)]
    assert f"  latent {report.sizes.parts['latent']:33d}" in lines


def test_the_json_report_holds_every_number(done, tmp_path):
    write_report(tmp_path / "r.json", make_report(done, peaks=["m"]))
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert found["events"] == 500 and found["latent"] == 3 and found["bound"] == "2%"
    column = found["columns"][0]
    histogram = column["residual"]["histogram"]
    assert sum(histogram["contents"]) + histogram["underflow"] + histogram["overflow"] == column["residual"]["count"] == 500
    assert {"mean", "rms", "low", "high", "largest"} <= set(column["response"])
    assert found["peaks"][0]["before"]["converged"] is True


def test_the_page_is_well_formed_and_shows_no_markup_of_the_data(model_file, columns, tmp_path):
    name = "<b>&x"
    np.savez(tmp_path / "in.npz", **columns, **{name: np.arange(500.0)})
    text = as_html(make_report(compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz"), peaks=[]))
    assert "<b>" not in text and "&lt;b&gt;&amp;x" in text
    body = text.partition("<body>")[2].partition("</body>")[0].replace("&minus;", "-").replace("&nbsp;", " ")
    page = xml.etree.ElementTree.fromstring(f"<body>{body}</body>")  # noqa: S314 - our own text
    assert len(page.findall(".//svg")) == 2 * len(columns)
    assert "http" not in text, "the page needs nothing from elsewhere"


def test_a_page_with_a_peak_is_well_formed(done):
    text = as_html(make_report(done, peaks=["m"]))
    body = text.partition("<body>")[2].partition("</body>")[0]
    for entity in ("&minus;", "&nbsp;", "&plusmn;"):
        body = body.replace(entity, "-")
    assert len(xml.etree.ElementTree.fromstring(f"<body>{body}</body>").findall(".//svg")) == 18  # noqa: S314


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_commands_compress_and_decompress(capsys, model_file, source, tmp_path):
    archive = tmp_path / "x.tmvz"
    code, out, err = run(
        capsys,
        "compress",
        model_file,
        source,
        archive,
        "--bound",
        "1%",
        "--network",
        "always",
        "--precision",
        "float16",
        "--angles",
        "eta",
        "--peak",
        "m",
        "--window",
        110,
        220,
        "--report",
        tmp_path / "r.txt",
        "--report",
        tmp_path / "r.html",
    )
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == ["in.npz: 500 events, 8 variables -> 3 latent values (float16) by", "  model.weights.xml"]
    assert lines[2] == "bound 1%: holds for every entry" and "kept without loss: m" in lines and "peak in m" in lines
    assert (tmp_path / "r.txt").read_text(encoding="utf-8") == out and (tmp_path / "r.html").exists()
    code, out, err = run(capsys, "decompress", archive, tmp_path / "out.npz")
    assert (code, out, err) == (0, "500 events of 9 columns restored from 3 values each\nevery entry keeps its bound: 1%\n", "")


@pytest.mark.parametrize(
    "more, first",
    [
        (["--bound", "200%"], "error: '200%' is no bound"),
        (["--columns", "pt,eta"], "error: the columns hold 2 numbers per event, the model has 8 variables"),
        (["--report", "r.pdf"], "error: 'r.pdf' is no kind of report"),
        (["--tree", "t"], "error: '{source}' has no trees"),
        (["--angles", "phi"], "error: the angle 'phi' is no column that the model compresses"),
        (["--peak", "q"], "error: there is no column 'q'"),
        (["--peak", "m", "--window", "60", "20"], "error: the window from 60 to 20 is empty"),
        (["--window", "20", "60"], "error: --window is the range of a peak, and there is no --peak"),
        (["--report", "{archive}", "--force"], "error: '{archive}' is both the archive and report 1"),
    ],
)
def test_error_commands_end_with_one_error_and_exit_code_2(capsys, model_file, source, tmp_path, more, first):
    archive = tmp_path / "x.tmvz"
    code, out, err = run(capsys, "compress", model_file, source, archive, *(text.format(archive=archive) for text in more))
    assert (code, out) == (2, "") and err.splitlines()[0] == first.format(source=source, archive=archive)
    assert not (tmp_path / "x.tmvz").exists()


def test_error_commands_keep_what_exists(capsys, model_file, source, tmp_path):
    (tmp_path / "x.tmvz").write_text("mine", encoding="utf-8")
    assert run(capsys, "compress", model_file, source, tmp_path / "x.tmvz")[0] == 2
    assert (tmp_path / "x.tmvz").read_text(encoding="utf-8") == "mine"
    assert run(capsys, "compress", model_file, source, tmp_path / "x.tmvz", "--force")[0] == 0
    (tmp_path / "x.npz").write_text("mine", encoding="utf-8")
    assert run(capsys, "decompress", tmp_path / "x.tmvz", tmp_path / "x.npz")[0] == 2
    assert run(capsys, "decompress", tmp_path / "x.tmvz", tmp_path / "x.npz", "--force")[0] == 0


def test_error_of_a_model_that_cannot_be_read(capsys, source, tmp_path):
    code, _, err = run(capsys, "compress", tmp_path / "none.xml", source, tmp_path / "x.tmvz")
    assert code == 2 and err == f"error: '{tmp_path / 'none.xml'}' is no weight file\n"


def test_error_of_quantities_that_are_not_there(done):
    with pytest.raises(ExpressionError, match="there is no column 'x'"):
        quantity(done.before, "y := x+1")
    with pytest.raises(OptionError, match="the angle 'm' is no column"):
        make_report(done, angles=["m"])
