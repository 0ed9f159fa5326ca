"""TMVA's message layout on standard output, without control characters."""

import io

import pytest

from tmvalite.workflow.log import Log, LogSettings


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_layout_of_the_lines(capsys):
    log = Log("Factory", dataset="dataset")
    log.header("Train all methods")
    log.info("Elapsed time")
    log.info()
    log.warning("few events")
    log.verbose("not shown")
    Log("LongNameOfAMethodWithMoreThan25Characters").header("x")
    assert capsys.readouterr().out.splitlines() == [
        "Factory                  : [dataset] : Train all methods",
        "                         : Elapsed time",
        "                         : ",
        "<WARNING>                : few events",
        "LongNameOfAMethodWithM...: x",
    ]


def test_a_wide_table_begins_at_the_left_so_that_it_fits_a_terminal(capsys):
    log = Log("Factory")
    log.lines(["a" * 53, "b"])
    log.lines(["a" * 54, "b"])
    out = capsys.readouterr().out.splitlines()
    assert out == [" " * 25 + ": " + "a" * 53, " " * 25 + ": b", "a" * 54, "b"]


def test_the_head_of_a_table_stays_above_its_columns(capsys):
    Log("TFHandler").titled(["head", "row"])
    Log("TFHandler").titled(["head", "r" * 54])
    assert capsys.readouterr().out.splitlines() == [
        "TFHandler                : head",
        " " * 25 + ": row",
        "TFHandler                : ",
        "head",
        "r" * 54,
    ]


def test_verbose_and_silent(capsys):
    Log("A", LogSettings(verbose=True)).verbose("shown")
    Log("A", LogSettings(silent=True)).warning("hidden")
    assert capsys.readouterr().out == " " * 25 + ": shown\n"


def test_a_file_gets_no_control_characters(capsys):
    Log("A\x1b[31m", LogSettings(color=True)).header("tab\there\rback\x1b[1mbold\nnext")
    out = capsys.readouterr().out
    assert all(c.isprintable() or c == "\n" for c in out)
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(("color", "no_color", "expected"), [(True, False, True), (False, False, False), (True, True, False)])
def test_colours_only_on_a_terminal_with_option_color(monkeypatch, color, no_color, expected):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    Log("Factory", LogSettings(color=color)).header("text")
    assert ("\x1b[" in terminal.getvalue()) is expected


def test_a_name_that_the_terminal_cannot_show_does_not_stop_the_job(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    Log("Factory").info("p\u03c0")
    stream.seek(0)
    assert stream.read() == " " * 25 + ": p?\n"


def test_a_program_without_a_console_goes_on(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    Log("Factory").info("text")
