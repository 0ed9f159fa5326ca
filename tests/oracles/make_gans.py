"""Writes gans.npz: the losses of 50 steps of every kind of GAN, computed by PyTorch (2.13, CPU, one thread) in float64.

Run: python -m tests.oracles.make_gans

The networks, their first parameters, the events, their order and the random numbers are those of tests/methods/gan_samples.py and
vae_gan_samples.py; what is PyTorch's own are gradients, second derivatives and steps of Adam. Keys are "<case>/<array>":

initial   flat vector of the first parameters
losses    (50, 2) of discriminator and generator at every step, before its update; of the VAE-GANs (50, 4): adversary,
          features, kl, deception
"""

from __future__ import annotations

import numpy as np
import torch

from tests.methods.gan_samples import BATCH, CASES, SEED, STEPS, VAE_CASES, of_case, of_vae_case
from tests.naive import noise as numbers
from tests.oracles import DATA
from tmvalite.models.gan_training import OF_DISCRIMINATOR, TERM, noise
from tmvalite.models.latent import ADVERSARY
from tmvalite.string_utils import Prior
from tmvalite.training import streams
from tmvalite.training.pulls import Batch

F = torch.nn.functional
torch.set_num_threads(1)
ACTIVATIONS = {"TANH": torch.tanh, "SIGMOID": torch.sigmoid, "LEAKYRELU": lambda x: F.leaky_relu(x, 0.01), "LINEAR": lambda x: x}


class Pair:
    """The same networks in PyTorch: dense layers and convolutions by block, in the order of the layout."""

    def __init__(self, network):
        self.of = {}
        parameters, layers = network.parameters, [node for node in network.graph.nodes if node.parameters]
        for node in layers:
            w, b = (torch.tensor(parameters.get(node.name, name), requires_grad=True) for name in ("Weights", "Biases"))
            image = (node.inputs[0].shape, node.layer) if node.layer.kind == "CONV" else None
            self.of.setdefault(node.block, []).append((w, b, node.layer.activation, image))

    def tensors(self, block):
        return [t for w, b, *_ in self.of[block] for t in (w, b)]

    def run(self, block, x, matrices=None):
        for i, (w, b, activation, image) in enumerate(self.of[block]):
            w = w if matrices is None else matrices[i]
            if image is not None:
                shape, layer = image
                filters = w.reshape(len(w), shape[0], layer.filter_height, layer.filter_width)
                strides, pads = (layer.stride_rows, layer.stride_cols), (layer.pad_height, layer.pad_width)
                x = F.conv2d(x.reshape(-1, *shape), filters, b[:, 0], strides, pads).flatten(1)
            else:
                x = x @ w.T + b[:, 0]
            x = ACTIVATIONS[activation](x)
        return x

    def encode(self, x):
        """Mean and log-variance of a code: the last two layers of the encoder read the one before."""
        (w, b, activation, _), *heads = self.of["Encoder"]
        hidden = ACTIVATIONS[activation](x @ w.T + b[:, 0])
        return tuple(hidden @ w.T + b[:, 0] for w, b, *_ in heads)

    def features(self, x):
        for w, b, activation, _ in self.of["Discriminator"][:-1]:
            x = ACTIVATIONS[activation](x @ w.T + b[:, 0])
        return x


def critic_loss(kind, made, real, smoothing, weights):
    """Half the sum of the means over generated and over real events."""
    if kind == "NONSATURATING":
        low = F.softplus(made)
        high = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 1 - smoothing), reduction="none")
    elif kind == "LSGAN":
        low, high = made**2, (real - 1) ** 2
    elif kind == "HINGE":
        low, high = F.relu(1 + made), F.relu(1 - real)
    else:
        low, high = made, -real
    return 0.5 * (low.mean() + (weights * high).mean())


def generator_loss(kind, made):
    return {"NONSATURATING": lambda: F.softplus(-made).mean(), "LSGAN": lambda: ((made - 1) ** 2).mean()}.get(
        kind, lambda: -made.mean()
    )()


