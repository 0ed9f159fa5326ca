"""Compiling the kernels of a network before its training, said where somebody would wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE = 1.0  # seconds after which a wait wants a reason
TEXT = "Preparing the kernels: compiled once for this machine, then kept"


def prepare(network, say: Callable[[str], None], patience: float = PATIENCE) -> float:
    """Have every kernel of `network` ready, and return the seconds that took.

    Kernels come from the cache within a fraction of a second, or are compiled one by one; nobody knows before how long
    that takes, so a clock beside it says so after `patience` seconds.
    """
    clock = threading.Timer(patience, say, (TEXT,))
    clock.daemon = True
    began = time.perf_counter()
    clock.start()
    try:
        network.prepare()
    finally:
        clock.cancel()
    return time.perf_counter() - began
