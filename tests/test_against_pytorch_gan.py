"""Fifty steps of every kind of GAN in float64: both losses are PyTorch's from the same weights, batches and noise."""

import numpy as np
import pytest

from tests.methods.gan_samples import BATCH, STEPS, events, trained_pair
from tests.methods.vae_gan_samples import vae_gan
from tests.naive import noise as numbers
from tmvalite.models.gan_losses import GAN_LOSSES
from tmvalite.models.gan_training import OF_DISCRIMINATOR, TERM, Competing, noise
from tmvalite.models.latent import ADVERSARY, DECEPTION
from tmvalite.models.vae_gan import FEATURES
from tmvalite.string_utils import Prior
from tmvalite.training import streams
from tmvalite.training.loop import optimizer_settings
from tmvalite.training.pulls import Batch

torch = pytest.importorskip("torch", reason="needs the package torch")
F = torch.nn.functional
SEED = 7
CASES = {
    "NONSATURATING": "",
    "smooth": "LabelSmoothing=0.1:InstanceNoise=0.3",
    "LSGAN": "GanLoss=LSGAN",
    "HINGE": "GanLoss=HINGE",
    "WGAN": "GanLoss=WGAN:ClipWeights=0.1:DiscriminatorSteps=3",
    "WGAN-GP": "GanLoss=WGAN-GP:DiscriminatorSteps=2:PenaltyWeight=4",
    "spectral": "GanLoss=HINGE:SpectralNorm=DISCRIMINATOR",
    "twice": "GeneratorSteps=2",
}


ACTIVATIONS = {"TANH": torch.tanh, "SIGMOID": torch.sigmoid, "LEAKYRELU": lambda x: F.leaky_relu(x, 0.01), "LINEAR": lambda x: x}


class Pair:
    """The same two networks in PyTorch: dense layers by name, in the order of the layout."""

    def __init__(self, network):
        self.of = {}
        parameters, layers = network.parameters, [node for node in network.graph.nodes if node.parameters]
        for node in layers:
            w, b = (torch.tensor(parameters.get(node.name, name), requires_grad=True) for name in ("Weights", "Biases"))
            self.of.setdefault(node.block, []).append((w, b, node.layer.activation))

    def tensors(self, block):
        return [t for w, b, _ in self.of[block] for t in (w, b)]

    def run(self, block, x, matrices=None):
        for i, (w, b, activation) in enumerate(self.of[block]):
            w = w if matrices is None else matrices[i]
            x = x @ w.T + b[:, 0]
            x = ACTIVATIONS[activation](x)
        return x

    def encode(self, x):
        """Mean and log-variance of a code: the last two layers of the encoder read the one before."""
        (w, b, activation), *heads = self.of["Encoder"]
        hidden = ACTIVATIONS[activation](x @ w.T + b[:, 0])
        return tuple(hidden @ w.T + b[:, 0] for w, b, _ in heads)

    def features(self, x):
        for w, b, activation in self.of["Discriminator"][:-1]:
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
    for (w, _, _), (u, v) in zip(pair.of["Discriminator"], vectors):
        out.append(w / (torch.tensor(u) @ w @ torch.tensor(v)))
    return out


def drawn(who, n, size, step):
    return torch.tensor(noise(Prior(), n, size, SEED, who, epoch=1, step=step))


def theirs(options, whole, learner, x, weights, order):
    """The losses of the discriminator and of the generator at every step, in PyTorch."""
    values, kind = learner.values, learner.values.GanLoss
    pair, width = Pair(whole), x.shape[1]
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
            made = pair.run("Generator", drawn(OF_DISCRIMINATOR, BATCH, 3, step))
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
            total = loss + values.PenaltyWeight / 2 * ((slope.norm(dim=1) - 1) ** 2).mean()
        adam["Discriminator"].zero_grad()
        total.backward()
        adam["Discriminator"].step()
        with torch.no_grad():
            if kind == "WGAN":
                for tensor in pair.tensors("Discriminator"):
                    tensor.clamp_(-values.ClipWeights, values.ClipWeights)
            if spectral is not None:
                for i, (matrix, _, _) in enumerate(pair.of["Discriminator"]):
                    v = matrix.numpy().T @ vectors[i][0]
                    v = v / np.linalg.norm(v)
                    u = matrix.numpy() @ v
                    vectors[i] = u / np.linalg.norm(u), v
        for number in range(values.GeneratorSteps if step % values.DiscriminatorSteps == 0 else 0):
            matrices = None if spectral is None else [m.detach() for m in normalised(pair, vectors)]
            made = pair.run("Generator", drawn(f"{TERM}{number}", BATCH, 3, step))
            deceived = generator_loss(kind, pair.run("Discriminator", made, matrices))
            adam["Generator"].zero_grad()
            deceived.backward()
            adam["Generator"].step()
            last = float(deceived.detach())
        losses.append((float(loss.detach()), last))
    return np.array(losses)


@pytest.mark.parametrize("case", CASES)
def test_fifty_steps_have_the_losses_of_pytorch(case):
    whole, learner, run = trained_pair(f"{CASES[case]}:" if CASES[case] else "", "float64")
    x, weights, order = events("float64")
    start = whole.parameters.snapshot()
    expected = theirs(CASES[case], whole, learner, x, weights, order)
    whole.parameters.restore(start)
    found = run(x, weights, order, seed=SEED)
    names = learner.term_names
    ours = found[:, [names.index(OF_DISCRIMINATOR), names.index(TERM)]]
    assert np.abs(ours - expected).max() < 1e-9 and np.ptp(expected, axis=0).min() > 1e-3
    assert isinstance(learner, Competing) and learner.values.GanLoss in GAN_LOSSES


# ------------------------------------------------------------------------------------------- VAE-GAN


def test_fifty_steps_of_a_vae_gan_have_the_losses_of_pytorch():
    whole, learner, phase = vae_gan(
        more="FeatureWeight=0.25:KLWeight=0.5", strategy="LearningRate=2e-3,Optimizer=ADAM,ADAM_eps=1e-15"
    )
    x, weights, order = events("float64")
    x = np.concatenate([x, x * [[0.5, -1.0]]], axis=1)
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
        of_encoder = torch.autograd.grad(width / 2 * features + 0.5 * kl, pair.tensors("Encoder"), retain_graph=True)
        of_decoder = torch.autograd.grad(0.25 * width / 2 * features + deceived + invented, pair.tensors("Decoder"))
        for tensor, gradient in zip(groups["rest"], (*of_encoder, *of_decoder), strict=True):
            tensor.grad = gradient
        adam["rest"].step()
        expected.append([float(v.detach()) for v in (of_judge, features, kl, 0.5 * (deceived + invented))])
    found = np.zeros((STEPS, len(learner.term_names)))
    learner.train_steps(
        x,
        np.ones((len(x), 5)),
        weights,
        order,
        batch_size=BATCH,
        first=0,
        count=STEPS,
        optimizer=learner.new_optimizer(optimizer_settings(phase)),
        epoch=1,
        seed=SEED,
        parts=found,
    )
    names = [learner.term_names.index(name) for name in (ADVERSARY, FEATURES, "kl", DECEPTION)]
    assert np.abs(found[:, names] - expected).max() < 1e-9 and np.ptp(expected, axis=0).min() > 1e-3
