"""Zeros around images, and the pass that gives them to the step that reads them."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.kernels import padding
from tmvalite.plan.step import Step, Tensor


@dataclass(frozen=True, eq=False)
class Pad(Step):
    """y = x with zeros at the (top, bottom, left, right) of every plane; negative numbers cut off. x is (C, H, W)."""

    x: Tensor
    y: Tensor
    image: tuple[int, int, int]
    pads: tuple[int, int, int, int]
    family = "copy"
    kernel = padding.pad_planes

    def numbers(self, at):
        return dict(zip(("channels", "rows", "columns"), self.image)) | dict(zip(("top", "bottom", "left", "right"), self.pads))

    def differentiate(self, tape):
        if self.x in tape.wanted:
            channels, rows, columns = self.image
            top, bottom, left, right = self.pads
            made = Tensor(self.x.size, f"d {self.x.label}", self.x.shape)
            padded = (channels, rows + top + bottom, columns + left + right)
            tape.steps.append(Pad(x=tape.gradient(self.y), y=made, image=padded, pads=(-top, -bottom, -left, -right)))
            tape.hand_over(self.x, made)

    def text(self):
        return "padding {} {} {} {}".format(*self.pads)


def fold_padding(steps: list[Step], kept: set[Tensor]) -> list[Step]:
    """Leave out every Pad whose readers all take its zeros as padding of their own; `kept` tensors must be written.

    Where one reader cannot, the copy is made for all of them.
    """
    out = list(steps)
    for pad in reversed([step for step in steps if isinstance(step, Pad)]):
        readers = [i for i, step in enumerate(out) if pad.y in step.reads]
        folded = [out[i].take_padding(pad.x, pad.pads, pad.y.label) for i in readers]
        if pad.y in kept or not folded or None in folded:
            continue
        for i, step in zip(readers, folded):
            out[i] = step
        out = [step for step in out if step is not pad]
    return out
