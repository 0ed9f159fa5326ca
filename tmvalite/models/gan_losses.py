"""GanLoss: what a discriminator and a generator are trained with.

Sources: Goodfellow et al., arXiv:1406.2661, section 3; Mao et al., arXiv:1611.04076 (LSGAN); Arjovsky et al., arXiv:1701.07875
(WGAN); Gulrajani et al., arXiv:1704.00028 (WGAN-GP); Lim and Ye, arXiv:1705.02894 (HINGE).
"""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.losses import Objective


@dataclass(frozen=True)
class GanLoss:
    """What the two networks are trained with.

    objective : of the discriminator, and what its values are
    made, real : its targets for generated and real events; those of the generator are `real`
    deceives : the loss of the generator
    border : of its outputs, between what it takes for generated and for real; None where its scale has no meaning
    clips, penalises : whether weights are clipped, or the slope is held near 1
    """

    objective: Objective
    made: float
    real: float
    deceives: str
    border: float | None
    clips: bool = False
    penalises: bool = False

    @property
    def labels(self) -> bool:
        """Whether its targets are labels, which can be smoothed."""
        return self.made == 0.0


_CRITIC = Objective("WASSERSTEIN", "identity")
GAN_LOSSES = {
    "NONSATURATING": GanLoss(Objective("CROSSENTROPY", "sigmoid"), 0.0, 1.0, "CROSSENTROPY", 0.0),
    "LSGAN": GanLoss(Objective("SUMOFSQUARES", "identity"), 0.0, 1.0, "SUMOFSQUARES", 0.5),
    "HINGE": GanLoss(Objective("HINGE", "identity"), -1.0, 1.0, "WASSERSTEIN", 0.0),
    "WGAN": GanLoss(_CRITIC, -1.0, 1.0, "WASSERSTEIN", None, clips=True),
    "WGAN-GP": GanLoss(_CRITIC, -1.0, 1.0, "WASSERSTEIN", None, penalises=True),
}


def gan_loss(booking) -> GanLoss:
    """What GanLoss says; where it is not set, ErrorStrategy=SUMOFSQUARES means LSGAN."""
    values = booking.values
    by_strategy = values.ErrorStrategy == "SUMOFSQUARES" and not booking.bound.is_set("GanLoss")
    return GAN_LOSSES["LSGAN" if by_strategy else values.GanLoss]
