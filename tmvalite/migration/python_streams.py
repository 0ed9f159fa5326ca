"""`std::cout << ...` of a macro as a print."""

from __future__ import annotations

from tmvalite.migration.layout_lines import PythonTerm, listed, text_term
from tmvalite.migration.macro_nodes import BinaryNode, CallNode, Symbol

MANIPULATORS = {"flush", "fixed", "scientific", "left", "right", "boolalpha", "setw", "setprecision", "setfill", "dec", "hex"}


class StreamTerms:
    """The part of a Translation that knows streams."""

    def _stream(self, node: BinaryNode) -> PythonTerm | None:
        """`std::cout << a << std::endl` as a print."""
        parts, first = [], node
        while isinstance(first, BinaryNode) and first.sign == "<<":
            parts.append(first.right)
            first = first.left
        name = first.parts[-1] if isinstance(first, Symbol) and first.text not in self.scope.names else ""
        if name not in ("cout", "cerr", "clog"):
            return None
        parts.reverse()
        ends, shown = False, []
        for part in parts:
            plain = part.what if isinstance(part, CallNode) else part
            word = plain.parts[-1] if isinstance(plain, Symbol) and plain.text not in self.scope.names else ""
            if word == "endl":
                if ends:
                    shown.append(text_term(("\\n",)))
                ends = True
                continue
            if word in MANIPULATORS:
                continue
            if ends:
                shown.append(text_term(("\\n",)))
                ends = False
            shown.append(self.term(part))
        return self._print(shown, ends, name)

    def _print(self, shown: list[PythonTerm], ends: bool, name: str) -> PythonTerm:
        if shown and not ends and shown[-1].inner.endswith("\\n"):
            last = shown.pop().inner[:-2]
            ends = True
            if last:
                shown.append(text_term((last,)))
        arguments = list(shown)
        if len(shown) > 1:
            arguments.append(PythonTerm('sep=""'))
        if not ends:
            arguments.append(PythonTerm('end=""'))
        if name != "cout":
            self.scope.uses.add("sys")
            arguments.append(PythonTerm("file=sys.stderr"))
        return listed("print(", tuple(arguments), ")")
