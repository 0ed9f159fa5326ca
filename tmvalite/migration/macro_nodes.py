"""What a macro is read into: expressions and statements. Nothing here knows Python, or what a name means."""

from __future__ import annotations

from dataclasses import dataclass, field

from tmvalite.errors import Span

# Expressions


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name, `TMVA::Types::kDL` as its parts; `arguments` is the text between < and > of a template."""

    parts: tuple[str, ...]
    arguments: str = ""

    @property
    def text(self) -> str:
        return "::".join(self.parts)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number as Python writes it, or texts side by side, each as between double quotes."""

    pieces: tuple[str, ...]
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class CallNode:
    """A call, a constructor (`made`), or what braces make."""

    what: object
    arguments: tuple
    made: bool = False


@dataclass(frozen=True, slots=True)
class MemberNode:
    """What stands behind a point or an arrow."""

    of: object
    name: Symbol


@dataclass(frozen=True, slots=True)
class IndexNode:
    """An element."""

    of: object
    at: object


@dataclass(frozen=True, slots=True)
class PrefixNode:
    """! - + ~ * & before an expression."""

    sign: str
    of: object


@dataclass(frozen=True, slots=True)
class BinaryNode:
    """Two expressions with a sign between them."""

    left: object
    sign: str
    right: object


@dataclass(frozen=True, slots=True)
class TernaryNode:
    """condition ? yes : no."""

    condition: object
    yes: object
    no: object


@dataclass(frozen=True, slots=True)
class AssignNode:
    """left = right, or with += and the like."""

    left: object
    sign: str
    right: object


@dataclass(frozen=True, slots=True)
class StepNode:
    """i++ and ++i; `sign` is + or -."""

    of: object
    sign: str
    before: bool


@dataclass(frozen=True, slots=True)
class CastNode:
    """(Type) expression; `kind` is the type without stars."""

    kind: str
    of: object
    pointer: bool


@dataclass(frozen=True, slots=True)
class ListNode:
    """{a, b, c}."""

    items: tuple


# Statements: each has the span of its text, and the comments around it


@dataclass
class Statement:
    """Base of all; `span` covers the whole text. `comments` stand before it, `trailing` ones behind it in its line."""

    span: Span
    comments: tuple[str, ...] = field(default=(), kw_only=True)
    trailing: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass
class Braces(Statement):
    """{ ... }; `rest` are the comments behind its last statement."""

    body: list[Statement]
    rest: tuple[str, ...] = ()


@dataclass
class If(Statement):
    """if (condition) yes else no."""

    condition: Span
    yes: Statement
    no: Statement | None


@dataclass
class While(Statement):
    """while (condition) body, or do body while (condition)."""

    condition: Span
    body: Statement
    at_end: bool = False


@dataclass
class For(Statement):
    """for (begin; condition; step) body."""

    begin: Statement | None
    condition: Span
    step: Span
    body: Statement


@dataclass
class ForEach(Statement):
    """for (type name : values) body."""

    name: str
    values: Span
    body: Statement


@dataclass(frozen=True)
class Declarator:
    """One name of a declaration. `sizes` are those of an array; `form` is "=", "(", "{" or nothing."""

    name: str
    stars: int
    sizes: tuple[Span, ...]
    form: str
    value: Span


@dataclass
class Declaration(Statement):
    """type name = value, ...; `kind` is the type without const and stars."""

    kind: str
    names: list[Declarator]


@dataclass
class ExpressionStatement(Statement):
    """An expression and a semicolon."""

    value: Span


@dataclass
class Simple(Statement):
    """return, break, continue, delete; `value` is what is returned or deleted."""

    word: str
    value: Span


@dataclass
class MacroFunction(Statement):
    """A function with its parameters (kind, name, default or None)."""

    name: str
    parameters: list[tuple[str, str, Span | None]]
    body: Braces


@dataclass
class Unknown(Statement):
    """What is not read: a class, a switch, ..."""

    what: str
