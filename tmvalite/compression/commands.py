"""The verbs `compress` and `decompress` of the command line."""

from __future__ import annotations

import argparse


def add_commands(commands) -> None:
    """Add the two verbs to the subcommands of a parser; what they need is imported when they run."""
    compress = commands.add_parser(
        "compress",
        help="compress a table of events with a trained autoencoder",
        description="Compress the events of a ROOT tree, an .npz or a .csv file with a trained MethodAE.",
    )
    compress.add_argument("model", metavar="MODEL", help="weight file of the autoencoder")
    compress.add_argument("input", metavar="INPUT", help="table.csv, table.npz, table.root or table.root:tree")
    compress.add_argument("output", metavar="OUTPUT", help="the archive to write")
    compress.add_argument("--columns", metavar="A,B,...", help="columns that are the model's variables, in their order")
    compress.add_argument("--tree", metavar="NAME", help="the tree of a ROOT file that has several")
    compress.add_argument("--precision", choices=("float32", "float16"), default="float32", help="of the latent values (float32)")
    compress.add_argument(
        "--bound", metavar="BOUND", help="largest error of every entry: 1%%, 0.01, abs:0.5, or by column 1%%,phi=abs:0.01"
    )
    compress.add_argument(
        "--others",
        choices=("keep", "drop", "refuse"),
        default="keep",
        help="columns that are no variables of the model: keep them without loss, drop or refuse them (keep)",
    )
    compress.add_argument("--no-embed", dest="embed", action="store_false", help="leave the model out of the archive")
    compress.add_argument("--report", metavar="FILE", action="append", default=[], help="write a report: .html, .json or .txt")
    compress.add_argument("--angles", metavar="A,B,...", help="columns whose residuals the report wraps to (-pi, pi]")
    compress.add_argument(
        "--peak",
        metavar="EXPRESSION",
        action="append",
        default=[],
        help="quantity in which the report fits a peak before and after, such as 'mjj := sqrt(...)'",
    )
    compress.add_argument("--window", metavar=("LOW", "HIGH"), nargs=2, type=float, default=None, help="of the peak (100 225)")
    compress.add_argument("--force", action="store_true", help="replace an existing file")
    compress.set_defaults(run=_compress)

    decompress = commands.add_parser(
        "decompress",
        help="restore the table of an archive",
        description="Restore the events of an archive as the kind of file that they came from.",
    )
    decompress.add_argument("archive", metavar="ARCHIVE", help="written by `tmvalite compress`")
    decompress.add_argument("output", metavar="OUTPUT", help="file to write, with the ending of the original")
    decompress.add_argument("--model", metavar="FILE", help="weight file, if the archive does not hold its model")
    decompress.add_argument("--max-size", metavar="BYTES", type=int, help="size that the table may have in memory")
    decompress.add_argument("--force", action="store_true", help="replace an existing file")
    decompress.set_defaults(run=_decompress)


def _compress(arguments: argparse.Namespace) -> str:
    from tmvalite.compression.compressor import prepare
    from tmvalite.compression.decompressor import check_output
    from tmvalite.compression.files import check_distinct
    from tmvalite.compression.report import make_report
    from tmvalite.compression.report_files import report_ending, write_report
    from tmvalite.errors import OptionError
    from tmvalite.evaluation.peak import WINDOW
    from tmvalite.io.atomic import write_atomic

    # before the work begins
    reports = {f"report_{i}": path for i, path in enumerate(arguments.report, 1)}
    check_distinct(the_model=arguments.model, the_table=arguments.input, the_archive=arguments.output, **reports)
    check_output(arguments.output, arguments.force)
    for path in arguments.report:
        report_ending(path)
        check_output(path, arguments.force)
    if arguments.window and not arguments.peak:
        raise OptionError("--window is the range of a peak, and there is no --peak", code="peak-window")
    done = prepare(
        arguments.model,
        arguments.input,
        columns=_names(arguments.columns),
        tree=arguments.tree,
        precision=arguments.precision,
        bound=arguments.bound,
        embed=arguments.embed,
        others=arguments.others,
    )
    report = make_report(
        done,
        angles=_names(arguments.angles) or (),
        peaks=arguments.peak,
        window=tuple(arguments.window) if arguments.window else WINDOW,
    )
    write_atomic(arguments.output, done.data)
    for path in arguments.report:
        write_report(path, report)
    return report.as_text()


def _decompress(arguments: argparse.Namespace) -> str:
    from tmvalite.compression.decompressor import decompress

    return decompress(
        arguments.archive, arguments.output, model=arguments.model, overwrite=arguments.force, max_bytes=arguments.max_size
    ).as_text()


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
