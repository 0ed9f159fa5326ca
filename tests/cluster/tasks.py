"""Functions that other processes import."""

import os
import secrets

import numpy as np

from tmvalite.errors import OptionError, Source, Span


def doubled(x):
    return 2 * x


def environment(name):
    return os.environ.get(name)


def total(arrays):
    return {name: (float(np.sum(values)), bool(values.flags.writeable)) for name, values in arrays.items()}


def die_once(path):
    """End this process without a word, unless it was done before."""
    if not os.path.exists(path):
        with open(path, "w"):
            pass
        os._exit(1)
    return "alive"


def fail(x):
    raise ValueError(x)


def refuse(x):
    raise OptionError(f"{x} is refused", code="range", source=Source("a=1"), span=Span(2, 3), where="here", hint="none")


def drawn(task):
    """A number that nobody can know."""
    return secrets.randbits(60)
