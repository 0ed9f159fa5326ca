"""The epoch table."""

import dataclasses
import doctest
import io
import math
import sys
import time

import pytest

from tmvalite.errors import OptionError
from tmvalite.kernels.jit import making
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training import progress
from tmvalite.training.compiling import announced
from tmvalite.training.epoch_table import shown
from tmvalite.training.history import Epoch, History
from tmvalite.training.progress import LiveProgress, PhaseStart, Progress, TableProgress, make_progress


def epoch(number, train=0.61986, valid=0.647771, seconds=0.051694, valid_seconds=0.021072):
    return Epoch(number, 1, train, valid, 0.0, 1e-3, True, seconds, valid_seconds)


def start(number=1, count=1, **settings):
    settings = PhaseSettings(**{"learning_rate": 1e-3, "regularization": "L2", **settings})
    return PhaseStart(number, count, settings, 7936, 2000, 0.742147)


def test_the_table_is_tmvas():
    lines = []
    table = TableProgress(lines.append)
    table.begin_phase(start())
    table.epoch(1, epoch(1), 0)
    table.epoch(2, epoch(2, 0.589916, 0.629443, 0.053346, 0.021111), 1)
    table.end_phase()
    table.end(History([epoch(1), epoch(2)], 1, 0.647771))
    assert lines == [
        "Using 7936 events for training and 2000 for validation",
        "Training phase 1 of 1:  Optimizer ADAM (beta1=0.9,beta2=0.999,eps=1e-07)",
        "Learning rate = 0.001 regularization 2 minimum error = 0.742147",
        "----------------------------------------------------------------------------",
        "Epoch |  Train Err.   Val. Err. t(s)/epoch  t(s)/Loss  nEvents/s Conv. Steps",
        "----------------------------------------------------------------------------",
        "    1 |     0.61986    0.647771    0.05169    0.02107  2.592e+05           0",
        "    2 |    0.589916    0.629443    0.05335    0.02111  2.462e+05           1",
        "Training finished: 2 epochs in 0.103 sec",
        "Smallest validation error 0.647771 in epoch 1",
    ]


def run_table(epochs, every=1):
    lines = []
    table = TableProgress(lines.append)
    table.begin_phase(start(max_epochs=epochs))
    for e in range(1, epochs + 1):
        table.epoch(e, epoch(e, valid=0.5 if e % every == 0 or e == epochs else math.nan), 0)
    table.end_phase()
    return lines


@pytest.mark.parametrize("epochs", [1, 20, 137, 1000, 5000])
def test_a_long_training_takes_few_lines_and_its_last_epoch_is_among_them(epochs):
    lines = run_table(epochs)
    assert len(lines) <= 120
    assert lines[-1].split()[0] == str(epochs)
    assert len(lines) == len(set(lines[6:])) + 6


def test_epochs_without_validation_have_no_row():
    assert [line.split()[0] for line in run_table(10, every=4)[6:]] == ["4", "8", "10"]


def test_the_first_rows_are_all_shown():
    assert all(shown(row) for row in range(1, 21)) and not shown(21)


def test_nothing_is_said_when_silent(capsys):
    silent = make_progress("silent")
    silent.begin_phase(start())
    silent.epoch(1, epoch(1), 0)
    silent.end(History())
    assert capsys.readouterr() == ("", "")
    assert type(silent) is Progress


def test_without_a_terminal_auto_is_the_table():
    assert type(make_progress("auto")) is TableProgress


def test_error_unknown_mode():
    with pytest.raises(OptionError, match="progress 'loud' is not known\n  expected one of: auto, live, table, summary, silent"):
        make_progress("loud")


def test_the_moving_line_stays_out_of_the_table():
    from rich.console import Console

    screen, lines = io.StringIO(), []
    live = LiveProgress(lines.append, Console(file=screen, force_terminal=True, width=80))
    live.begin_phase(start(1, 2, max_epochs=3))
    live.batches(1, 0.5)
    live.epoch(1, epoch(1), 0)
    live.end_phase()
    assert not any("\x1b" in line or "\r" in line for line in lines) and len(lines) == 7
    assert "phase 1/2  epoch 1/3" in screen.getvalue()


