"""I: nothing."""

from __future__ import annotations

from tmvalite.data.transforms.base import Transform, register


@register
class Identity(Transform):
    """The events as they are. A chain leaves it out, and a weight file has no element for it."""

    name, words, short, element = "Identity", ("I", "Ident", "Identity"), "Id", None
    tmva = True
    help = "nothing"
    examples = ("I",)
