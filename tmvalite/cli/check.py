"""check: say what a booking option string means, layer by layer, with every warning; or what a job or weight file says."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, positive, register
from tmvalite.cli.manner import declare_manner, shown


@register("check")
class Check(Verb):
    help = "say what an option string, a job file or a weight file means"
    description = (
        "Say what a booking option string means, layer by layer, with every warning; or what a job file means; "
        "or what a weight file holds: variables, transformations, options, layers."
    )

    def declare(self, parser):
        from tmvalite.methods.understood import FORMS

        parser.add_argument(
            "options",
            metavar="OPTIONS",
            help='such as "Layout=TANH|128,LINEAR:TrainingStrategy=LearningRate=1e-3,TestRepetitions=1", or the path of a job '
            "file (.toml) or of a weight file (.weights.xml)",
        )
        parser.add_argument("--method", choices=tuple(FORMS), default="DL", help="the method booked (DL)")
        parser.add_argument("--variables", type=positive, metavar="N", help="number of input variables, if InputLayout has none")
        outputs = parser.add_mutually_exclusive_group()
        outputs.add_argument("--classes", type=positive, metavar="N", help="a multiclass analysis with N classes")
        outputs.add_argument("--targets", type=positive, metavar="N", help="a regression with N targets")
        declare_manner(parser, threads=False)
        parser.add_argument("--strict", action="store_true", help="refuse what would only give a warning")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.errors import Diagnostics
        from tmvalite.methods.understood import understand

        if arguments.options.endswith(".toml"):
            from tmvalite.jobs import check, read_job

            return shown(check(read_job(arguments.options)), arguments)
        if arguments.options.endswith((".xml", ".xml.gz")):
            from tmvalite.methods.file_contents import file_contents

            return shown(file_contents(arguments.options), arguments)
        report = understand(
            arguments.options,
            method=arguments.method,
            n_variables=arguments.variables,
            n_classes=arguments.classes,
            n_targets=arguments.targets,
            diagnostics=Diagnostics(strict=arguments.strict),
        )
        return shown(report, arguments)
