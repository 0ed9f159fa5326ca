"""Makes vae_squares.json: the torch article's autoencoders on the squares, trained by PyTorch with several seeds.

Run: python -m tests.oracles.make_vae_squares [--kind plain|denoising|categorical] [--seeds 10] [--stops 3125 31250]
                                              [--init pytorch|xavier] [--out lines.jsonl]
then: python -m tests.oracles.make_vae_squares --collect lines.jsonl [more.jsonl ...]   writes data/vae_squares.json

Net: 576 - 1152 - 1152 - code - 1152 - 1152 - 576, ReLU, sigmoid; reconstruction = binary cross entropy summed over the pixels,
in nats; Adam (0.9, 0.999, 1e-8), rate 1e-3 / (1 + 1e-4 t), batches of 16 of the 256 images. 31 250 iterations, ten epochs of
50 000 drawn images, take about eight minutes a seed on a quiet core. "plain" has two Gaussian latents. "denoising" is the same
with 10 % of the pixels set to 0 or 1 before the encoder. "categorical" has two variables of 16 classes, relaxed with the
temperature max(0.5, exp(-3e-5 t)).
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path

import numpy as np

WINDOW = 50
MARKS = (50, 100, 150, 200, 250, 500, 1000, 3100, 6250, 15600, 31250)
EVENTS, BATCH, SIDE, PIXELS, HIDDEN = 50_000, 16, 24, 576, 1152
VARIABLES, CLASSES = 2, 16
LEVEL = 0.1


def squares() -> np.ndarray:
    """All 256 images (256, 576) of a 9 x 9 square on 24 x 24 pixels, float32."""
    images = np.zeros((16, 16, SIDE, SIDE), np.float32)
    for row in range(16):
        for column in range(16):
            images[row, column, row : row + 9, column : column + 9] = 1
    return images.reshape(256, PIXELS)


def corrupted(x, level: float, generator):
    """Salt and pepper: every pixel is replaced with probability `level`, by 0 or 1 with equal chance."""
    import torch

    hit = torch.rand(x.shape, generator=generator) < level
    return torch.where(hit, (torch.rand(x.shape, generator=generator) < 0.5).to(x.dtype), x)


class Model:
    """Encoder and decoder; `code` outputs of the encoder, `latent` inputs of the decoder."""

    def __init__(self, code: int, latent: int, init: str):
        import torch
        from torch import nn

        def stack(*widths):
            parts = []
            for a, b in zip(widths, widths[1:]):
                parts += [nn.Linear(a, b), nn.ReLU()]
            return parts[:-1]

        # the article draws both heads as layers of their own: the same as one layer, since the range depends on the inputs only
        self.encoder = nn.Sequential(*stack(PIXELS, HIDDEN, HIDDEN, code))
        self.decoder = nn.Sequential(*stack(latent, HIDDEN, HIDDEN, PIXELS))
        self.parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        if init == "xavier":
            with torch.no_grad():
                for p in self.parameters:
                    if p.ndim == 2:
                        p.normal_(0.0, math.sqrt(2 / sum(p.shape)))
                    else:
                        p.zero_()


def bernoulli(logits, x):
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def train(kind: str, seed: int, stops: list[int], init: str):
    """Yields at every stop: the figures of the windows that end at MARKS so far, and those of the model as it is."""
    import torch

    torch.manual_seed(seed)
    data = torch.from_numpy(squares())
    events = torch.from_numpy(np.random.default_rng(seed).integers(0, 256, EVENTS))
    categorical = kind == "categorical"
    model = Model(VARIABLES * CLASSES, VARIABLES * CLASSES, init) if categorical else Model(4, 2, init)
    optimizer = torch.optim.Adam(model.parameters, lr=1e-3, fused=True)
    noise = torch.Generator().manual_seed(1000 + seed)  # its own, since several trainings take turns
    sums, rows, seconds, permutation = np.zeros(5), {}, -time.perf_counter(), None
    for t in range(max(stops)):
        at = t * BATCH % EVENTS
        if at == 0:
            permutation = events[torch.randperm(EVENTS, generator=noise)]
        x = data[permutation[at : at + BATCH]]
        optimizer.param_groups[0]["lr"] = 1e-3 / (1 + t * 1e-4)
        optimizer.zero_grad(set_to_none=True)
        h = model.encoder(corrupted(x, LEVEL, noise) if kind == "denoising" else x)
        if categorical:
            a = h.view(-1, VARIABLES, CLASSES)
            # as the published code: the temperature is renewed every 1000 steps
            tau = max(0.5, math.exp(-3e-5 * (t // 1000 * 1000)))
            u = torch.rand(a.shape, generator=noise).clamp_(1e-20, 1 - 1e-7)
            z = torch.softmax((a - torch.log(-torch.log(u))) / tau, dim=2).flatten(1)
            log_q = torch.log_softmax(a, dim=2)
            kl = (log_q.exp() * (log_q + math.log(CLASSES))).sum((1, 2))
            mu = logvar = torch.zeros(1)
        else:
            mu, logvar = h[:, :2], h[:, 2:]
            z = mu + torch.randn(mu.shape, generator=noise) * (0.5 * logvar).exp()
            kl = gaussian_kl(mu, logvar)
        reconstruction = bernoulli(model.decoder(z), x)
        (reconstruction + kl).mean().backward()
        optimizer.step()
        with torch.no_grad():
            spread = logvar.std().item() if not categorical else 0.0
            sums += (reconstruction.mean().item(), kl.mean().item(), mu.mean().item(), spread, logvar.mean().item())
        if (t + 1) % WINDOW == 0:
            if t + 1 in MARKS:
                rows[str(t + 1)] = [round(float(v), 5) for v in sums / WINDOW]
            sums[:] = 0
        if t + 1 in stops:
            seconds += time.perf_counter()
            with torch.no_grad():
                final = judge(kind, model, data, seed)
            yield {
                "kind": kind,
                "init": init,
                "seed": seed,
                "iterations": t + 1,
                "seconds": round(seconds, 1),
                "windows": dict(rows),
                "final": final,
            }
            seconds -= time.perf_counter()


def judge(kind: str, model, data, seed: int, samples: int = 100) -> dict:
    """What the trained model reaches on the 256 images."""
    import torch

    noise = torch.Generator().manual_seed(seed)
    h = model.encoder(data)
    figures = {}
    if kind == "categorical":
        log_q = torch.log_softmax(h.view(-1, VARIABLES, CLASSES), dim=2)
        kl = (log_q.exp() * (log_q + math.log(CLASSES))).sum((1, 2))

        def draw():
            u = torch.rand(log_q.shape, generator=noise).clamp_(1e-20, 1 - 1e-7)
            return one_hot(log_q - torch.log(-torch.log(u)))

        def one_hot(a):
            return torch.nn.functional.one_hot(a.argmax(2), CLASSES).float().flatten(1)

        code = one_hot(log_q)
        figures["states"] = len(torch.unique(code, dim=0))
    else:
        mu, logvar = h[:, :2], h[:, 2:]
        kl = gaussian_kl(mu, logvar)

        def draw():
            return mu + torch.randn(mu.shape, generator=noise) * (0.5 * logvar).exp()

        code = mu
        figures["active units"] = int((mu.var(0) > 0.01).sum())
        figures["aggregate mean"] = [round(v, 4) for v in mu.mean(0).tolist()]
        figures["aggregate variance"] = [round(v, 4) for v in (mu.var(0) + logvar.exp().mean(0)).tolist()]
    losses = [float((bernoulli(model.decoder(draw()), data) + kl).mean()) for _ in range(samples)]
    figures["-ELBO"] = round(statistics.fmean(losses), 4)
    figures["KL"] = round(float(kl.mean()), 4)
    on, truth = torch.sigmoid(model.decoder(code)) > 0.5, data > 0.5
    overlap = (on & truth).sum(1) / (on | truth).sum(1)
    figures["IoU minimum"] = round(float(overlap.min()), 4)
    figures["IoU below 0.9"] = int((overlap < 0.9).sum())
    if kind != "categorical":
        damaged = []
        for _ in range(20):
            q = model.encoder(corrupted(data, LEVEL, noise))
            damaged.append(float(bernoulli(model.decoder(q[:, :2]), data).mean()))
        figures["clean-target BCE of corrupted inputs"] = round(statistics.fmean(damaged), 4)
    return figures


def collect(files: list[str]) -> dict:
    """Every training of the files, by kind: its windows, and how the model was judged at each stop."""
    runs: dict = {}
    for name in files:
        for line in Path(name).read_text().splitlines():
            run = json.loads(line)
            trainings = runs.setdefault(f"{run['kind']}, {run['init']} start", {})
            training = trainings.setdefault(run["seed"], {"seed": run["seed"], "windows": {}, "judged": {}})
            training["windows"] |= run["windows"]
            training["judged"][str(run["iterations"])] = run["final"]
    runs = {kind: list(by_seed.values()) for kind, by_seed in runs.items()}
    columns = ["reconstruction", "kl", "latent mean", "spread of the log-variances", "log-variance"]
    return {"columns": columns, "window": WINDOW, **runs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["plain", "denoising", "categorical"], default="plain")
    parser.add_argument("--init", choices=["pytorch", "xavier"], default="pytorch")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--stops", type=int, nargs="+", default=[31250], help="iterations at which the model is judged")
    parser.add_argument("--out")
    parser.add_argument("--collect", nargs="+")
    options = parser.parse_args()
    if options.collect:
        content = json.dumps(collect(options.collect))
        content = content.replace('{"seed"', '\n{"seed"').replace('"plain,', '\n"plain,').replace('"denoising,', '\n"denoising,')
        content = content.replace('"categorical,', '\n"categorical,')  # one line a training
        (Path(__file__).parent / "data" / "vae_squares.json").write_text(content + "\n", encoding="utf-8")
        return
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    seeds = range(options.first, options.first + options.seeds)
    trainings = [train(options.kind, seed, options.stops, options.init) for seed in seeds]
    for _ in options.stops:  # all to the first stop, then on: a run that is cut short has all seeds up to there
        for training in trainings:
            line = json.dumps(next(training))
            print(line, flush=True)
            if options.out:
                with open(options.out, "a", encoding="utf-8") as file:
                    file.write(line + "\n")


if __name__ == "__main__":
    main()
