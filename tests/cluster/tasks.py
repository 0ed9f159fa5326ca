"""Functions that other processes import."""

import os
import signal

import numpy as np


def doubled(x):
    return 2 * x


def environment(name):
    return os.environ.get(name)


def total(arrays):
    return {name: (float(np.sum(values)), bool(values.flags.writeable)) for name, values in arrays.items()}


def die_once(path):
    """Kill this process, unless it was done before."""
    if not os.path.exists(path):
        with open(path, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def fail(x):
    raise ValueError(x)
