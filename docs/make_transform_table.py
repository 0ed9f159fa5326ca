"""The table of transformations.md, from what the transformations declare: `python docs/make_transform_table.py` prints it."""

from __future__ import annotations

from tmvalite.data.transforms import REGISTRY


def table() -> str:
    lines = [
        "| written | what it does | without a selection | in the weight file | in names of folders |",
        "|---|---|---|---|---|",
    ]
    for cls in REGISTRY.values():
        written = ", ".join(f"`{word}`" for word in cls.words)
        inputs = "variables and targets" if cls.targets else "variables"
        element = "nothing"
        if cls.element is not None:
            mark = ' {}="{}"'.format(*cls.element.mark) if cls.element.mark else ""
            element = f'`Name="{cls.element.name}"{mark}`'
        lines.append(f"| {written} | {cls.help} | {inputs} | {element} | `{cls.short}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
