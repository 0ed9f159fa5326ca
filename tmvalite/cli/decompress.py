"""decompress: the table of an archive, or some rows and columns of it, as the kind of file that it came from."""

from __future__ import annotations

import argparse
import sys

from tmvalite.cli.base import Instead, Verb, names, positive, register
from tmvalite.cli.manner import ProgressLine


@register("decompress")
class Decompress(Verb):
    help = "restore the table of an archive"
    description = "Restore the events of an archive, or some of them, as the kind of file that they came from."

    def declare(self, parser):
        parser.add_argument("archive", metavar="ARCHIVE", help="written by `tmvalite compress`")
        output = parser.add_argument("output", metavar="OUTPUT", help="file to write, with the ending of the original")
        parser.add_argument(
            "-o", "--output", dest="file", metavar="OUTPUT", action=Instead, positional=output, help="the same, as an option"
        )
        parser.add_argument("--rows", metavar="FIRST:STOP", help="events to restore, such as 1000:2000 (all)")
        parser.add_argument("--columns", metavar="A,B,...", help="columns to restore (all)")
        parser.add_argument("--model", metavar="FILE", help="weight file, if the archive does not hold its model")
        parser.add_argument("--max-size", metavar="BYTES", type=int, help="size that the table may have (what the disk holds)")
        parser.add_argument("--workers", type=positive, metavar="N", help="processes that unpack the chunks (1)")
        parser.add_argument("--force", action="store_true", help="replace an existing file")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.cli.endings import terminating
        from tmvalite.compression.decompressor import decompress
        from tmvalite.errors import OptionError

        if arguments.output is not None and arguments.file is not None:
            raise OptionError("the output is named twice", code="argument", expected="ARCHIVE OUTPUT, or ARCHIVE --output OUTPUT")
        progress = ProgressLine("events", not sys.stderr.isatty())
        try:
            with terminating():
                return decompress(
                    arguments.archive,
                    arguments.file or arguments.output,
                    rows=rows_of(arguments.rows),
                    columns=names(arguments.columns),
                    model=arguments.model,
                    overwrite=arguments.force,
                    max_bytes=arguments.max_size,
                    workers=arguments.workers,
                    progress=progress,
                ).as_text()
        finally:
            progress.close()


def rows_of(text: str | None) -> slice | None:
    """The range of "1000:2000", "1000:" or ":2000". Raises OptionError for anything else."""
    from tmvalite.errors import OptionError

    if text is None:
        return None
    first, colon, stop = text.partition(":")
    if not colon or any(part and not (part.isdecimal() and part.isascii()) for part in (first, stop)):
        raise OptionError(f"'{text}' is no range of rows", code="archive-rows", expected="such as 1000:2000, 1000: or :2000")
    return slice(int(first) if first else None, int(stop) if stop else None)
