"""Latent variables and losses over codes against PyTorch's automatic derivatives."""

import math

import numpy as np
import pytest

from tests.helpers import assert_close
from tests.naive import latent as naive
from tests.naive import noise

torch = pytest.importorskip("torch")
TIGHT = 1e-12


def tensor(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def gradients(value, *inputs):
    return [g.numpy() for g in torch.autograd.grad(value, inputs)]


def test_gaussian_divergence():
    rng = np.random.default_rng(1)
    mu, l, w = tensor(rng.standard_normal((5, 3))), tensor(rng.standard_normal((5, 3))), torch.tensor(rng.uniform(0.5, 1.5, 5))
    q = torch.distributions.Normal(mu, torch.exp(l / 2))
    p = torch.distributions.Normal(torch.full_like(mu, 0.3), torch.full_like(mu, 1.7))
    value = (w * torch.distributions.kl_divergence(q, p).sum(1)).mean()
    found = naive.kl({"mean": 0.3, "sigma": 1.7}, [mu.detach().numpy(), l.detach().numpy()], w.numpy())
    assert_close(found[0], value.item(), TIGHT)
    for ours, theirs in zip(found[1], gradients(value, mu, l)):
        assert_close(ours, theirs, TIGHT)


def test_relaxed_samples_and_categorical_divergence_for_given_noise():
    rng = np.random.default_rng(2)
    a, key, tau = tensor(rng.standard_normal((4, 6))), (5, 6), 0.7
    at = {"classes": 3, "temperature": tau, "keys": [key]}
    g = torch.tensor(noise.table(noise.gumbel, key, 4, 6))
    y = torch.softmax(((a + g) / tau).reshape(4, 2, 3), 2).reshape(4, 6)
    upper = rng.standard_normal((4, 6))
    assert_close(naive.gumbel_trained(at, {}, [a.detach().numpy()]), y.detach().numpy(), TIGHT)
    (expected,) = gradients((y * torch.tensor(upper)).sum(), a)
    assert_close(naive.gumbel_backward(at, {}, [a.detach().numpy()], upper)[0][0], expected, TIGHT)
    q = torch.log_softmax(a.reshape(4, 2, 3), 2)
    w = torch.tensor(rng.uniform(0.5, 1.5, 4))
    value = (w * (q.exp() * (q + math.log(3))).sum((1, 2))).mean()
    found = naive.categorical(at, [a.detach().numpy()], w.numpy())
    assert_close(found[0], value.item(), TIGHT)
    assert_close(found[1][0], gradients(value, a)[0], TIGHT)


def test_mmd():
    rng = np.random.default_rng(3)
    z, p, n, c0 = tensor(rng.standard_normal((7, 3))), torch.tensor(rng.standard_normal((7, 3))), 7, 6.0

    def kernel(a, b):
        d2 = ((a[:, None] - b[None]) ** 2).sum(2)
        return sum(c0 * s / (c0 * s + d2) for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))

    off = 1 - torch.eye(n, dtype=torch.float64)
    value = ((kernel(z, z) + kernel(p, p)) * off).sum() / (n * (n - 1)) - 2 * kernel(z, p).mean()
    found = naive.mmd_of(z.detach().numpy(), p.numpy(), c0)
    assert_close(found[0], value.item(), 1e-11)
    assert_close(found[1], gradients(value, z)[0], 1e-11)


def test_swd():
    rng = np.random.default_rng(4)
    z, p, axes = tensor(rng.standard_normal((9, 3))), torch.tensor(rng.standard_normal((9, 3))), rng.standard_normal((5, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    theta = torch.tensor(axes).T
    value = ((torch.sort(z @ theta, dim=0).values - torch.sort(p @ theta, dim=0).values) ** 2).mean()
    found = naive.swd_of(z.detach().numpy(), p.numpy(), list(axes))
    assert_close(found[0], value.item(), TIGHT)
    assert_close(found[1], gradients(value, z)[0], TIGHT)
