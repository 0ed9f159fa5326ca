"""piece: one piece of a work that `submit` has cut."""

from __future__ import annotations

import argparse
import sys

from tmvalite.cli.base import Verb, register
from tmvalite.cli.manner import declare_manner, shown


@register("piece")
class Piece(Verb):
    help = "do one piece of a work that submit has cut"
    description = (
        "Do one piece of the work in a folder that `tmvalite submit` wrote, and write what comes of it, whole or not at all. A "
        "piece that is done ends at once, so that all of them may be submitted again."
    )

    def declare(self, parser):
        parser.add_argument("folder", metavar="DIR", help="what submit wrote")
        parser.add_argument("number", metavar="N", type=int, help="which piece, from 0")
        declare_manner(parser)

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.cli.endings import terminating
        from tmvalite.cli.manner import cores
        from tmvalite.cli.train import log_to_standard_error
        from tmvalite.jobs.work_in_pieces import do_piece

        cores(arguments)
        with terminating(), log_to_standard_error(arguments.quiet):
            done = do_piece(arguments.folder, arguments.number, lambda line: print(line, file=sys.stdout))
        return shown(done, arguments)
