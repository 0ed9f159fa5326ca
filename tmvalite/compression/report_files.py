"""Reports as files: text, JSON or a page, by the ending of the name."""

from __future__ import annotations

import json
import os

from tmvalite.compression.compression_report import CompressionReport
from tmvalite.compression.report_html import as_html
from tmvalite.errors import OptionError
from tmvalite.io.atomic import write_atomic


def write_report(path: str | os.PathLike, report: CompressionReport) -> None:
    """Write a report as .txt, .json or .html, whole or not at all. Raises OptionError for another ending, FileError."""
    ending = report_ending(path)
    if ending == ".html":
        write_atomic(path, as_html(report))
    elif ending == ".json":
        write_atomic(path, json.dumps(report.as_json(), indent=1, allow_nan=False) + "\n")
    else:
        write_atomic(path, report.as_text() + "\n")


def report_ending(path: str | os.PathLike) -> str:
    """The ending of a report's name, in lower case. Raises OptionError if it is none of .txt, .json and .html."""
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending not in (".txt", ".json", ".html"):
        raise OptionError(
            f"'{os.fspath(path)}' is no kind of report",
            code="report-kind",
            expected="a file name that ends in .txt, .json or .html",
        )
    return ending
