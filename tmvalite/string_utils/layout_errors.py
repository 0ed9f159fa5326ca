"""What to say when a layout stops making sense: braces, '@', '#' and '=' in the wrong place."""

from __future__ import annotations

import re

from tmvalite.errors import Source, Span, did_you_mean, quoted
from tmvalite.string_utils.parse import Explanation, Failure

BLOCKS = ("Encoder", "Decoder", "Head", "Generator", "Discriminator")

_BRACKET = re.compile(rf"\b({'|'.join(BLOCKS)})\s*=\s*([\[(<])")


def explain_layout(failure: Failure, source: Source, begin: int) -> Explanation:
    """Put a Failure into words; `begin` is where the layout starts in the source."""
    before = source.text[begin : failure.span.start]
    trimmed = before.rstrip()
    opened = before.rfind("{")
    inside = opened > before.rfind("}")
    block = _block_name(before[:opened]) if inside else ""
    brace = Span(begin + opened, begin + opened + 1)
    here = failure.char_span

    if "NAME" in failure.expected and trimmed[-1:] in ("@", "+"):
        mark = Span(begin + len(trimmed) - 1, begin + len(trimmed))
        hint = "write the name of an earlier item there, or remove the " + repr(trimmed[-1])
        if failure.char == "{":
            hint = "write the names without braces, as in @a+b"
        return Explanation(f"a name is missing after {trimmed[-1]!r}", "source-missing", mark, hint=hint)
    match failure.char:
        case "":
            if inside:
                hint = f"write '}}' after the last item of {block}"
                return Explanation(f"the '{{' of {block} is never closed", "brace-open", brace, "'}'", hint)
        case "#":
            if failure.found != "##" and source.text[here.start : here.start + 2] != "##":
                hint = "write '##' between two networks"
                return Explanation("a single '#' means nothing", "hash", here, hint=hint)
            hint = f"close {block or 'the block'} with '}}' first"
            return Explanation("'##' cannot stand inside a block", "hash", Span(here.start, here.start + 2), hint=hint)
        case "}":
            if not inside:
                hint = "remove it, or open the block with Name={"
                return Explanation("'}' has no '{' before it", "brace-close", here, hint=hint)
        case "{":
            return _explain_open(trimmed, inside, block, brace, here)
        case "=":
            return _explain_equal(trimmed, inside, block, brace, here)
        case "@":
            hint = "join several sources with '+', as in ADD@a+b"
            return Explanation("'@' stands twice in one item", "source-twice", here, hint=hint)
        case "|":
            hint = "write all fields before '@', as in ADD|RELU@a+b"
            return Explanation("a field stands behind '@', which ends an item", "field-after-source", here, hint=hint)
    hint = "separate items by ',', fields by '|'"
    return Explanation(f"{quoted(failure.found)} does not belong here", "layout-syntax", here, hint=hint)


def _explain_open(trimmed: str, inside: bool, block: str, brace: Span, here: Span) -> Explanation:
    if inside:
        hint = f"write '}}' after the last item of {block}"
        return Explanation(f"a block cannot stand inside {block}, which is not closed yet", "brace-open", brace, hint=hint)
    word = _block_name(trimmed)
    if not trimmed.endswith("=") and word in BLOCKS:
        return Explanation(f"'=' is missing between {word} and '{{'", "brace-open", here, hint=f"write {word}={{")
    hint = did_you_mean(word, BLOCKS) or "write Encoder={...}Decoder={...}, or items without braces"
    return Explanation("'{' has no block name and '=' before it", "brace-open", here, hint=hint)


def _explain_equal(trimmed: str, inside: bool, block: str, brace: Span, here: Span) -> Explanation:
    bracket = _BRACKET.search(trimmed)
    if bracket is not None:
        hint = f"write {bracket[1]}={{...}}"
        return Explanation(f"a block stands in braces, not in {bracket[2]!r}", "brace-open", here, hint=hint)
    following = next((name for name in BLOCKS if trimmed.endswith(name)), None)
    if following and inside:
        hint = f"write '}}' before {following}"
        return Explanation(f"the '{{' of {block} is never closed", "brace-open", brace, "'}'", hint)
    if following:
        hint = f"write ',' before {following}"
        return Explanation(f"a separator is missing before {following}", "separator-missing", here, hint=hint)
    if not trimmed or trimmed[-1] in ",{}#":
        hint = "write name=KIND|..., or remove the '='"
        return Explanation("the name before '=' is missing", "name-missing", here, hint=hint)
    hint = "a name stands before the kind, as in r=DENSE|64|RELU; items are separated by ','"
    other = re.search(r"[;/\s]\s*(\w+)\s*$", trimmed)
    if other is not None:
        hint = f"items are separated by ',': write it before {other[1]}"
    return Explanation("'=' cannot stand inside an item", "layout-syntax", here, hint=hint)


def _block_name(text: str) -> str:
    """The last word of a text such as `Encoder=`."""
    word = text.rstrip().removesuffix("=").rstrip()
    at = max(word.rfind(mark) for mark in ",{}#|@ \t\n=") + 1
    return word[at:][:40] or "the block"
