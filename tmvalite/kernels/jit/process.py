"""Whether another process of this machine still runs, for locks that a killed one left behind."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache


@cache
def machine() -> str:
    """The name of this machine; with the space of process numbers, where containers of one name have their own."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{platform.node()} {space}"


def born(pid: int) -> str:
    """When a process began, in words that only this machine understands; "" where that cannot be seen."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError, UnicodeDecodeError):
        return ""


def is_running(pid, began: str | None = None) -> bool | None:
    """Whether there is a process of this number, which began then; None where that cannot be seen."""
    if type(pid) is not int or pid <= 0 or sys.platform == "win32":  # where asking would end the process
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is another user's
    except (OSError, OverflowError):
        return None
    now = born(pid)
    return not (began and now and began != now)  # the number may be another one's by now
