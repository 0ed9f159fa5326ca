"""CSV files: names in the first line, numbers in as many digits as they need to come back."""

from __future__ import annotations

import csv
import io

from tmvalite.application.sinks import Gathered, Sink, require_numbers

ROWS = 10_000  # rows that are made into text at a time


class CsvSink(Sink):
    """A text file with a line for each entry."""

    endings = (".csv",)

    def table(self, name, types, kind):
        require_numbers(types, "a CSV file")
        text = io.TextIOWrapper(self.file, "utf-8", newline="", write_through=True)
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(types)

        def write(columns):
            rows.writerows(zip(*(_cells(column.values) for column in columns.values()), strict=True))

        return _Lines(write, text)


class _Lines(Gathered):
    def __init__(self, write, text):
        super().__init__(write, ROWS)
        self._text = text

    def close(self):
        super().close()
        self._text.flush()
        self._text.detach()  # the file itself is closed by who opened it


def _cells(values):
    """Shortest texts that give the same numbers again."""
    if values.dtype.kind == "f" and values.dtype.itemsize == 4:
        return values.astype("U32")
    return values.tolist()
