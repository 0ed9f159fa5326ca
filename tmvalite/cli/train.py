"""train: a whole analysis from one small file."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from tmvalite.cli.base import Verb, positive, register
from tmvalite.cli.manner import cores, declare_manner, shown
from tmvalite.cli.work_options import declare_work, work_of


@register("train")
class Train(Verb):
    help = "train the methods of a job file"
    description = (
        "Train, test and evaluate the methods of a job file in TOML: data files, variables, cuts, weights, methods. What it "
        "writes is what TMVA's Factory writes. The log goes to standard error."
    )

    def declare(self, parser):
        parser.add_argument("job", metavar="JOB", nargs="?", help="job.toml")
        parser.add_argument("--example", action="store_true", help="print a job file to begin with")
        parser.add_argument("--report", metavar="PAGE", help="write an HTML report too")
        declare_work(parser)
        parser.add_argument("--processes", type=positive, metavar="N", help="train so many networks at the same time (1)")
        parser.add_argument("--checkpoint", metavar="FILE", help="keep where the training is; it may be killed at any time")
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoints, where there are any")
        declare_manner(parser)

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.errors import OptionError

        if arguments.example:
            from tmvalite.jobs.job_schema import EXAMPLE

            return EXAMPLE.rstrip("\n")
        if arguments.job is None:
            raise OptionError("no job file is named", code="job-file", hint="tmvalite train --example > job.toml")
        cores(arguments)
        from tmvalite.jobs import read_job
        from tmvalite.jobs.work import do

        with log_to_standard_error(arguments.quiet):
            kept = {"checkpoint": arguments.checkpoint, "resume": arguments.resume}
            done = do(read_job(arguments.job), work_of(arguments), arguments.processes, arguments.report, **kept)
        return shown(done, arguments)


@contextlib.contextmanager
def log_to_standard_error(quiet: bool):
    """What a Factory prints goes to standard error, so that standard output has the results alone; or nowhere."""
    if not quiet:
        with contextlib.redirect_stdout(sys.stderr):
            yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
