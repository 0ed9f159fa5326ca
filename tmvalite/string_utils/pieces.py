"""Lists with empty pieces: TMVA drops them without a word, we drop them with one warning for each run of them."""

from __future__ import annotations

from collections.abc import Sequence

from tmvalite.errors import Diagnostics, Source, Span


def present(
    pieces: Sequence,
    separators: Sequence[Span],
    source: Source,
    diagnostics: Diagnostics,
    *,
    noun: str,
    plural: str,
    code: str,
    consequence: str = "",
    where: str | None = None,
) -> list:
    """The pieces that are not None, in order, with a warning for every run of empty ones.

    Parameters
    ----------
    pieces : sequence
        As written; None stands for an empty piece. At least one is present.
    separators : sequence of Span
        What stands between them, one less than the pieces.
    noun, plural : str
        What the pieces are called.
    consequence : str
        What else the user must know, as the end of a sentence.
    """
    kept, first = [], None
    for i, piece in enumerate([*pieces, True]):
        if piece is None:
            first = i if first is None else first
            continue
        if i < len(pieces):
            kept.append(piece)
        if first is None:
            continue
        at_end = i == len(pieces)
        begin, end = (separators[first - 1], separators[i - 2]) if at_end else (separators[first], separators[i - 1])
        count, first = i - first, None
        message = f"an empty {noun} is dropped" if count == 1 else f"{count} empty {plural} are dropped"
        mark = source.text[begin.start : begin.stop]
        hint = f"remove the {mark!r} at the end" if at_end else f"remove the extra {mark!r}"
        diagnostics.warn(
            message + consequence, code=code, source=source, span=Span(begin.start, end.stop), where=where, hint=hint, lost=True
        )
    return kept


def split_at(marks: Sequence, separator: str) -> tuple[list, list]:
    """Cut a list of alternating words and separators, `a | | b`, into pieces (None where empty) and separators."""
    pieces, separators = [None], []
    for mark in marks:
        if mark.type == separator:
            pieces.append(None)
            separators.append(Span(mark.start_pos, mark.end_pos))
        else:
            pieces[-1] = mark
    return pieces, separators
