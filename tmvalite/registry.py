"""How activations, losses, optimizers, layers and verbs become known: one class decorator for each kind of member."""

from __future__ import annotations

from collections.abc import Callable


def registrar(registry: dict, members: str, *, attribute: str = "name", keep: Callable = lambda cls: cls()):
    """`register(name)`, a class decorator that keeps a member in `registry` and writes its name on the class.

    Parameters
    ----------
    registry : dict
        Of the members by name; filled as their files are imported.
    members : str
        What they are called, for the error: "losses".
    attribute : str
        Of the class, which holds the name.
    keep : callable
        What the registry keeps of a class: an object of it, unless something else is asked for.
    """

    def register(name: str):
        def add(cls):
            if name in registry:
                raise ValueError(f"two {members} are called {name}")
            setattr(cls, attribute, name)
            registry[name] = keep(cls)
            return cls

        return add

    register.__doc__ = f"Class decorator: make one of the {members} known under its name. Raises ValueError if the name is taken."
    return register
