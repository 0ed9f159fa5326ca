"""What ROOT keeps for all: the file and the canvas that a script worked with last."""

from __future__ import annotations


class Current:
    """The current folder of a file (gDirectory) and the current pad (gPad); None where there is none."""

    def __init__(self):
        self.directory = self.pad = None


CURRENT = Current()


class NullObject:
    """What Get gives for a name that is not there: false, and of no use."""

    def __bool__(self):
        return False

    def __getattr__(self, name: str):
        raise ReferenceError(f"attempt to access a null-pointer: {name} of an object that was not found")

    def __repr__(self):
        return "a null object"
