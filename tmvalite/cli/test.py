"""test: the results of trained methods again, from their weight files."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, register
from tmvalite.cli.manner import cores, declare_manner, shown


@register("test")
class Test(Verb):
    help = "the tables of results of a job that was trained"
    description = (
        "Read the weight files that `tmvalite train` wrote for a job file and print the tables of results on the same training "
        "and test events."
    )

    def declare(self, parser):
        parser.add_argument("job", metavar="JOB", help="job.toml")
        declare_manner(parser)

    def run(self, arguments: argparse.Namespace) -> str:
        cores(arguments)
        from tmvalite.cli.endings import terminating
        from tmvalite.jobs import read_job, test

        with terminating():
            return shown(test(read_job(arguments.job)), arguments)
