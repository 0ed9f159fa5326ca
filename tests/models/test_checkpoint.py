"""Checkpoints: a training that goes on from any of them ends with the same bits; damage and other trainings are named."""

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tests.models.checkpoint_states import keep_every_state
from tmvalite.errors import FileError, OptionError, TmvaliteWarning
from tmvalite.io.safetensors import read_safetensors, write_safetensors
from tmvalite.kernels.jit.process import machine
from tmvalite.models import checkpoint as module
from tmvalite.models import fitting
from tmvalite.training import checkpointing as checkpointing_module
from tmvalite.training import loop
from tmvalite.training.checkpointing import Checkpointing, read_every

X = np.random.default_rng(1).normal(size=(230, 4)).astype(np.float32)
Y = X[:, 0] + X[:, 1] * X[:, 2] > 0
PHASES = (
    "TrainingStrategy=LearningRate=1e-2,BatchSize=30,MaxEpochs=4,TestRepetitions=2,DropConfig=0.0+0.3,ConvergenceSteps=9"
    "|LearningRate=1e-2,BatchSize=50,MaxEpochs=4,TestRepetitions=1,Optimizer={optimizer},ConvergenceSteps=2,"
    "LearningRateSchedule=PLATEAU,LearningRatePatience=0,Regularization=L2,WeightDecay=1e-3"
)
TRAININGS = {
    "dense": (tmva.MethodDL, "VarTransform=N:Layout=DENSE|9|TANH,BNORM,DENSE|7|RELU,DENSE|1|LINEAR", "SGD,Momentum=0.5"),
    "images": (tmva.MethodDL, "InputLayout=1|2|2:Layout=CONV|3|2|2|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|1|LINEAR", "ADAM"),
    "variational": (
        tmva.MethodAE,
        "Layout=Encoder={DENSE|6|TANH,LATENT|2}Decoder={DENSE|6|TANH,DENSE|N|LINEAR}:KLAnnealing=3",
        "RMSPROP",
    ),
    "categories": (
        tmva.MethodAE,
        "Layout=Encoder={DENSE|6|LINEAR,GUMBEL|2|3}Decoder={DENSE|N|LINEAR}:TemperatureRate=1e-2",
        "ADAM",
    ),
    "moments": (tmva.MethodAE, "Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}:LatentLoss=MMD", "ADAM"),
    "adversarial": (
        tmva.MethodAE,
        "Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Discriminator={DENSE|5|TANH,DENSE|1|LINEAR}:LatentLoss=ADV",
        "ADAM",
    ),
}


def train(name, x=X, **more):
    """A trained method, and all that a training decides."""
    cls, options, optimizer = TRAININGS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method = cls(f"{options}:RandomSeed=5:{PHASES.format(optimizer=optimizer)}")
        method.fit(x, *([Y] if cls is tmva.MethodDL else []), progress="silent", **more)
    history = {name: values for name, values in method.history.items() if "seconds" not in name}
    return method, method.network.parameters.snapshot(), history


def same(a, b):
    return np.array_equal(a[1], b[1]) and repr(a[2]) == repr(b[2])


@pytest.fixture
def every_state(tmp_path, monkeypatch):
    """All states that a training comes through, as files: after every call into the network, of a few batches each."""
    return keep_every_state(tmp_path, monkeypatch, 3)


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_goes_on_from_every_state_with_the_same_bits(every_state, name):
    whole = train(name, checkpoint="unused")
    assert len(every_state) > 12
    for file in every_state[1 :: 5 if name == "dense" else 11]:
        assert same(train(name, resume=file), whole), file.name