def normalised(pair, vectors):
    """W / sigma with singular vectors that count as constants."""
    out = []
    for (w, *_), (u, v) in zip(pair.of["Discriminator"], vectors):
        out.append(w / (torch.tensor(u) @ w @ torch.tensor(v)))
    return out


def drawn(who, n, size, step):
    return torch.tensor(noise(Prior(), n, size, SEED, who, epoch=1, step=step))


def gan(whole, learner, x, weights, order):
    """The losses of the discriminator and of the generator at every step."""
    values, kind = learner.values, learner.values.GanLoss
    pair, width, made_at = Pair(whole), x.shape[1], learner.maker.made
    given = np.setdiff1d(np.arange(width), made_at)  # conditions, which stand behind what is made

    def events_of(noise, real):
        conditions = real[:, given]
        made = pair.run("Generator", torch.cat([noise, conditions], dim=1))
        return torch.cat([made, conditions], dim=1)

    spectral = learner.turns[0].shape
    if spectral is not None:
        spectral.begin()
        vectors = [tuple(v) for v in spectral._vectors]
    adam = {
        block: torch.optim.Adam(pair.tensors(block), lr=rate, betas=(0.5, 0.999), eps=1e-15)  # TMVA adds it elsewhere
        for block, rate in (("Discriminator", 2e-3), ("Generator", 1e-3))
    }
    x, w, losses, last = torch.tensor(x), torch.tensor(weights), [], 0.0
    for step in range(STEPS):
        rows = torch.tensor(order[step * BATCH : (step + 1) * BATCH])
        real, by_event = x[rows], w[rows][:, None]
        with torch.no_grad():
            made = events_of(drawn(OF_DISCRIMINATOR, BATCH, 3, step), real)
        a, b = made, real
        if values.InstanceNoise:
            key = streams.stream_key(SEED, "blur", OF_DISCRIMINATOR)
            blur = streams.normals(key, 2 * BATCH * width, epoch=1, step=step).reshape(-1, width)
            a, b = a + values.InstanceNoise * torch.tensor(blur[:BATCH]), b + values.InstanceNoise * torch.tensor(blur[BATCH:])
        matrices = None if spectral is None else normalised(pair, vectors)
        scores = [pair.run("Discriminator", part, matrices) for part in (a, b)]
        loss = total = critic_loss(kind, *scores, values.LabelSmoothing, by_event)
        if kind == "WGAN-GP":
            key = streams.stream_key(SEED, "between", OF_DISCRIMINATOR)
            part = torch.tensor(streams.uniforms(key, BATCH, epoch=1, step=step))[:, None]
            at = (part * real + (1 - part) * made).requires_grad_()
            (slope,) = torch.autograd.grad(pair.run("Discriminator", at).sum(), at, create_graph=True)
            total = total + values.PenaltyWeight / 2 * ((slope[:, made_at].norm(dim=1) - 1) ** 2).mean()
        if values.R1Weight:
            at = real.clone().requires_grad_()
            (slope,) = torch.autograd.grad(pair.run("Discriminator", at).sum(), at, create_graph=True)
            total = total + values.R1Weight / 4 * (by_event[:, 0] * (slope[:, made_at] ** 2).sum(dim=1)).mean()
        adam["Discriminator"].zero_grad()
        total.backward()
        adam["Discriminator"].step()
        with torch.no_grad():
            if kind == "WGAN":
                for tensor in pair.tensors("Discriminator"):
                    tensor.clamp_(-values.ClipWeights, values.ClipWeights)
            if spectral is not None:
                for i, (matrix, *_) in enumerate(pair.of["Discriminator"]):
                    v = matrix.numpy().T @ vectors[i][0]
                    v = v / np.linalg.norm(v)
                    u = matrix.numpy() @ v
                    vectors[i] = u / np.linalg.norm(u), v
        for number in range(values.GeneratorSteps if step % values.DiscriminatorSteps == 0 else 0):
            matrices = None if spectral is None else [m.detach() for m in normalised(pair, vectors)]
            made = events_of(drawn(f"{TERM}{number}", BATCH, 3, step), real)
            deceived = generator_loss(kind, pair.run("Discriminator", made, matrices))
            adam["Generator"].zero_grad()
            deceived.backward()
            adam["Generator"].step()
            last = float(deceived.detach())
        losses.append((float(loss.detach()), last))
    return np.array(losses)


