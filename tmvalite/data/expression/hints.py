"""Words for what people write in expressions and TTreeFormula does not take."""

from __future__ import annotations

import re

from tmvalite.errors import Source, quoted
from tmvalite.string_utils.parse import Explanation, Failure

_INSTEAD = {
    "ln": "the natural logarithm is log(x)",
    "power": "write pow(x,y) or x^y",
    "mod": "fmod(x,y) is the remainder of doubles, x%y that of integers",
    "std::max": "write max(a,b)",
    "std::min": "write min(a,b)",
    "std::sqrt": "write sqrt(x)",
    "std::exp": "write exp(x)",
    "std::log": "write log(x)",
    "std::fabs": "write std::abs(x)",
    "sizeof": "Length$(x) is the number of elements",
    "len": "Length$(x) is the number of elements",
    "sum": "Sum$(x) is the sum over the elements",
    "int_t": "int(x) truncates",
    "not": "write !x",
    "and": "write a && b",
    "or": "write a || b",
}
_WORDS = {
    "and": "write && for and",
    "or": "write || for or",
    "not": "write ! for not",
    "true": "write 1 for true",
    "false": "write 0 for false",
    "True": "write 1 for true",
    "False": "write 0 for false",
    "e": "write TMath::E() for the base of the logarithm, or exp(x)",
    "E": "write TMath::E() for the base of the logarithm, or exp(x)",
    "PI": "write pi or TMath::Pi()",
    "Pi": "write pi or TMath::Pi()",
    "M_PI": "write pi or TMath::Pi()",
}


_PLAIN = re.compile(r"[A-Za-z_]\w*")  # what may be a part of a name with a blank


def hint_for_function(name: str) -> str | None:
    """What to write instead of a function that TTreeFormula lacks."""
    if name.endswith(".size"):
        return f"write @{name}()"
    return _INSTEAD.get(name) or _INSTEAD.get(name.lower())


def hint_for_name(name: str) -> str | None:
    """What to write instead of a word that is no branch."""
    return _WORDS.get(name)


def explain(failure: Failure, source: Source) -> Explanation:
    """The words for a place where the grammar cannot go on."""
    start, found = failure.span.start, failure.found
    before = source.text[:start].rstrip()
    if not found:
        if "CLOSE" in failure.expected and "NAME" not in failure.expected:
            return Explanation("a parenthesis is not closed", "expression-syntax", expected="')'")
        if "RIGHT" in failure.expected and "NAME" not in failure.expected:
            return Explanation("a bracket is not closed", "expression-syntax", expected="']'")
        if "COLON" in failure.expected and "NAME" not in failure.expected:
            return Explanation("a '?' has no ':'", "expression-syntax", expected="condition ? value : other value")
        return Explanation("the expression ends too early", "expression-syntax", expected="a number, a variable or a function")
    hint = _hint(found, before, source.text[start:])
    if hint is None and failure.expected & {"NAME", "NUMBER"}:
        return Explanation(
            f"{quoted(found)} cannot stand here", "expression-syntax", expected="a number, a variable or a function"
        )
    if hint is None:
        return Explanation(f"{quoted(found)} cannot stand here", "expression-syntax", expected="an operator or the end")
    return Explanation(f"{quoted(found)} cannot stand here", "expression-syntax", hint=hint)


def _hint(found: str, before: str, after: str) -> str | None:
    last = before[-1:]
    word = before.split()[-1] if before else ""
    if found == "=" and after[1:2] in ("<", ">"):
        return f"write {after[1]}= instead of ={after[1]}"
    if found == "=" and last in ("<", ">", "!"):
        return f"write {last}= without a blank"
    if found == "=":
        return "write == to compare"
    if found == ">" and last == "<":
        return "write != for not equal"
    if found == "+":
        return "leave the sign away: TTreeFormula has no unary +"
    if found == "-" and last == "-":
        return "TTreeFormula has no --; write -(-x)"
    if found in ("'", '"'):
        return 'write a text between double quotes, as in s=="abc"'
    if found == "`":
        return "a name between back-ticks ends with a back-tick, as in `jet1_b-tag`"
    if found == "~":
        return "write !x for not; there is no bitwise complement"
    if found in ("{", "}"):
        return "use parentheses"
    if found == ":" and after.startswith(":="):
        return "'label := expression' is for variables only"
    if found in _WORDS or word in _WORDS:
        return _WORDS.get(found) or _WORDS[word]
    if _PLAIN.fullmatch(found) and _PLAIN.fullmatch(word):
        return f"a name with a blank stands between back-ticks: `{word} {found}`"
    return None
