"""The names that the branches of a tree answer to: by themselves, by path, by leaf, and the fields of objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column's values are: the branch's path in the tree, and the leaf or the fields inside it."""

    path: str
    inside: tuple[str, ...] = ()


def branch_places(tree) -> tuple[dict[str, Place], list[str]]:
    """Every name -> its place, and every place once by its full name, in the order of the tree.

    A branch `trk` with the leaves px and q has `trk.px`, `trk.q`, and for short `px`, `q`; `trk` is its first leaf, as in ROOT.
    An object `p4` has its numbers as `p4.fE`, `p4.fP.fX`, for short `fE`, `fP.fX`. A branch has its own name before any of these.
    """
    own: dict[str, Place] = {}
    full: dict[str, Place] = {}
    short: dict[str, Place] = {}
    listed: list[str] = []

    def add(names: dict[str, Place], name: str, place: Place) -> None:
        names.setdefault(name, place)

    for path in tree.keys(recursive=True):
        branch = tree[path]
        if getattr(branch, "branches", None) or getattr(branch, "fields", None):
            continue  # only what holds values
        name = path.rpartition("/")[2].rstrip(".")
        leaves, parts = _leaf_names(branch), _fields(getattr(branch, "interpretation", None))
        if len(leaves) > 1 or parts:
            inside = parts or [(leaf,) for leaf in leaves]
            for part in inside:
                add(full, ".".join((name, *part)), Place(path, part))
                add(short, ".".join(part), Place(path, part))
                listed.append(".".join((name, *part)))
            if not parts:
                add(short, name, Place(path, inside[0]))
            continue
        add(own, name, Place(path))
        listed.append(name)
        if "/" in path:
            add(full, path.replace("/", "."), Place(path))
        if "." in name:
            add(short, name.rpartition(".")[2], Place(path))
        for leaf in leaves:
            add(full, f"{name}.{leaf}", Place(path))
            add(short, leaf, Place(path))
    return {**short, **full, **own}, listed


def _leaf_names(branch) -> list[str]:
    """The names of a branch's leaves; none of a field of an RNTuple."""
    if not hasattr(branch, "member"):
        return []
    return [leaf.member("fName") for leaf in branch.member("fLeaves", none_if_missing=True) or ()]


def _fields(interpretation) -> list[tuple[str, ...]]:
    """The paths to the numbers of an object that uproot takes apart, such as ("fP", "fX") of a TLorentzVector."""
    interpretation = getattr(interpretation, "content", interpretation)
    members = getattr(interpretation, "members", None)
    if not isinstance(members, list):
        return []
    found: list[tuple[str, ...]] = []
    for name, inner in members:
        if name.startswith("@"):
            continue
        deeper = _fields(inner)
        found.extend((name, *path) for path in deeper) if deeper else found.append((name,))
    return found
