"""Friends that a tree remembers in its file: trees of the same length, whose columns count as its own."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Friend:
    """What a file says of a friend: its name for short, its tree, its file ("" for the same one)."""

    alias: str
    tree: str
    file: str


def saved_friends(tree) -> list[Friend]:
    """The friends of an uproot tree. uproot reads them only where it is told to read a tree to its end."""
    path, options = tree.file.file_path, dict(tree.file.options)
    friends = tree.member("fFriends", none_if_missing=True)
    if friends is None and options.get("minimal_ttree_metadata", False):
        import uproot

        options["minimal_ttree_metadata"] = False
        with uproot.open({path: None}, **options) as file:
            friends = file[tree.object_path.strip("/")].member("fFriends", none_if_missing=True)
    return [Friend(one.member("fName"), one.member("fTreeName"), one.member("fTitle")) for one in friends or ()]


def friend_path(friend: Friend, main: str) -> str:
    """The file of a friend: as it is written, or beside the file of the main tree."""
    if not friend.file:
        return main
    if "://" in friend.file or os.path.exists(friend.file):
        return friend.file
    beside = os.path.join(os.path.dirname(main), friend.file)
    return beside if os.path.exists(beside) else friend.file