def test_writing_checkpoints_changes_nothing_and_the_file_before_is_kept(tmp_path):
    path = tmp_path / "run.ckpt"
    assert same(train("dense", checkpoint=path, checkpoint_every="1 epochs"), train("dense"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.ckpt", "run.ckpt.previous"]
    assert same(train("dense", resume=path), train("dense"))


def test_a_drawn_seed_is_that_of_the_checkpoint(tmp_path):
    options = "Layout=TANH|5,LINEAR:TrainingStrategy=LearningRate=1e-2,BatchSize=30,MaxEpochs=4,TestRepetitions=1"
    first = tmva.MethodDL(options).fit(X, Y, progress="silent", checkpoint=tmp_path / "a", checkpoint_every="2 epochs")
    again = tmva.MethodDL(options).fit(X, Y, progress="silent", resume=tmp_path / "a.previous")
    assert again.random_seed == first.random_seed
    assert np.array_equal(again.network.parameters.flat, first.network.parameters.flat)


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path):
    path, whole = tmp_path / "a", train("dense")
    train("dense", checkpoint=path, checkpoint_every="2 epochs")
    content = path.read_bytes()
    for damaged in (content[:-9], content[:5], b"", content[:300] + b"x" + content[301:], content[:-4] + b"\0\1\2\3"):
        path.write_bytes(damaged)
        with pytest.warns(TmvaliteWarning, match="damaged.*; the checkpoint before it is used"):
            assert module.read_checkpoint(path).state.epoch > 0
    os.unlink(path)
    with pytest.warns(TmvaliteWarning, match="cannot read .*; the checkpoint before it is used"):
        module.read_checkpoint(path)
    assert same(train("dense", resume=f"{path}.previous"), whole)
    os.unlink(f"{path}.previous")
    with pytest.raises(FileError, match="cannot read"):
        module.read_checkpoint(path)


def test_every_cut_of_a_checkpoint_is_refused(tmp_path):
    path = tmp_path / "a"
    write_safetensors(path, {"a": np.arange(3.0), "b": np.ones((2, 2), np.float32)}, {"k": "v"})
    content = path.read_bytes()
    arrays, texts = read_safetensors(path)
    assert texts == {"k": "v"} and arrays["a"].tolist() == [0.0, 1.0, 2.0] and arrays["b"].shape == (2, 2)
    for n in range(len(content)):
        path.write_bytes(content[:n])
        with pytest.raises(FileError) as caught:
            read_safetensors(path)
        assert caught.value.code == "checkpoint-damaged"


@pytest.mark.parametrize(
    "header",
    [
        {"a": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F64", "shape": [2], "data_offsets": [8, 24]}},
        {"a": {"dtype": "F64", "shape": [-2], "data_offsets": [0, 16]}},
        {"a": {"dtype": "object", "shape": [2], "data_offsets": [0, 16]}},
        {"a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}},
        {"a": 5},
        [1],
        {"__metadata__": {"k": 1}, "a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}},
    ],
)
def test_headers_that_say_what_is_not_so_are_refused(tmp_path, header):
    text = json.dumps(header).encode()
    (tmp_path / "a").write_bytes(len(text).to_bytes(8, "little") + text + bytes(16))
    with pytest.raises(FileError) as caught:
        read_safetensors(tmp_path / "a")
    assert caught.value.code == "checkpoint-damaged"


def test_the_package_safetensors_reads_it(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    write_safetensors(tmp_path / "a", {"a": np.arange(3.0), "b": np.ones((0, 2), np.float32)}, {"k": "v"})
    found = safetensors.load_file(tmp_path / "a")
    assert found["a"].tolist() == [0.0, 1.0, 2.0] and found["b"].shape == (0, 2)


def test_error_of_another_training(tmp_path):
    path = tmp_path / "a"
    train("dense", checkpoint=path, checkpoint_every="2 epochs")
    with pytest.raises(FileError) as caught:
        tmva.MethodDL("Layout=TANH|5,LINEAR").fit(X, Y, resume=path)
    assert caught.value.code == "checkpoint-other" and "belongs to a training with VarTransform=N" in str(caught.value)
    with pytest.raises(FileError, match="belongs to a training with other training events"):
        train("dense", resume=path, x=X + 1)
    texts = json.loads(read_safetensors(path)[1][module.KEY])
    write_safetensors(path, read_safetensors(path)[0], {module.KEY: json.dumps(texts | {"version": 99})})
    with pytest.raises(FileError, match="is a checkpoint of version 99"):
        module.read_checkpoint(path)


@pytest.mark.parametrize(
    "text, found",
    [("20 epochs", (20, None)), ("1epoch", (1, None)), (3, (3, None)), ("2 h", (None, 7200.0)), (" Auto", (None, None))],
)
def test_how_often(text, found):
    assert read_every(text) == found


@pytest.mark.parametrize("text", ["", "often", "0 epochs", "-1 min", "1.5 h"])
def test_error_of_how_often(text):
    with pytest.raises(OptionError) as caught:
        tmva.MethodDL("Layout=TANH|5,LINEAR").fit(X, Y, checkpoint="a", checkpoint_every=text)
    assert caught.value.code == "checkpoint-every"


def test_a_checkpoint_that_cannot_be_written_is_told_and_the_training_goes_on(tmp_path, monkeypatch):
    whole, told = train("dense"), []

    def full(*_, facts):
        raise FileError("cannot write 'a': the disk is full", code="file-disk-full")

    monkeypatch.setattr(fitting, "write_checkpoint", full)
    monkeypatch.setattr("tmvalite.training.progress.Progress.message", lambda self, text: told.append(text), raising=False)
    assert same(train("dense", checkpoint=tmp_path / "a", checkpoint_every="4 epochs"), whole)
    assert told == ["the checkpoint is not written: cannot write 'a': the disk is full"] * len(told) and told


def test_error_of_a_folder_that_is_not_there_comes_before_the_training(tmp_path, in_tmp_path):
    with pytest.raises(FileError) as caught:
        train("dense", checkpoint=tmp_path / "no" / "a")
    assert caught.value.code == "file-no-folder"
    factory, loader = tmva.Factory("job", "!V:Silent:AnalysisType=Classification"), tmva.DataLoader("dataset")
    loader.AddVariable("a")
    for name in ("Signal", "Background"):
        loader.AddTree({"a": X[:, 0]}, name)
    with pytest.raises(FileError, match="there is no folder"):
        factory.BookMethod(loader, tmva.Types.kDL, "one", "!H:!V:Layout=TANH|5,LINEAR:Checkpoint=no/run.ckpt")
    with pytest.raises(OptionError, match="cannot be read"):
        factory.BookMethod(loader, tmva.Types.kDL, "one", "!H:!V:Layout=TANH|5,LINEAR:Checkpoint=a:CheckpointEvery=often")


class Clock:
    """Seconds that only the test moves on."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


def test_by_itself_it_writes_after_twenty_epochs_at_no_more_than_a_share_of_the_time(monkeypatch):
    clock, written = Clock(), []
    monkeypatch.setattr(checkpointing_module, "time", clock)

    def save(state):
        clock.now += 0.3
        written.append(state)

    every = Checkpointing(save, "auto")
    assert not every.due(20)  # no time has passed
    clock.now += 2.5
    assert not every.due(21) and not every.due() and every.due(40)
    every.write("state")
    clock.now += 29.0
    assert not every.due(60)  # 0.3 s are more than a hundredth of it
    clock.now += 2.0
    assert every.due(80) and not every.due(81)
    clock.now += 600.0
    assert every.due(81) and every.due()
    assert written == ["state"]


def test_two_processes_do_not_write_one_checkpoint(tmp_path):
    (tmp_path / ".a.tmvalite-lock").write_text(json.dumps({"machine": machine(), "node": "here", "pid": os.getppid()}))
    with pytest.raises(FileError, match=f"a' is being written by another job, process {os.getppid()} on here"):
        train("dense", checkpoint=tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == [".a.tmvalite-lock"]


def test_a_signal_waits_for_the_network_and_is_written(tmp_path, monkeypatch):
    """Ctrl-C, in the middle of an epoch: the checkpoint is there, and a training goes on from it."""
    whole, path, calls = train("dense"), tmp_path / "a", []
    steps = loop.Companion.steps

    def interrupting(self, first, terms):
        calls.append(first)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        steps(self, first, terms)

    with monkeypatch.context() as patched:
        patched.setattr(loop.Companion, "steps", interrupting)
        patched.setattr("tmvalite.training.network.Network.steps_per_call", lambda self, batch: 2)
        with pytest.raises(KeyboardInterrupt):
            train("dense", checkpoint=path, checkpoint_every="100 epochs")
    assert len(calls) == 3 and module.read_checkpoint(path).state.batches > 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert same(train("dense", resume=path), whole)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs SIGUSR1")
def test_sigusr1_writes_and_goes_on(tmp_path, monkeypatch):
    path, seen = tmp_path / "a", []

    def asking(self, network, epoch, steps):
        if epoch == 2:
            signal.raise_signal(signal.SIGUSR1)
        seen.append(path.exists())

    monkeypatch.setattr(loop.Companion, "begin_epoch", asking)
    whole = train("dense", checkpoint=path, checkpoint_every="100 epochs")
    assert seen[:3] == [False, False, True] and len(whole[2]["epoch"]) == len(seen)


PROGRAM = """
import sys
import numpy as np
import tmvalite as tmva
from tests.models.test_checkpoint import train
from tmvalite.training import checkpointing as checkpointing_module
from tmvalite.training import loop
done = []
def begin_epoch(self, network, epoch, steps):
    done.append(epoch)
    print(epoch, flush=True)
    if len(done) == 3:
        sys.stdin.readline()
loop.Companion.begin_epoch = begin_epoch
train("dense", checkpoint=sys.argv[1], checkpoint_every="1 epochs")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("number, code", [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, -2)])
def test_a_killed_program_goes_on_with_the_same_bits(tmp_path, number, code):
    path, root = tmp_path / "a", Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(number)
        process.stdin.close() if number != signal.SIGKILL else None
        assert process.wait(60) == code
    assert same(train("dense", resume=path), train("dense"))


def test_a_warm_start_begins_with_the_weights_of_the_last_training():
    options = "Layout=TANH|5,LINEAR:RandomSeed=3:TrainingStrategy=LearningRate={rate},BatchSize=50,MaxEpochs=2,TestRepetitions=1"
    method = tmva.MethodDL(options.format(rate="1e-2"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        before = method.fit(X, Y, progress="silent").network.parameters.snapshot()
        after = method.fit(X, Y, progress="silent", warm_start=True).network.parameters.snapshot()
        assert 0 < np.abs(after - before).max() < 0.5
        assert np.array_equal(method.fit(X, Y, progress="silent").network.parameters.flat, before)


def test_a_factory_goes_on_from_the_checkpoint_of_a_method(in_tmp_path, capsys):
    options = "!H:!V:Layout=TANH|5,LINEAR:RandomSeed=3:Checkpoint=run.ckpt:CheckpointEvery=1 epochs:"
    strategy = "TrainingStrategy=LearningRate=1e-2,BatchSize=50,MaxEpochs=6,TestRepetitions=1"

    def trained(more):
        factory, loader = tmva.Factory("job", f"!V:Silent:AnalysisType=Classification{more}"), tmva.DataLoader("dataset")
        for name in ("a", "b"):
            loader.AddVariable(name)
        for shift, name in enumerate(("Signal", "Background")):
            loader.AddTree({"a": X[:, 0] + np.float32(shift), "b": X[:, 1]}, name)
        loader.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=NumEvents:!V")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TmvaliteWarning)
            method = factory.BookMethod(loader, tmva.Types.kDL, "DNN", options + strategy)
            factory.TrainAllMethods()
        return method.method

    whole = trained("")
    os.replace("run.ckpt.previous", "run.ckpt")
    again = trained(":Resume")
    assert np.array_equal(whole.network.parameters.flat, again.network.parameters.flat)
    assert [row for row in whole.history["valid_loss"]] == again.history["valid_loss"]
    assert module.read_checkpoint("run.ckpt").state.epoch == 7


def test_error_of_two_methods_with_one_checkpoint(in_tmp_path, capsys):
    factory, loader = tmva.Factory("job", "!V:Silent:AnalysisType=Classification"), tmva.DataLoader("dataset")
    loader.AddVariable("a")
    for name in ("Signal", "Background"):
        loader.AddTree({"a": X[:, 0]}, name)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=NumEvents:!V")
    factory.BookMethod(loader, tmva.Types.kDL, "one", "!H:!V:Layout=TANH|5,LINEAR:Checkpoint=run.ckpt")
    with pytest.raises(OptionError) as caught:
        factory.BookMethod(loader, tmva.Types.kDL, "two", "!H:!V:Layout=TANH|5,LINEAR:Checkpoint=run.ckpt")
    assert caught.value.code == "checkpoint-shared" and "^" in str(caught.value)
    factory.BookMethod(loader, tmva.Types.kDL, "two", "!H:!V:Layout=TANH|5,LINEAR:Checkpoint=other.ckpt")
