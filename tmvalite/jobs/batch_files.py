"""What batch systems are given: a shell script that does one piece, and a file that asks for all of them.

Source: the manuals of HTCondor (condor_submit) and Slurm (sbatch, job arrays). Both are told to run a script with the number of
the piece, from 0; nothing else differs.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tmvalite.errors import OptionError
from tmvalite.io.atomic import write_atomic

SCRIPT = "piece.sh"
_PLAIN = re.compile(r"[A-Za-z0-9_./+=@,-]+")  # of a path that needs quotes nowhere
_MEMORY = re.compile(r"[1-9][0-9]*[KMGT]")


@dataclass(frozen=True)
class BatchRequest:
    """What every piece asks for. memory : "2G"; lines : further ones of the file, as the batch system of a site wants them"""

    name: str
    pieces: int
    cpus: int = 1
    memory: str = "2G"
    lines: tuple[str, ...] = ()


def script(folder: str, cpus: int) -> str:
    """The shell script that does one piece, in the folder of the plan, with the Python that runs now."""
    return (
        "#!/bin/bash\n"
        f"# One piece of the work in {folder}: bash {SCRIPT} NUMBER\n"
        "set -euo pipefail\n"
        f"export TMVALITE_THREADS={cpus} OMP_NUM_THREADS={cpus}\n"
        f'export HOME="${{HOME:-{folder}}}"  # where kernels are kept; some batch systems set none\n'
        f'exec {shlex.quote(sys.executable)} -m tmvalite piece {shlex.quote(folder)} "$1"\n'
    )


def htcondor(folder: str, request: BatchRequest) -> str:
    """A submit description."""
    return "\n".join(
        [
            f"# condor_submit {folder}/pieces.sub",
            "universe = vanilla",
            f"batch_name = {request.name}",
            f"executable = {folder}/{SCRIPT}",
            "arguments = $(ProcId)",
            f"initialdir = {folder}",
            "should_transfer_files = NO",
            "output = logs/$(ProcId).out",
            "error = logs/$(ProcId).err",
            "log = logs/pieces.log",
            f"request_cpus = {request.cpus}",
            f"request_memory = {request.memory}B",
            "max_retries = 2",
            *request.lines,
            f"queue {request.pieces}",
            "",
        ]
    )


def slurm(folder: str, request: BatchRequest) -> str:
    """A batch script for an array of jobs."""
    return "\n".join(
        [
            "#!/bin/bash",
            f"# sbatch {folder}/pieces.sbatch",
            f"#SBATCH --job-name={request.name}",
            f"#SBATCH --array=0-{request.pieces - 1}",
            "#SBATCH --ntasks=1",
            f"#SBATCH --cpus-per-task={request.cpus}",
            f"#SBATCH --mem={request.memory}",
            f"#SBATCH --output={folder}/logs/%a.out",
            "#SBATCH --requeue",
            *(f"#SBATCH {line}" for line in request.lines),
            f'exec bash {folder}/{SCRIPT} "$SLURM_ARRAY_TASK_ID"',
            "",
        ]
    )


SYSTEMS = {"htcondor": ("pieces.sub", htcondor, "condor_submit"), "slurm": ("pieces.sbatch", slurm, "sbatch")}


def write_batch_files(folder: str | os.PathLike, system: str, request: BatchRequest) -> tuple[list[str], str]:
    """Write the script and the file of a batch system; the paths, and the command that submits them.

    Raises OptionError for a path or an amount of memory that such a file cannot hold.
    """
    folder = os.path.abspath(folder)
    if not _PLAIN.fullmatch(folder):
        message = f"the path '{folder}' has characters that files of batch systems cannot hold"
        raise OptionError(message, code="submit-path", expected="letters, digits, and _ . / + = @ , -")
    if not _MEMORY.fullmatch(request.memory):
        raise OptionError(f"'{request.memory}' is no amount of memory", code="range", expected="such as 500M or 2G")
    _check_lines(request.lines)
    name, text, command = SYSTEMS[system]
    paths = [str(Path(folder) / SCRIPT), str(Path(folder) / name)]
    write_atomic(paths[0], script(folder, request.cpus))
    os.chmod(paths[0], 0o755)
    write_atomic(paths[1], text(folder, request))
    return paths, f"{command} {paths[1]}"


def _check_lines(lines: Sequence[str]) -> None:
    for line in lines:
        if "\n" in line or "\r" in line:
            raise OptionError("a further line of the file has line breaks", code="range", hint="give --line once for each")
