"""The epoch table."""

import io
import math

import pytest

from tmvalite.errors import OptionError
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training.history import Epoch, History
from tmvalite.training.progress import LiveProgress, PhaseStart, Progress, TableProgress, make_progress, shown


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
        "Training phase 1 of 1:  Optimizer ADAM (beta1=0.9,beta2=0.999,eps=1e-07) Learning rate = 0.001 regularization 2 "
        "minimum error = 0.742147",
        "--------------------------------------------------------------",
        "     Epoch |   Train Err.   Val. Err.  t(s)/epoch   t(s)/Loss   nEvents/s Conv. Steps",
        "--------------------------------------------------------------",
        "         1 |      0.61986    0.647771    0.051694    0.021072      259160           0",
        "         2 |     0.589916    0.629443    0.053346    0.021111      246192           1",
        "Training finished: 2 epochs in 0.103 sec, smallest validation error 0.647771 in epoch 1",
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
    assert len(lines) == len(set(lines[5:])) + 5


def test_epochs_without_validation_have_no_row():
    assert [line.split()[0] for line in run_table(10, every=4)[5:]] == ["4", "8", "10"]


def test_the_first_rows_are_all_shown():
    assert all(shown(row) for row in range(1, 21)) and not shown(21)


def test_nothing_is_said_when_silent(capsys):
    progress = make_progress("silent")
    progress.begin_phase(start())
    progress.epoch(1, epoch(1), 0)
    progress.end(History())
    assert capsys.readouterr() == ("", "")
    assert type(progress) is Progress


def test_without_a_terminal_auto_is_the_table():
    assert type(make_progress("auto")) is TableProgress


def test_error_unknown_mode():
    with pytest.raises(OptionError, match="progress 'loud' is not known\n  expected one of: auto, live, table, silent"):
        make_progress("loud")


def test_the_moving_line_stays_out_of_the_table():
    from rich.console import Console

    screen, lines = io.StringIO(), []
    live = LiveProgress(lines.append, Console(file=screen, force_terminal=True, width=80))
    live.begin_phase(start(1, 2, max_epochs=3))
    live.batches(1, 0.5)
    live.epoch(1, epoch(1), 0)
    live.end_phase()
    assert not any("\x1b" in line or "\r" in line for line in lines) and len(lines) == 6
    assert "phase 1/2  epoch 1/3" in screen.getvalue()


def test_an_interrupted_training_says_so():
    lines = []
    TableProgress(lines.append).end(History([epoch(1)], interrupted=True))
    TableProgress(lines.append).end(History([epoch(1), epoch(2)], 1, 0.5, interrupted=True))
    assert lines == [
        "Training interrupted: 1 epoch in 0.0517 sec; the weights as they are now are kept",
        "Training interrupted: 2 epochs in 0.103 sec, smallest validation error 0.5 in epoch 1; its weights are kept",
    ]
