"""Expressions of variables, one event at a time, by climbing TTreeFormula's table of operators. Slow on purpose."""

import math

TWO_CHARACTERS = ("<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "**")
# level (higher binds tighter) and whether it groups to the right
BINARY = {
    "||": (1, False),
    "&&": (2, False),
    "|": (3, False),
    "&": (4, False),
    "<": (5, True),
    "<=": (5, True),
    ">": (5, True),
    ">=": (5, True),
    "==": (6, True),
    "!=": (7, True),
    "+": (8, False),
    "-": (8, False),
    "%": (9, True),
    "<<": (10, True),
    ">>": (10, True),
    "*": (11, False),
    "/": (11, False),
    "^": (13, False),
    "**": (13, False),
}


def tokenize(text):
    """Numbers, names (with :: and a final $) and operators."""
    tokens, at = [], 0
    while at < len(text):
        start, char = at, text[at]
        if char.isspace():
            at += 1
            continue
        if char.isdigit() or char == ".":
            at += 1
            while at < len(text) and (text[at].isalnum() or text[at] == "." or (text[at] in "+-" and text[at - 1] in "eE")):
                at += 1
        elif char.isalpha() or char == "_":
            while at < len(text) and (
                text[at].isalnum() or text[at] in "_$" or "::" in (text[at : at + 2], text[at - 1 : at + 1])
            ):
                at += 1
        else:
            at += 2 if text[at : at + 2] in TWO_CHARACTERS else 1
        tokens.append(text[start:at])
    return tokens


def evaluate(text, event):
    """The value for one event: a dict of numbers and lists; one float, or a list of floats when arrays stand free.

    Arrays: every element in turn, the shortest array decides; Sum$ Length$ Min$ Max$ look at their argument alone.
    """
    tokens = tokenize(text)
    length = _length(tokens, event)
    if length is None:
        return _Reader(tokens, event, 0).whole()
    return [_Reader(tokens, event, i).whole() for i in range(length)]


def _length(tokens, event):
    """Length of the shortest array that stands outside reductions and has no index; None without any."""
    lengths, at = [], 0
    while at < len(tokens):
        if tokens[at].endswith("$") and tokens[at + 1 : at + 2] == ["("]:
            at = _closing(tokens, at + 1)
        elif isinstance(event.get(tokens[at]), list) and tokens[at + 1 : at + 2] != ["["]:
            lengths.append(len(event[tokens[at]]))
        at += 1
    return min(lengths) if lengths else None


def _closing(tokens, at):
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i] == "(") - (tokens[i] == ")")
        if depth == 0:
            return i
    raise ValueError("not closed")


class _Reader:
    def __init__(self, tokens, event, element):
        self.tokens, self.event, self.element, self.at = tokens, event, element, 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        if wanted is not None and token != wanted:
            raise ValueError(f"{token} is not {wanted}")
        self.at += 1
        return token

    def whole(self):
        value = self.choice()
        if self.at != len(self.tokens):
            raise ValueError(self.peek())
        return value

    def choice(self):
        value = self.binary(1)
        if self.peek() != "?":
            return value
        self.take()
        yes = self.choice()
        self.take(":")
        no = self.choice()
        return yes if value != 0 else no

    def binary(self, lowest):
        value = self.prefix(allow_power=True)
        while self.peek() in BINARY and BINARY[self.peek()][0] >= lowest and BINARY[self.peek()][0] != 13:
            operator = self.take()
            level, right = BINARY[operator]
            value = apply(operator, value, self.binary(level if right else level + 1))
        return value

    def prefix(self, allow_power):
        if self.peek() == "-":
            self.take()
            return -self.prefix(allow_power)
        if self.peek() == "!":
            self.take()
            return float(self.prefix(allow_power) == 0)
        value = self.atom()
        while allow_power and self.peek() in ("^", "**"):
            self.take()
            value = apply("^", value, self.prefix(allow_power=False))
        return value

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.choice()
            self.take(")")
            return value
        if token[0].isdigit() or token[0] == ".":
            return float(int(token, 16)) if token[:2].lower() == "0x" else float(token)
        if self.peek() == "(":
            return self.call(token)
        value = self.event[token]
        if self.peek() == "[":
            self.take()
            index = math.trunc(self.choice())
            self.take("]")
            return value[index] if index >= 0 else math.nan
        return value[self.element] if isinstance(value, list) else value

    def call(self, name):
        if name.endswith("$"):
            close = _closing(self.tokens, self.at)
            inner = self.tokens[self.at + 1 : close]
            self.at = close + 1
            length = _length(inner, self.event)
            values = [_Reader(inner, self.event, i).whole() for i in range(1 if length is None else length)]
            if name == "Length$":
                return float(len(values))
            if name == "Sum$":
                return math.fsum(values)
            return {"Min$": min, "Max$": max}[name](values, default=0.0)
        self.take("(")
        arguments = []
        while self.peek() != ")":
            arguments.append(self.choice())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return FUNCTIONS[name](*arguments)


def _log(x):
    return math.log(x) if x > 0 else 0.0


FUNCTIONS = {
    "abs": abs,
    "fabs": abs,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "log": _log,
    "sq": lambda x: x * x,
    "exp": lambda x: math.exp(min(x, 700.0)),
    "int": lambda x: float(math.trunc(x)),
    "floor": lambda x: float(math.floor(x)),
    "min": lambda a, b: a if a <= b else b,
    "max": lambda a, b: a if a >= b else b,
    "sin": math.sin,
    "cos": math.cos,
    "atan2": math.atan2,
    "TMath::Hypot": math.hypot,
    "TMath::Abs": abs,
    "TMath::Pi": lambda: math.pi,
    "sign": lambda x: -1.0 if x < 0 else 1.0,
}


def apply(operator, a, b):
    """One binary operator on two floats."""
    if operator == "/":
        return a / b if b != 0 else 0.0
    if operator in ("%", "<<", ">>", "&", "|"):
        i, j = math.trunc(a), math.trunc(b)
        if operator == "%":
            return math.nan if j == 0 else float(int(math.copysign(abs(i) % abs(j), i)))
        if operator in ("<<", ">>"):
            if not 0 <= j < 64:
                return math.nan
            shifted = i << j if operator == "<<" else i >> j
            return float((shifted + 2**63) % 2**64 - 2**63)  # 64 bits, as in C
        return float(i & j if operator == "&" else i | j)
    if operator == "^":
        try:
            power = math.pow(a, b)
        except OverflowError:
            return math.copysign(math.inf, a) if b % 2 == 1 else math.inf
        except ValueError:
            return math.inf if a == 0 else math.nan
        return power
    return {
        "*": lambda: a * b,
        "+": lambda: a + b,
        "-": lambda: a - b,
        "<": lambda: float(a < b),
        "<=": lambda: float(a <= b),
        ">": lambda: float(a > b),
        ">=": lambda: float(a >= b),
        "==": lambda: float(a == b),
        "!=": lambda: float(a != b),
        "&&": lambda: float(a != 0 and b != 0),
        "||": lambda: float(a != 0 or b != 0),
    }[operator]()
