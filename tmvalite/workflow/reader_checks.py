"""Whether the declarations of a Reader are those of a weight file, and what to say if they are not."""

from __future__ import annotations

import os

from tmvalite.data.info import VariableInfo
from tmvalite.errors import DataError, nearest


def check_declared(in_file, declared: list[VariableInfo], kind: str, call: str, path: str) -> None:
    # AddVariable strips blanks, names that came with arrays may have some
    expected, found = (["".join(v.expression.split()) for v in group] for group in (in_file, declared))
    if expected == found:
        return
    where = f"weight file {path}"
    if sorted(expected) == sorted(found):
        raise DataError(
            f"the {kind}s of the Reader are those of the weight file in another order",
            code="reader-order",
            where=where,
            expected=", ".join(expected) + f" (declared: {', '.join(found)})",
            hint=f"call {call} in the order of the file",
        )
    for i, (theirs, ours) in enumerate(zip(expected, found, strict=False)):
        if theirs != ours:
            raise DataError(
                f"{kind} {i} of the Reader is '{ours}', but '{theirs}' in the weight file",
                code="reader-variable",
                where=where,
                expected=", ".join(expected),
                hint="the expression counts, not the label before ':='" if same_label(in_file[i], declared[i]) else None,
            )
    plural = "" if len(expected) == 1 else "s"
    hint = f"call {call} for each of them before BookMVA"
    if kind == "variable" and not found:
        hint += "; tmvalite.load(file).GetMvaValues(X) needs no declarations"
    raise DataError(
        f"the weight file has {len(expected)} {kind}{plural}, the Reader {len(found)}",
        code="reader-count",
        where=where,
        expected=", ".join(expected) or f"no {kind}",
        hint=hint if len(found) < len(expected) else f"leave out {', '.join(found[len(expected) :])}",
    )


def same_label(a: VariableInfo, b: VariableInfo) -> bool:
    return a.label == b.label and a.expression != b.expression


def hint_for_missing(path: str) -> str | None:
    folder, name = os.path.split(path)
    if not os.path.isdir(folder or "."):
        return f"the folder '{folder}' does not exist; Factory writes to <dataset>/weights/<job>_<title>.weights.xml"
    near = nearest(name, [n for n in os.listdir(folder or ".") if n.endswith((".xml", ".xml.gz"))])
    return f"did you mean '{os.path.join(folder, near)}'?" if near else None