def test_an_interrupted_training_says_so():
    lines = []
    TableProgress(lines.append).end(History([epoch(1)], interrupted=True))
    TableProgress(lines.append).end(History([epoch(1), epoch(2)], 1, 0.5, interrupted=True))
    assert lines == [
        "Training interrupted: 1 epoch in 0.0517 sec",
        "The weights as they are now are kept",
        "Training interrupted: 2 epochs in 0.103 sec",
        "Smallest validation error 0.5 in epoch 1; its weights are kept",
    ]


PARTS = ("valid_reconstruction", "valid_kl", "sparsity", "valid_head")


@pytest.mark.parametrize("count", range(5))
def test_the_table_fits_a_terminal_with_any_parts_of_the_loss(count):
    columns, lines = PARTS[:count], []
    table = TableProgress(lines.append)
    table.begin_phase(dataclasses.replace(start(), columns=columns))
    values = {name: -1.23456e-12 * 10**i for i, name in enumerate(columns)}
    table.epoch(1, dataclasses.replace(epoch(1, -1.23456e-15, 1.23456e123), parts=values), 12345)
    assert max(map(len, lines)) <= 80
    table.end_phase()
    row = " ".join(lines[lines.index(lines[3], 4) + 1 :])
    assert len(row.replace("|", " ").split()) == 4 + count + {0: 3, 1: 1}.get(count, 0)
    for name, value in values.items():
        assert f"{value:.3g}"[:4] in row, name


def test_the_summary_alone(capsys):
    summary = make_progress("summary")
    summary.begin_phase(start())
    summary.epoch(1, epoch(1), 0)
    summary.end_phase()
    summary.end(History([epoch(1)], 1, 0.5))
    assert capsys.readouterr().out == "Training finished: 1 epoch in 0.0517 sec\nSmallest validation error 0.5 in epoch 1\n"


def test_the_moving_line_says_how_long_it_may_take():
    from rich.console import Console

    screen, now = io.StringIO(), [100.0]
    live = LiveProgress(lambda line: None, Console(file=screen, force_terminal=True, width=80), lambda: now[0])
    live.begin_phase(start(max_epochs=4))
    now[0] = 130.0
    live.epoch(1, epoch(1), 0)
    live.end_phase()
    assert "train 0.6199  val. 0.6478" in screen.getvalue() and "1:30 left" in screen.getvalue()


class Notes(Progress):
    def __init__(self):
        self.said = []

    def message(self, text):
        self.said.append(text)


def made_for(seconds, patience):
    """What a progress hears of kernels that are made for so long, in two waits, inside nested blocks."""
    notes = Notes()
    with announced(notes), announced(notes):
        (told,) = making.LISTENERS
        told.patience = patience
        for _ in range(2):
            with making.making():
                time.sleep(seconds / 2)
    assert making.LISTENERS == []
    return notes


def test_compiling_is_announced_once_and_only_when_it_takes_long():
    notes = made_for(0.3, 0.05)
    assert notes.said == ["Preparing the kernels: compiled once for this machine, then kept"] and notes.compile_seconds >= 0.3
    notes = made_for(0.0, 0.2)
    time.sleep(0.3)
    assert notes.said == [] and notes.compile_seconds < 0.2


def test_short_waits_add_up_to_a_long_one():
    assert len(made_for(0.2, 0.15).said) == 1


def test_kernels_outside_a_training_are_announced_at_a_terminal_only(monkeypatch):
    for terminal in (True, False):
        screen = io.StringIO()
        screen.isatty = lambda terminal=terminal: terminal
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(making, "ANYBODY", making.Listener(making.ANYBODY.say, patience=0.0))
        with making.making():
            time.sleep(0.1)
        assert bool(screen.getvalue()) is terminal


def test_examples_in_the_docstrings():
    assert doctest.testmod(progress).failed == 0
