"""Trainings with checkpoints that are killed by SIGKILL and go on: whether they end with the bits of one that nobody disturbed.

Run: python -m benchmarks.kills [--random 200] [--signal KILL] [--row 20] [--points] [--only NAME] [--workers 2] [--json FILE]

    --random N  N kills at moments drawn evenly from the time of the training, dealt out over the networks
    --signal S  by SIGTERM, SIGINT or SIGUSR1, after which the training itself writes a checkpoint and, but for SIGUSR1, ends
    --row N     one training that is killed N times in a row
    --points    a kill before and behind every operation on files of the first, second and third checkpoint

Each training is a process of its own (a fork of one that has imported tmvalite and has no threads), which begins anew where
there is no checkpoint and goes on where there is one; a checkpoint is written after every epoch. Compared are parameters,
history (but for times), scores and weight file (but for date and time). What is lost is counted in epochs: those whose end
the killed process had announced, less those of its checkpoint.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import re
import signal
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
STRATEGY = (
    "TrainingStrategy=LearningRate=1e-2,BatchSize=30,MaxEpochs=20,TestRepetitions=2,DropConfig=0.0+0.3,ConvergenceSteps=30"
    "|LearningRate=1e-2,BatchSize=50,MaxEpochs=20,TestRepetitions=1,Optimizer={optimizer},ConvergenceSteps=30,"
    "LearningRateSchedule=PLATEAU,LearningRatePatience=0,Regularization=L2,WeightDecay=1e-3"
)
NETWORKS = {  # class, options, optimizer of the second phase
    "dense": ("MethodDL", "VarTransform=N:Layout=DENSE|32|TANH,BNORM,DENSE|16|RELU,DENSE|1|LINEAR", "SGD,Momentum=0.5"),
    "images": ("MethodDL", "InputLayout=1|2|2:Layout=CONV|3|2|2|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|1|LINEAR", "ADAM"),
    "variational": (
        "MethodAE",
        "Layout=Encoder={DENSE|6|TANH,LATENT|2}Decoder={DENSE|6|TANH,DENSE|N|LINEAR}:KLAnnealing=3",
        "RMSPROP",
    ),
    "categories": ("MethodAE", "Layout=Encoder={DENSE|6|LINEAR,GUMBEL|2|3}Decoder={DENSE|N|LINEAR}:TemperatureRate=1e-2", "ADAM"),
    "adversarial": (
        "MethodAE",
        "Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Discriminator={DENSE|5|TANH,DENSE|1|LINEAR}:LatentLoss=ADV",
        "ADAM",
    ),
}
LOST = 255  # what multiprocessing says of a process whose end it missed, which counts as a kill
CHECKPOINT, RESULT = "run.ckpt", "result.json"
OPERATIONS = {  # module, names of what it calls of os that a kill may stand before or behind
    "tmvalite.io.atomic": ("stat", "access", "open", "fdopen", "write", "flush", "fsync", "chmod", "replace", "close"),
    "tmvalite.models.checkpoint": ("unlink", "link", "replace"),
}


# ---------------------------------------------------------------------------------------------------- the process that is killed


def train(say, folder: Path, network: str, point: tuple[int, int] | None = None) -> None:
    """Begin or go on; say `begun`, the epochs that are done, and `ended`. `point`: die at this operation of this checkpoint."""
    import numpy as np

    import tmvalite
    from tmvalite.errors import TmvaliteWarning
    from tmvalite.training.progress import Progress

    class Telling(Progress):
        def begin_phase(self, start):
            say("begun")

        def epoch(self, number, epoch, stale):
            say(f"epoch {epoch.epoch}")

    warnings.simplefilter("ignore", TmvaliteWarning)
    if point is not None:
        die_at(say, *point)
    x = np.random.default_rng(1).normal(size=(2000, 4)).astype(np.float32)
    name, options, optimizer = NETWORKS[network]
    method = getattr(tmvalite, name)(f"{options}:Threads=1:RandomSeed=5:{STRATEGY.format(optimizer=optimizer)}")
    path = folder / CHECKPOINT
    resume = path if path.exists() or path.with_name(f"{CHECKPOINT}.previous").exists() else None
    truth = [x[:, 0] + x[:, 1] * x[:, 2] > 0] if name == "MethodDL" else []
    method.fit(x, *truth, progress=Telling(), checkpoint=path, checkpoint_every="1 epochs", resume=resume)
    say("ended")
    write_result(folder, method, x)


def write_result(folder: Path, method, x) -> None:
    weights = folder / "w.weights.xml"
    method.save(weights)
    text = re.sub(
        r'name="(Date|TrainingTime|Host|Creator|Dir)"[^/]*/>|<Info [^>]*(Date|TrainingTime)[^>]*>', "", weights.read_text()
    )
    history = {name: values for name, values in method.history.items() if "seconds" not in name}
    found = {
        "parameters": hashlib.sha256(method.network.parameters.flat.tobytes()).hexdigest(),
        "history": hashlib.sha256(repr(history).encode()).hexdigest(),
        "scores": hashlib.sha256(method.GetMvaValues(x).tobytes()).hexdigest(),
        "weight file": hashlib.sha256(text.encode()).hexdigest(),
        "epochs": len(history["epoch"]),
    }
    (folder / RESULT).write_text(json.dumps(found))


def die_at(say, checkpoint: int, operation: int) -> None:
    """Kill this process at an operation, counted from 0 before and behind each, of a checkpoint, counted from 1."""
    import importlib

    from tmvalite.models import fitting

    state = {"checkpoint": 0, "operation": 0}

    def passing(name):
        if state["checkpoint"] == checkpoint:
            if state["operation"] == operation:
                say(f"point {name}")
                os.kill(os.getpid(), signal.SIGKILL)
            state["operation"] += 1

    class Counted:
        """A file or the module os whose operations are counted."""

        def __init__(self, of, names):
            self._of, self._names = of, names

        def __getattr__(self, name):
            real = getattr(self._of, name)
            if name not in self._names:
                return real

            def operation(*given, **named):
                passing(f"before {name}")
                done = real(*given, **named)
                passing(f"behind {name}")
                return Counted(done, self._names) if name == "fdopen" else done

            return operation

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._of.close()

    for module, names in OPERATIONS.items():
        importlib.import_module(module).os = Counted(os, names)
    write = fitting.write_checkpoint

    def counted(*given, **named):
        state["checkpoint"] += 1
        write(*given, **named)
        if state["checkpoint"] == checkpoint:
            say("no such point")
            os._exit(3)

    fitting.write_checkpoint = counted


# ---------------------------------------------------------------------------------------------------- who kills


@dataclass
class Life:
    """A process from its start to its end.

    killed : whether it was killed before it had ended
    begun : seconds from its start to the first epoch; 0 if it did not come so far
    seconds : from there to its end
    last : the last epoch that it said was done
    words : the other lines that it said
    """

    killed: bool
    begun: float
    seconds: float
    last: int
    words: tuple[str, ...]


def live(
    folder: Path, network: str, after: float | None = None, point: tuple[int, int] | None = None, number: int = signal.SIGKILL
) -> Life:
    """Start a process and wait for its end; kill it `after` so many seconds of training, by this signal."""
    start, begun, last, said, killer = time.perf_counter(), 0.0, 0, [], None
    hears, says = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_begin, args=(says, folder, network, point))
    process.start()
    says.close()
    itself = os.pidfd_open(process.pid)  # a number might be another process's by the time of the kill
    with contextlib.suppress(EOFError):
        while True:
            line = hears.recv_bytes().decode()
            if line == "begun" and not begun:
                begun = time.perf_counter() - start
                if after is not None:
                    killer = threading.Timer(after, _kill, (itself, number))
                    killer.start()
            elif line.startswith("epoch"):
                last = int(line.split()[1])
            else:
                said.append(line)
    process.join()
    if killer is not None:
        killer.cancel()
        killer.join()
    os.close(itself)
    seconds, code = time.perf_counter() - start - begun if begun else 0.0, process.exitcode
    process.close()
    hears.close()
    stopped = (-signal.SIGKILL, LOST, -number, 1 if number == signal.SIGINT else LOST)
    if code not in (0, 3, *stopped):
        raise RuntimeError(f"a training of {network} in {folder} ended with {code}")
    return Life(code in stopped, begun, seconds, last, tuple(said))


def _kill(pidfd: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)


def _begin(says, folder: Path, network: str, point: tuple[int, int] | None) -> None:
    try:
        train(lambda text: says.send_bytes(text.encode()), folder, network, point)
    except KeyboardInterrupt:
        raise SystemExit(1) from None


def epochs_in(folder: Path) -> int:
    """Epochs that the newest whole checkpoint has; 0 without one."""
    from tmvalite.errors import FileError, TmvaliteWarning
    from tmvalite.models.checkpoint import read_checkpoint

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        try:
            return len(read_checkpoint(folder / CHECKPOINT).state.history["epochs"])
        except FileError:
            return 0


@dataclass
class Trial:
    """A training that was killed: how often, the most epochs lost at a kill, what differs in the end."""

    kind: str
    network: str
    kills: int
    lost: int
    differs: tuple[str, ...]
    where: str = ""


def finished(folder: Path, network: str, kind: str, kills: int, lost: int, right: dict, where: str = "") -> Trial:
    """Let a killed training go on to its end, and compare."""
    while live(folder, network).killed:
        pass
    found = json.loads((folder / RESULT).read_text())
    left = [path.name for path in folder.iterdir() if path.name.endswith("-lock")]
    differs = [name for name in right if found[name] != right[name]] + [f"{name} is left" for name in left]
    return Trial(kind, network, kills, lost, tuple(differs), where)


def random_kill(network: str, right: dict, length: float, seed: int, number: int) -> Trial:
    moment = random.Random(seed).uniform(0.0, length)
    while True:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            life = live(Path(folder), network, moment, number=number)
            if not life.killed and number != signal.SIGUSR1:
                moment *= 0.9  # it was faster this time
                continue
            lost = life.last - epochs_in(Path(folder))
            return finished(Path(folder), network, f"random {signal.Signals(number).name}", 1, lost, right, f"{moment:.3f} s")


def row_of_kills(network: str, right: dict, length: float, count: int) -> Trial:
    draw, lost, kills = random.Random(count), 0, 0
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        while kills < count:
            life = live(Path(folder), network, draw.uniform(0.0, 2.0 * length / (count + 2)))
            if not life.killed:
                break
            kills += 1
            lost = max(lost, life.last - epochs_in(Path(folder)))
        return finished(Path(folder), network, "in a row", kills, lost, right)


def point_kills(network: str, right: dict, checkpoint: int):
    """A trial for every operation of a checkpoint."""
    operation = 0
    while True:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            life = live(Path(folder), network, point=(checkpoint, operation))
            if not life.killed:
                return
            if not life.words:
                continue  # it was killed by another
            lost = life.last - epochs_in(Path(folder))
            yield finished(Path(folder), network, f"point of checkpoint {checkpoint}", 1, lost, right, life.words[-1])
        operation += 1


def undisturbed(network: str) -> tuple[dict, float]:
    """What a training comes to, and how long it takes."""
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        life = live(Path(folder), network)  # the second one, when all is in memory, is timed
        for path in Path(folder).iterdir():
            path.unlink()
        life = live(Path(folder), network)
        return json.loads((Path(folder) / RESULT).read_text()), life.seconds


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", type=int, default=200)
    parser.add_argument("--signal", choices=("KILL", "TERM", "INT", "USR1"), default="KILL")
    parser.add_argument("--row", type=int, default=20)
    parser.add_argument("--points", action="store_true")
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json")
    options = parser.parse_args(arguments)
    CONTEXT.set_forkserver_preload(["tmvalite", "tmvalite.models.fitting", "tmvalite.methods", "tmvalite.workflow.factory"])
    number = signal.Signals[f"SIG{options.signal}"]
    known = {network: undisturbed(network) for network in options.only}
    for network, (right, seconds) in known.items():
        print(f"{network}: {right['epochs']} epochs in {seconds:.2f} s, undisturbed", flush=True)
    trials: list[Trial] = []
    with ThreadPoolExecutor(options.workers) as workers:
        waiting = [workers.submit(lambda n=options.only[0]: [row_of_kills(n, *known[n], options.row)])] if options.row else []
        for checkpoint in (1, 2, 3) if options.points else ():
            waiting.append(workers.submit(lambda n=options.only[0], c=checkpoint: list(point_kills(n, known[n][0], c))))
        for i in range(options.random):
            network = options.only[i % len(options.only)]
            waiting.append(workers.submit(lambda n=network, i=i: [random_kill(n, *known[n], i, number)]))
        for one in as_completed(waiting):
            trials += one.result()
            for trial in one.result():
                print(f"{'DIFFERS: ' + str(trial) if trial.differs else 'same bits'}  {len(trials)} trainings", flush=True)
    trials.sort(key=lambda trial: (trial.kind, trial.network))
    print(f"\n{'kind':24s}{'network':14s}{'trainings':>10s}{'kills':>7s}{'same bits':>11s}{'most epochs lost':>18s}")
    for kind, network in dict.fromkeys((trial.kind, trial.network) for trial in trials):
        found = [trial for trial in trials if (trial.kind, trial.network) == (kind, network)]
        same = sum(not trial.differs for trial in found)
        kills, lost = sum(trial.kills for trial in found), max(trial.lost for trial in found)
        print(f"{kind:24s}{network:14s}{len(found):10d}{kills:7d}{same:11d}{lost:18d}")
    if options.json:
        Path(options.json).write_text(json.dumps([vars(trial) for trial in trials], indent=1))
    return int(any(trial.differs for trial in trials))


if __name__ == "__main__":
    raise SystemExit(main())
