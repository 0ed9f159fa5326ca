"""report: one HTML page about the methods of a job that was trained."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, register
from tmvalite.cli.manner import cores


@register("report")
class Report(Verb):
    help = "an HTML page about a job that was trained"
    description = (
        "Read the weight files that `tmvalite train` wrote for a job file and write one HTML page about them: inputs, outputs, "
        "cuts, ROC curves, networks. `tmvalite train JOB --report PAGE` has the losses of the training too."
    )

    def declare(self, parser):
        parser.add_argument("job", metavar="JOB", help="job.toml")
        parser.add_argument("-o", "--output", metavar="PAGE", default="report.html", help="what to write; report.html")
        parser.add_argument("--threads", metavar="N", type=int, help="cores to use; all by default")

    def run(self, arguments: argparse.Namespace) -> str:
        cores(arguments)
        from tmvalite.cli.endings import terminating
        from tmvalite.jobs import read_job, report

        with terminating():
            return f"{report(read_job(arguments.job), arguments.output)}: open it in a browser"
