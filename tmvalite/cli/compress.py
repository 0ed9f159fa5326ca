"""compress: a table of events in an archive, with a bound on the error of every entry."""

from __future__ import annotations

import argparse
import sys

from tmvalite.cli.base import Instead, Verb, names, positive, register
from tmvalite.cli.manner import ProgressLine

REPORTED = 1 << 25  # bytes of a table up to which the report is made unasked: it needs the table in memory twice


@register("compress")
class Compress(Verb):
    help = "compress a table of events, with a trained autoencoder or without"
    description = (
        "Compress the events of a ROOT tree, a Parquet, HDF5, .npz or .csv file, with a trained MethodAE where this gains. "
        "Tables larger than memory are read some rows at a time."
    )

    def declare(self, parser):
        parser.add_argument(
            "model", metavar="MODEL", nargs="?", help="weight file of an autoencoder; without one there is no network"
        )
        parser.add_argument("input", metavar="INPUT", help="table.csv, .npz, .parquet, .h5 or .h5:group, .root or .root:tree")
        output = parser.add_argument("output", metavar="OUTPUT", help="the archive to write")
        parser.add_argument(
            "-o", "--output", dest="archive", metavar="OUTPUT", action=Instead, positional=output, help="the same, as an option"
        )
        parser.add_argument("--columns", metavar="A,B,...", help="columns that are the model's variables, in their order")
        parser.add_argument("--tree", metavar="NAME", help="the tree of a ROOT file that has several")
        parser.add_argument(
            "--precision", choices=("float32", "float16"), default="float32", help="of the latent values (float32)"
        )
        parser.add_argument(
            "--bound", metavar="BOUND", help="largest error of every entry: 1%%, 0.01, abs:0.5, or by column 1%%,phi=abs:0.01"
        )
        parser.add_argument(
            "--others",
            choices=("keep", "drop", "refuse"),
            default="keep",
            help="columns that are no variables of the model: keep them without loss, drop or refuse them (keep)",
        )
        parser.add_argument(
            "--network",
            choices=("auto", "always"),
            default="auto",
            help="restore columns with a bound by the model where the archive gets smaller, or always (auto)",
        )
        parser.add_argument(
            "--train",
            action="store_true",
            help="train networks that predict columns from those before, and keep those that make the archive smaller",
        )
        parser.add_argument("--no-embed", dest="embed", action="store_false", help="leave the model out of the archive")
        parser.add_argument("--report", metavar="FILE", action="append", default=[], help="write a report: .html, .json or .txt")
        parser.add_argument("--angles", metavar="A,B,...", help="columns whose residuals the report wraps to (-pi, pi]")
        parser.add_argument(
            "--peak",
            metavar="EXPRESSION",
            action="append",
            default=[],
            help="quantity in which the report fits a peak before and after, such as 'mjj := sqrt(...)'",
        )
        parser.add_argument("--window", metavar=("LOW", "HIGH"), nargs=2, type=float, default=None, help="of the peak (100 225)")
        parser.add_argument("--workers", type=positive, metavar="N", help="processes that pack the chunks (1)")
        parser.add_argument("--force", action="store_true", help="replace an existing file")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.cli.endings import terminating
        from tmvalite.compression.compression_report import make_report
        from tmvalite.compression.compressor import compress, prepare
        from tmvalite.compression.decompressor import check_output
        from tmvalite.compression.report_files import report_ending, write_report
        from tmvalite.compression.table_files import check_distinct, open_source
        from tmvalite.errors import OptionError
        from tmvalite.evaluation.peak import WINDOW
        from tmvalite.io.atomic import write_atomic

        if arguments.archive is not None:
            if arguments.model is not None:
                raise OptionError(
                    "the archive is named twice", code="argument", expected="MODEL INPUT OUTPUT, or MODEL INPUT --output OUTPUT"
                )
            if arguments.output is not None:
                arguments.model, arguments.input = arguments.input, arguments.output
            arguments.output = arguments.archive
        # before the work begins
        reports = {f"report_{i}": path for i, path in enumerate(arguments.report, 1)}
        check_distinct(the_model=arguments.model, the_table=arguments.input, the_archive=arguments.output, **reports)
        check_output(arguments.output, arguments.force)
        for path in arguments.report:
            report_ending(path)
            check_output(path, arguments.force)
        if arguments.window and not arguments.peak:
            raise OptionError("--window is the range of a peak, and there is no --peak", code="peak-window")
        source = open_source(arguments.input, tree=arguments.tree, drop=arguments.others == "drop")
        reported = bool(reports or arguments.peak) or source.raw_bytes <= REPORTED
        progress = ProgressLine("events", not sys.stderr.isatty())
        options = dict(
            columns=names(arguments.columns),
            tree=arguments.tree,
            precision=arguments.precision,
            bound=arguments.bound,
            embed=arguments.embed,
            others=arguments.others,
            network=arguments.network,
            train=arguments.train,
            workers=arguments.workers,
            measure=reported,
            progress=progress,
        )
        try:
            with terminating():
                if not reported:
                    options["overwrite"] = arguments.force
                    return compress(arguments.model, arguments.input, arguments.output, **options).as_text()
                done = prepare(arguments.model, arguments.input, **options)
        finally:
            progress.close()
        report = make_report(
            done,
            angles=names(arguments.angles) or (),
            peaks=arguments.peak,
            window=tuple(arguments.window) if arguments.window else WINDOW,
        )
        write_atomic(arguments.output, done.data)
        for path in arguments.report:
            write_report(path, report)
        return report.as_text()
