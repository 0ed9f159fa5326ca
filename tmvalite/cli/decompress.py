"""decompress: the table of an archive, as the kind of file that it came from."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, register


@register("decompress")
class Decompress(Verb):
    help = "restore the table of an archive"
    description = "Restore the events of an archive as the kind of file that they came from."

    def declare(self, parser):
        parser.add_argument("archive", metavar="ARCHIVE", help="written by `tmvalite compress`")
        parser.add_argument("output", metavar="OUTPUT", help="file to write, with the ending of the original")
        parser.add_argument("--model", metavar="FILE", help="weight file, if the archive does not hold its model")
        parser.add_argument("--max-size", metavar="BYTES", type=int, help="size that the table may have in memory")
        parser.add_argument("--force", action="store_true", help="replace an existing file")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.compression.decompressor import decompress

        return decompress(
            arguments.archive, arguments.output, model=arguments.model, overwrite=arguments.force, max_bytes=arguments.max_size
        ).as_text()
