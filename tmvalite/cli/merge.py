"""merge: the pieces of a work put together."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, register
from tmvalite.cli.manner import cores, declare_manner, shown


@register("merge")
class MergePieces(Verb):
    help = "put the pieces of a work together"
    description = (
        "Put together what the pieces of a work have written: the same weight files, output file and tables, with the same "
        "bits, as `tmvalite train` with the same arguments gives in one process. Pieces that are missing are named, with the "
        "commands that do them."
    )

    def declare(self, parser):
        parser.add_argument("folder", metavar="DIR", help="what submit wrote")
        parser.add_argument("--report", metavar="PAGE", help="write an HTML report too, where methods were trained")
        declare_manner(parser)

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.cli.endings import terminating
        from tmvalite.cli.train import log_to_standard_error
        from tmvalite.jobs.work_in_pieces import merge

        cores(arguments)
        with terminating(), log_to_standard_error(arguments.quiet):
            done = merge(arguments.folder, arguments.report)
        return shown(done, arguments)