def vae_gan(whole, learner, x, weights, order):
    """The losses of adversary, features, code and deceit at every step."""
    sigma = learner.values.FeatureSigma
    pair = Pair(whole)
    groups = {"Discriminator": pair.tensors("Discriminator"), "rest": pair.tensors("Encoder") + pair.tensors("Decoder")}
    adam = {name: torch.optim.Adam(tensors, lr=2e-3, betas=(0.9, 0.999), eps=1e-15) for name, tensors in groups.items()}
    (node,) = [draw.node for draw in whole.draws]
    drawn_by = streams.stream_key(SEED, "noise", f"{node}#0")
    expected, bce = [], F.binary_cross_entropy_with_logits
    for step in range(STEPS):
        rows = order[step * BATCH : (step + 1) * BATCH]
        real, w = torch.tensor(x[rows]), torch.tensor(weights[rows])[:, None]
        batch = Batch(x, weights, rows, SEED, 1, step)
        inventions = torch.tensor(learner.drawn(batch))
        with torch.no_grad():
            mean, log_variance = pair.encode(real)
            eps = streams.normals(streams.stream_key(SEED, "noise", ADVERSARY), mean.numel(), epoch=1, step=step)
            codes = mean + torch.exp(log_variance / 2) * torch.tensor(eps.reshape(mean.shape))
            fakes = torch.cat([pair.run("Decoder", codes), pair.run("Decoder", inventions)])
        score = pair.run("Discriminator", torch.cat([fakes, real]))
        labels = torch.zeros_like(score)
        labels[2 * BATCH :] = 1
        by_event = torch.ones_like(score)
        by_event[2 * BATCH :] = w
        of_judge = bce(score, labels, weight=by_event)
        adam["Discriminator"].zero_grad()
        of_judge.backward()
        adam["Discriminator"].step()

        eps = numbers.table(numbers.normal, drawn_by, BATCH, 2, epoch=step)
        mean, log_variance = pair.encode(real)
        again = pair.run("Decoder", mean + torch.exp(log_variance / 2) * torch.tensor(eps))
        seen = [pair.features(values) for values in (real, again)]
        features = (w * ((seen[0].detach() - seen[1]) ** 2).mean(1, keepdim=True)).mean()
        kl = (w[:, 0] * 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)).mean()
        deceived = (w * F.softplus(-pair.run("Discriminator", pair.run("Decoder", codes)))).mean()
        invented = F.softplus(-pair.run("Discriminator", pair.run("Decoder", inventions))).mean()
        width = seen[0].shape[1]
        of_encoder = torch.autograd.grad(width / (2 * sigma**2) * features + 0.5 * kl, pair.tensors("Encoder"), retain_graph=True)
        of_decoder = torch.autograd.grad((0.25 * width / 2 * features + deceived + invented) / sigma**2, pair.tensors("Decoder"))
        for tensor, gradient in zip(groups["rest"], (*of_encoder, *of_decoder), strict=True):
            tensor.grad = gradient
        adam["rest"].step()
        expected.append([float(v.detach()) for v in (of_judge, features, kl, 0.5 * (deceived + invented))])
    return np.array(expected)


def main() -> None:
    arrays = {}
    for make, cases, theirs in ((of_case, CASES, gan), (of_vae_case, VAE_CASES, vae_gan)):
        for case in cases:
            whole, learner, _, sample = make(case)
            arrays[f"{case}/initial"] = whole.parameters.flat.copy()
            arrays[f"{case}/losses"] = theirs(whole, learner, *sample)
    np.savez_compressed(DATA / "gans.npz", **arrays)


if __name__ == "__main__":
    main()
