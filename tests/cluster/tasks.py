"""Functions that other processes import."""

import copy
import os
import secrets
import signal
import time
from concurrent.futures import Future

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


def killed(path):
    """Kill this process, the first time, in the middle of its work."""
    if not os.path.exists(path):
        with open(path, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def always_killed(path):
    """Note in a file that it was tried, and kill this process."""
    with open(path, "a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for(path):
    """Wait until there is a file of this name."""
    while not os.path.exists(path):
        time.sleep(0.01)


def unsendable(x):
    """A result that cannot be pickled."""
    return lambda: x


def of_a_script():
    """A function that is pickled by a name which no other process has."""

    def function(x):
        return x

    function.__qualname__ = function.__name__ = "name_of_a_script"
    globals()["name_of_a_script"] = function
    return function


def process_id(x):
    return os.getpid()


def fail(x):
    raise ValueError(x)


def refuse(x):
    raise OptionError(f"{x} is refused", code="range", source=Source("a=1"), span=Span(2, 3), where="here", hint="none")


def drawn(task):
    """A number that nobody can know."""
    return secrets.randbits(60)


class Sending:
    """An executor that does a task with copies of what it was given, as another process would get them."""

    same_machine = True

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*copy.deepcopy(arguments)))
        return future
