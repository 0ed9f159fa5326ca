"""W4: training of the variational autoencoder of the squares, tmvalite through its public face against PyTorch.

Run: python -m benchmarks.vae [--threads 1 2] [--rounds 7] [--seconds 3] [--only TEXT] [--json FILE] [--one-process]

576 - 1152 - 1152 - 2 latent - 1152 - 1152 - 576 with ReLU, batch 16, binary cross entropy summed over the pixels plus KL,
Adam: 4 million parameters for 16 images a step, so memory counts as much as arithmetic. The figure is MethodAE.fit with
shuffling, gathering and the loop; the cost of a step is that of whole epochs, a fit of one epoch being subtracted.
"""

from __future__ import annotations

import numpy as np

from .compare import Contender
from .dense import run

STEPS = 50  # batches in an epoch
VALIDATION = 64  # events; validated once, in the subtracted epoch as in the others
PIXELS, HIDDEN, CODE = 576, 1152, 2

# batch: least acceptable ratio to PyTorch at one thread and at two
W4 = {16: (1.5, 1.3), 64: (None, None)}

BOOKING = (
    "!H:!V:ErrorStrategy=CROSSENTROPY:Layout=Encoder={{DENSE|1152|RELU,DENSE|1152|RELU,LATENT|2}}"
    "Decoder={{DENSE|1152|RELU,DENSE|1152|RELU,DENSE|576|LINEAR}}:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,BatchSize={batch},MaxEpochs={epochs},TestRepetitions={epochs},"
    "ConvergenceSteps={late}:RandomSeed=1:ValidationSize={validation}:Threads={threads}"
)


def images(count: int) -> np.ndarray:
    """Drawn images (count, 576), float32, of one 9 x 9 square on 24 x 24 pixels."""
    rng = np.random.default_rng(1)
    pictures = np.zeros((count, 24, 24), np.float32)
    for picture, (row, column) in zip(pictures, rng.integers(16, size=(count, 2))):
        picture[row : row + 9, column : column + 9] = 1.0
    return pictures.reshape(count, PIXELS)


def training(batch: int, threads: int):
    """work(n): a fit of n epochs of STEPS batches."""
    import tmvalite

    x = images(batch * STEPS + VALIDATION)

    def work(epochs):
        method = tmvalite.MethodAE(
            BOOKING.format(batch=batch, epochs=epochs, late=10 * epochs, validation=VALIDATION, threads=threads)
        )
        method.fit(x, progress="silent")

    work(1)
    return work


def peer_training(batch: int, threads: int, form: str):
    """work(n): n epochs of PyTorch's eager loop with fused Adam; forms as in peer.training. Both heads are one layer."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)

    def stack(*widths):
        parts = []
        for a, b in zip(widths, widths[1:]):
            parts += [nn.Linear(a, b), nn.ReLU()]
        return nn.Sequential(*parts[:-1])

    encoder, decoder = stack(PIXELS, HIDDEN, HIDDEN, 2 * CODE), stack(CODE, HIDDEN, HIDDEN, PIXELS)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, fused=True)
    x = torch.from_numpy(images(batch * STEPS))

    def step(xb):
        optimizer.zero_grad(set_to_none=True)
        mu, log_variance = encoder(xb).chunk(2, dim=1)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_variance)
        kl = 0.5 * (mu * mu + log_variance.exp() - 1 - log_variance).sum()
        ((F.binary_cross_entropy_with_logits(decoder(z), xb, reduction="sum") + kl) / len(xb)).backward()
        optimizer.step()

    def work(epochs):
        for _ in range(epochs):
            order = torch.randperm(len(x))
            shuffled = x[order] if form == "shuffle" else None
            for i in range(0, len(x), batch):
                step(x[order[i : i + batch]] if shuffled is None else shuffled[i : i + batch])

    work(1)
    return work


def cases(threads: int):
    """(name, contenders, target, units per step) of every case."""
    for batch, targets in W4.items():
        ours = Contender("tmvalite", training, (batch, threads), baseline=1)
        theirs = [Contender(f"torch {form}", peer_training, (batch, threads, form), baseline=1) for form in ("index", "shuffle")]
        yield f"W4 VAE 576-1152-1152-2 batch {batch}", [ours, *theirs], targets[threads > 1], STEPS


if __name__ == "__main__":
    raise SystemExit(run(cases, __doc__, seconds=3.0))
