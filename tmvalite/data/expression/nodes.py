"""The abstract syntax of an expression: nodes in postfix order, so that nothing that walks it recurses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tmvalite.errors import Diagnostics, Source, Span

NOWHERE = Span(0, 0)

# Names that stand for something even where no branch has them.
SPECIALS = ("Entry$", "LocalEntry$", "Entries$", "LocalEntries$", "Iteration$", "pi", "rndm")
# Functions whose arguments are read once per event, over all elements of their arrays.
REDUCTIONS = {"Length$": (1, 1), "Sum$": (1, 1), "Min$": (1, 1), "Max$": (1, 1), "MinIf$": (2, 2), "MaxIf$": (2, 2)}
ALTERNATIVE = "Alt$"
NAMING = ("name", "index", "size")  # kinds of nodes whose text is the name of a column


@dataclass(frozen=True, slots=True)
class ExpressionNode:
    """One node; its operands are the subtrees that end just before it.

    kind : "number", "text", "name", "size", "index", "every", "call", "prefix", "cast", "binary" or "choice"
    text : the number or text as written, the name of a column or function, the operator, the type of a cast
    value : of a number
    arity : number of operands; those of an index are one a bracket, "every" for an empty one
    size : number of nodes of the subtree, this one included
    grouped : whether it stands in parentheses in the user's text
    """

    kind: str
    text: str
    value: float = 0.0
    arity: int = 0
    size: int = 1
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    grouped: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expression:
    """A whole expression. The last node is the root.

    >>> [node.text for node in parse_expression("a+2*b").nodes]
    ['a', '2', 'b', '*', '+']
    """

    nodes: tuple[ExpressionNode, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)

    def operands(self, at: int) -> list[int]:
        """Positions of the operands of node `at`, in the order of the text."""
        found, child = [], at - 1
        for _ in range(self.nodes[at].arity):
            found.append(child)
            child -= self.nodes[child].size
        return found[::-1]

    def mentions(self) -> Iterator[tuple[str, Span]]:
        """Every name of a column with its place, in the order of the text, repeats included."""
        for node in self.nodes:
            if node.kind in NAMING:
                yield node.text, node.span

    def texts(self) -> set[str]:
        """The columns that are compared with a text."""
        found = set()
        for at, node in enumerate(self.nodes):
            if node.kind == "binary" and node.text in ("==", "!="):
                sides = [self.nodes[child] for child in self.operands(at)]
                if any(side.kind == "text" for side in sides):
                    found.update(side.text for side in sides if side.kind == "name")
        return found

    def column(self) -> str | None:
        """The name of the column that the expression is, and nothing else; otherwise None."""
        return self.nodes[0].text if len(self.nodes) == 1 and self.nodes[0].kind == "name" else None

    def warn(self, diagnostics: Diagnostics, where: str | None = None) -> None:
        """Report what TTreeFormula reads otherwise than it looks: casts, and comparisons of comparisons."""
        for at, node in enumerate(self.nodes):
            if node.kind == "cast":
                diagnostics.warn(
                    f"the cast ({node.text}) is ignored, as in ROOT: the value stays a double",
                    code="expression-cast",
                    span=node.span,
                    source=self.source,
                    where=where,
                    hint="int(x) truncates",
                )
            elif node.kind == "binary" and node.text in COMPARISONS:
                for child in self.operands(at):
                    inner = self.nodes[child]
                    if inner.kind == "binary" and inner.text in COMPARISONS and not inner.grouped:
                        diagnostics.warn(
                            f"'{node.text}' compares with the result of '{inner.text}', which is 0 or 1",
                            code="expression-comparison-chain",
                            span=node.span,
                            source=self.source,
                            where=where,
                            hint="join comparisons with &&, or use parentheses",
                        )


COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
