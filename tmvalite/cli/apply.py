"""apply: scores of trained methods for every entry of trees and tables."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, names, register
from tmvalite.cli.manner import ProgressLine, cores, declare_manner, shown

MOST = 4  # processes: each takes some 170 MB, and reading does not get faster without end


@register("apply")
class Apply(Verb):
    help = "write the scores of trained methods for every entry of a tree"
    description = (
        "Write the scores of trained methods for every entry of trees and tables, in their order. INPUT is "
        "'in/*.root:folder/tree' (TTree or RNTuple) or a Parquet, NPZ, CSV or HDF5 file. The output has all columns of the "
        "input, those of --keep, or with --friend none but the scores."
    )

    def declare(self, parser):
        parser.add_argument(
            "files", metavar="FILE", nargs="+", help="weight files, W.xml or NAME=W.xml to name the branch, and inputs"
        )
        parser.add_argument(
            "-o",
            "--output",
            metavar="OUT",
            required=True,
            help="a .root, .parquet, .npz or .csv file, or a folder with a file each",
        )
        parser.add_argument("--friend", action="store_true", help="the scores alone, a tree for AddFriend")
        parser.add_argument("--keep", metavar="A,B,...", help="write these columns and the scores")
        parser.add_argument("--cut", metavar="EXPRESSION", default="", help="write the entries that pass only")
        parser.add_argument("--also", metavar="A,B", default="", help="of autoencoders: reconstruction, code")
        parser.add_argument(
            "--systematic",
            nargs=3,
            action="append",
            default=[],
            metavar=("NAME", "UP", "DOWN"),
            help="scores of varied columns, such as: jes pt=pt_jesUp,met=met_jesUp pt=pt_jesDown,met=met_jesDown",
        )
        parser.add_argument("--force", action="store_true", help="replace existing files")
        declare_manner(parser)

    def run(self, arguments: argparse.Namespace) -> str:
        weights, inputs = weights_and_inputs(arguments.files)
        count = cores(arguments)
        from tmvalite.application import apply
        from tmvalite.cli.endings import terminating

        progress = ProgressLine("entries", arguments.quiet)
        try:
            with terminating():
                done = apply(
                    weights,
                    inputs,
                    arguments.output,
                    friend=arguments.friend,
                    keep=names(arguments.keep),
                    cut=arguments.cut,
                    also=names(arguments.also),
                    systematics={name: (up, down) for name, up, down in arguments.systematic},
                    force=arguments.force,
                    processes=min(count, MOST),
                    progress=progress,
                )
        finally:
            progress.close()
        return shown(done, arguments)


def weights_and_inputs(files: list[str]) -> tuple[list[str], list[str]]:
    """Arguments that end in .xml or .xml.gz are weight files, the others inputs. Raises OptionError where one kind is missing."""
    from tmvalite.errors import OptionError

    weights = [text for text in files if text.lower().endswith((".xml", ".xml.gz"))]
    inputs = [text for text in files if text not in weights]
    for kind, found, example in (("weight file", weights, "W.weights.xml"), ("input", inputs, "'data/*.root:tree'")):
        if not found:
            raise OptionError(f"no {kind} is named", code="apply-nothing", hint=f"such as {example}")
    return weights, inputs
