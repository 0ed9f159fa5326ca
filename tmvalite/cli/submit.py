"""submit: a work in pieces for a batch system."""

from __future__ import annotations

import argparse
import contextlib

from tmvalite.cli.apply import weights_and_inputs
from tmvalite.cli.base import Verb, names, positive, register
from tmvalite.cli.work_options import declare_work, work_of


@register("submit")
class Submit(Verb):
    help = "write the files that do a work in pieces on a batch system"
    description = (
        "Cut the trainings of a job file, or with --apply the files that scores are written for, into pieces that run alone, "
        "and write what HTCondor or Slurm are given. `tmvalite piece DIR N` does a piece, `tmvalite merge DIR` puts them "
        "together. All of them see the same files. Nothing is submitted."
    )

    def declare(self, parser):
        parser.add_argument("files", metavar="FILE", nargs="+", help="job.toml; with --apply weight files and inputs")
        systems = parser.add_mutually_exclusive_group(required=True)
        systems.add_argument(
            "--htcondor", dest="system", action="store_const", const="htcondor", help="write a file for HTCondor"
        )
        systems.add_argument("--slurm", dest="system", action="store_const", const="slurm", help="write a file for Slurm")
        parser.add_argument("--output", metavar="DIR", required=True, help="folder for the plan, the pieces and their logs")
        parser.add_argument("--pieces", type=positive, metavar="N", help="pieces at most (one for each training or file)")
        parser.add_argument("--cpus", type=positive, metavar="N", default=1, help="cores of a piece (1)")
        parser.add_argument("--memory", metavar="M", default="2G", help="memory of a piece (2G)")
        parser.add_argument(
            "--line",
            action="append",
            default=[],
            metavar="TEXT",
            help="a further line, such as: --line '+JobFlavour = \"workday\"'",
        )
        declare_work(parser)
        parser.add_argument("--apply", metavar="OUT", help="write scores into the folder OUT, as `tmvalite apply` does")
        parser.add_argument("--friend", action="store_true", help="of --apply: the scores alone")
        parser.add_argument("--keep", metavar="A,B,...", help="of --apply: these columns and the scores")
        parser.add_argument("--cut", metavar="EXPRESSION", default="", help="of --apply: entries that pass only")

    def run(self, arguments: argparse.Namespace) -> str:
        import os

        from tmvalite.errors import OptionError
        from tmvalite.jobs.batch_files import BatchRequest, write_batch_files
        from tmvalite.jobs.work_in_pieces import write_plan

        if arguments.apply is not None:
            weights, inputs = weights_and_inputs(arguments.files)
            from tmvalite.jobs.apply_pieces import make_apply_plan

            given = {"weights": weights, "inputs": inputs, "output": arguments.apply, "friend": arguments.friend}
            given |= {"keep": names(arguments.keep), "cut": arguments.cut}
            plan, name = make_apply_plan(given, arguments.pieces), "apply"
        else:
            if len(arguments.files) > 1:
                raise OptionError("one job file is submitted at a time", code="job-file", hint="--apply OUT is for other files")
            plan = self._trainings(arguments)
            name = os.path.splitext(plan.name)[0]
        request = BatchRequest(_word(name), plan.pieces, arguments.cpus, arguments.memory, tuple(arguments.line))
        write_plan(arguments.output, plan)
        paths, command = write_batch_files(arguments.output, arguments.system, request)
        pieces = f"{plan.pieces} pieces" if plan.pieces > 1 else "1 piece"
        return "\n".join([f"{pieces}; to submit, and to put together:", f"  {command}", f"  tmvalite merge {arguments.output}"])

    def _trainings(self, arguments: argparse.Namespace):
        from tmvalite.cli.train import log_to_standard_error
        from tmvalite.jobs import read_job
        from tmvalite.jobs.training_pieces import plan_of_trainings

        job = read_job(arguments.files[0])
        with open(arguments.files[0], encoding="utf-8-sig") as file:
            text = file.read()
        with log_to_standard_error(True):
            return plan_of_trainings(job, text, work_of(arguments, drawn=_seed(arguments.output)), arguments.pieces)


def _seed(folder: str) -> int:
    """The seed that the plan of a folder has already, so that the same may be submitted again; else one that is drawn."""
    from tmvalite.errors import FileError
    from tmvalite.jobs.work_in_pieces import read_plan
    from tmvalite.training.streams import drawn_seed

    with contextlib.suppress(FileError, AttributeError):
        return read_plan(folder).work.seed
    return drawn_seed()


def _word(text: str) -> str:
    """A name that batch systems take."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in text) or "tmvalite"
