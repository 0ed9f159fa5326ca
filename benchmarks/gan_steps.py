"""Optimisation steps of a small image GAN and of a VAE-GAN, ours and PyTorch's, in turns: microseconds a step and their ratio.

    python -m benchmarks.gan_steps [THREADS] [ROUNDS]

The same networks, batch size and optimizer; a step is a turn of each network. Noise is drawn in the step by both. With one thread
the time is that of the process, which other programs on the machine change less; with several that of the wall.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tmvalite import MethodAE, MethodGAN
from tmvalite.errors import Diagnostics, Source
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book, unnamed
from tmvalite.training.initialisation import initialise
from tmvalite.training.optimizers import OptimizerSettings

BATCH, STEPS, SIDE, NOISE, CODE = 64, 30, 16, 32, 8
PIXELS = SIDE**2
GENERATOR = "DENSE|256|RELU,RESHAPE|16|4|4,UPSAMPLE|2|2,CONV|16|3|3|1|1|1|1|RELU,UPSAMPLE|2|2,CONV|1|3|3|1|1|1|1|SIGMOID"
JUDGE = "CONV|16|3|3|2|2|1|1|LEAKYRELU,CONV|32|3|3|2|2|1|1|LEAKYRELU,f=RESHAPE|FLAT,DENSE|1|LINEAR@f"
STRINGS = {
    "GAN": (MethodGAN, f"InputLayout={NOISE}##1|16|16:Layout=Generator={{{GENERATOR}}}Discriminator={{{JUDGE}}}"),
    "VAE-GAN": (
        MethodAE,
        f"InputLayout=1|16|16:Layout=Encoder={{CONV|16|3|3|2|2|1|1|LEAKYRELU,CONV|32|3|3|2|2|1|1|LEAKYRELU,RESHAPE|FLAT,LATENT|{CODE}}}"
        f"Decoder={{{GENERATOR}}}Discriminator={{{JUDGE}}}:Features=f",
    ),
}


def ours(name: str, x: np.ndarray, threads: int):
    """A function that runs STEPS steps."""
    method, options = STRINGS[name]
    diagnostics = Diagnostics(Source(options))
    booking = book(method.form, options, diagnostics=diagnostics)
    made = blueprint(booking, unnamed(PIXELS), diagnostics)
    whole = made.network(precision="float32", threads=threads)
    initialise(whole, "HE", 1)
    learner = booking.form.learner(booking, made, whole)
    optimizer = learner.new_optimizer(OptimizerSettings("ADAM", learning_rate=2e-4, beta1=0.5))
    targets = np.ones((len(x), whole.n_outputs), np.float32)
    weights, order = np.ones(len(x), np.float32), np.arange(len(x))

    def run():
        learner.train_steps(x, targets, weights, order, batch_size=BATCH, first=0, count=STEPS, optimizer=optimizer)

    return run


def theirs(name: str, x: np.ndarray, threads: int):
    import torch
    from torch import nn
    from torch.nn.functional import binary_cross_entropy_with_logits as loss

    torch.set_num_threads(threads)

    def generator(size):
        up = nn.Upsample(scale_factor=2)
        first = (nn.Linear(size, 256), nn.ReLU(), nn.Unflatten(1, (16, 4, 4)), up, nn.Conv2d(16, 16, 3, padding=1), nn.ReLU())
        return nn.Sequential(*first, up, nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid())

    def features():
        leaky = nn.LeakyReLU(0.01)
        return nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), leaky, nn.Conv2d(16, 32, 3, 2, 1), leaky, nn.Flatten())

    make, see, judge = generator(NOISE if name == "GAN" else CODE), features(), nn.Linear(512, 1)
    encode, heads = features(), nn.Linear(512, 2 * CODE)
    adam = {key: torch.optim.Adam([p for m in modules for p in m.parameters()], lr=2e-4, betas=(0.5, 0.999))
            for key, modules in {"make": (make,), "judge": (see, judge), "encode": (encode, heads)}.items()}  # fmt: skip
    data, ones, zeros = torch.tensor(x).reshape(-1, 1, SIDE, SIDE), torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

    def step(key, value, *gradients):
        adam[key].zero_grad()
        value.backward()
        adam[key].step()

    def gan():
        for i in range(STEPS):
            real = data[i * BATCH : (i + 1) * BATCH]
            with torch.no_grad():
                made = make(torch.randn(BATCH, NOISE))
            step("judge", 0.5 * (loss(judge(see(made)), zeros) + loss(judge(see(real)), ones)))
            step("make", loss(judge(see(make(torch.randn(BATCH, NOISE)))), ones))

    def code(real):
        mean, log_variance = heads(encode(real)).split(CODE, 1)
        return mean, log_variance, mean + torch.exp(log_variance / 2) * torch.randn_like(mean)

    def vae_gan():
        for i in range(STEPS):
            real, drawn = data[i * BATCH : (i + 1) * BATCH], torch.randn(BATCH, CODE)
            with torch.no_grad():
                made = torch.cat([make(code(real)[2]), make(drawn)])
                wanted = None
            labels = torch.cat([zeros, zeros, ones])
            step("judge", loss(judge(see(torch.cat([made, real]))), labels))
            with torch.no_grad():
                wanted = see(real)
            mean, log_variance, z = code(real)
            again = make(z)
            seen = see(again)
            like = 0.5 * ((seen - wanted) ** 2).sum(1).mean()
            divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
            deceit = loss(judge(seen), ones) + loss(judge(see(make(drawn))), ones)
            of_encoder = [*encode.parameters(), *heads.parameters()]
            grads = torch.autograd.grad(like + divergence, of_encoder, retain_graph=True)
            more = torch.autograd.grad(like + deceit, list(make.parameters()))
            for p, g in zip([*of_encoder, *make.parameters()], [*grads, *more]):
                p.grad = g
            adam["encode"].step(), adam["make"].step()

    return gan if name == "GAN" else vae_gan


def main(threads: int = 1, rounds: int = 7) -> None:
    clock = time.process_time if threads == 1 else time.perf_counter
    x = np.random.default_rng(1).uniform(size=(BATCH * STEPS, PIXELS)).astype(np.float32)
    for name in STRINGS:
        contenders = {"ours": ours(name, x, threads), "PyTorch": theirs(name, x, threads)}
        times: dict[str, list[float]] = {key: [] for key in contenders}
        for number in range(rounds + 1):
            for key, run in contenders.items():
                began = clock()
                run()
                if number:  # the first round makes kernels and buffers
                    times[key].append((clock() - began) / STEPS * 1e6)
        best = {key: float(np.median(values)) for key, values in times.items()}
        ratio = np.median(np.array(times["PyTorch"]) / np.array(times["ours"]))
        both = ", ".join(f"{key} {value:.0f} us" for key, value in best.items())
        print(f"{name}, {threads} thread{'s' * (threads > 1)}: {both}, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
