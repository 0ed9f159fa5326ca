"""Python text of expressions, broken over lines where it is too long, in the way of common formatters."""

from __future__ import annotations

from dataclasses import dataclass, replace

WIDTH = 100
STEP = "    "
# how tightly an expression binds, from a conditional expression to a name
CONDITIONAL, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, PRODUCT, SIGN, ATOM = range(13)


@dataclass(frozen=True)
class PythonTerm:
    """An expression: its text in one line, how tightly it binds, and how it can be broken.

    head, items, tail : what stands before the items, "f(", the items, and what closes them
    pieces : texts that stand side by side; `chain`: parts joined by an operator that each begins with
    inner : of a text, what stands between its quotes, as between double ones
    """

    text: str
    binds: int = ATOM
    head: str = ""
    items: tuple[PythonTerm, ...] = ()
    tail: str = ""
    pieces: tuple[str, ...] = ()
    chain: tuple[PythonTerm, ...] = ()
    kind: str = ""  # the C++ type, where it is known
    inner: str = ""

    def within(self, least: int) -> str:
        """The text, in brackets where it binds less tightly than `least`."""
        return self.text if self.binds >= least else f"({self.text})"

    def of_kind(self, kind: str) -> PythonTerm:
        """The same with a known type."""
        return replace(self, kind=kind)


def listed(head: str, items: tuple[PythonTerm, ...], tail: str, kind: str = "") -> PythonTerm:
    """A call or a list."""
    return PythonTerm(f"{head}{', '.join(item.text for item in items)}{tail}", ATOM, head, tuple(items), tail, kind=kind)


def text_term(inner: tuple[str, ...]) -> PythonTerm:
    """Texts side by side as one; each as between double quotes. In one line where that is short enough."""
    joined = "".join(inner)
    pieces = inner if len(inner) > 1 else _cut(joined)
    return PythonTerm(quoted_text(joined), pieces=tuple(quoted_text(piece) for piece in pieces), kind="text", inner=joined)


def quoted_text(inner: str) -> str:
    """A text in the quotes that need the fewer escapes."""
    if '\\"' in inner and "'" not in inner:
        return "'" + inner.replace('\\"', '"') + "'"
    return f'"{inner}"'


def _cut(inner: str) -> tuple[str, ...]:
    """A long text in pieces that end with ':', ',' or a blank."""
    if len(inner) < WIDTH - 22:
        return (inner,)
    pieces, begin = [], 0
    while begin < len(inner):
        stop = begin + WIDTH - 28
        at = max(inner.rfind(mark, begin, stop) for mark in ":, ") + 1 if stop < len(inner) else len(inner)
        if at <= begin:
            at = len(inner)
        pieces.append(inner[begin:at])
        begin = at
    return tuple(pieces)


def broken(indent: str, before: str, term: PythonTerm, after: str = "") -> list[str]:
    """The lines of `before term after`."""
    flat = f"{indent}{before}{term.text}{after}"
    if len(flat) <= WIDTH:
        return [flat]
    inner = indent + STEP
    if term.items:
        together = ", ".join(item.text for item in term.items)
        if len(inner) + len(together) <= WIDTH:
            return [f"{indent}{before}{term.head}", f"{inner}{together}", f"{indent}{term.tail}{after}"]
        lines = [f"{indent}{before}{term.head}"]
        for item in term.items:
            lines += broken(inner, "", item, ",")
        return [*lines, f"{indent}{term.tail}{after}"]
    if len(term.pieces) > 1:
        if not before:
            return [*(f"{indent}{piece}" for piece in term.pieces[:-1]), f"{indent}{term.pieces[-1]}{after}"]
        return [f"{indent}{before}(", *(f"{inner}{piece}" for piece in term.pieces), f"{indent}){after}"]
    if term.chain and not before:
        return _chain_lines(indent, term.chain, after)
    if term.chain:
        return [f"{indent}{before}(", *_chain_lines(inner, term.chain, ""), f"{indent}){after}"]
    return [flat]


def _chain_lines(indent: str, chain: tuple[PythonTerm, ...], after: str) -> list[str]:
    """Each part in lines of its own; what is filled into a text of several lines follows it where there is room."""
    lines: list[str] = []
    for part in chain:
        follows = lines and part.text.startswith("% ") and len(chain[0].pieces) > 1
        if follows and len(lines[-1]) + 1 + len(part.text) + len(after) <= WIDTH:
            lines[-1] += f" {part.text}"
        else:
            lines += broken(indent, "", part)
    return [*lines[:-1], lines[-1] + after]
