"""info: what an archive holds."""

from __future__ import annotations

import argparse
import json

from tmvalite.cli.base import Verb, register


@register("info")
class Info(Verb):
    help = "what an archive of `tmvalite compress` holds"
    description = "Show the rows, chunks and columns of an archive: type, bound, how each is packed, and what it takes."

    def declare(self, parser):
        parser.add_argument("archive", metavar="ARCHIVE", help="written by `tmvalite compress`")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, arguments: argparse.Namespace) -> str:
        from tmvalite.compression.archive import read_archive
        from tmvalite.compression.archive_info import describe

        found = describe(read_archive(arguments.archive))
        return json.dumps(found.as_json(), indent=2, ensure_ascii=False) if arguments.json else found.as_text()
