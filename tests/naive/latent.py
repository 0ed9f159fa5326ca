"""Latent variables and losses over codes in plain loops.

A layer: forward(at, parameters, inputs) as it scores, backward, trained(at, parameters, inputs) with the random numbers of
step 0, epoch 0 under at["keys"], one key per draw. A term of the loss: term(at, inputs, weights) -> (what the network
reports, the gradients of the inputs for weight 1).
"""

import math

import numpy as np

from . import activations, noise

# ------------------------------------------------------------------------------------------ Gaussian


def sample_scored(at, parameters, inputs):
    return inputs[0]


def sample_trained(at, parameters, inputs):
    mu, l = inputs
    return mu + noise.table(noise.normal, at["keys"][0], *mu.shape) * np.exp(l / 2)


def sample_backward(at, parameters, inputs, grad):
    mu, l = inputs
    return [grad, grad * noise.table(noise.normal, at["keys"][0], *mu.shape) * np.exp(l / 2) / 2], {}


def divergence_of_event(mu, l, mean=0.0, sigma=1.0):
    """KL(N(mu, exp(l)) || N(mean, sigma^2)) of one event."""
    total = 0.0
    for m, v in zip(mu, l):
        total += 0.5 * (2 * math.log(sigma) - v + (math.exp(v) + (m - mean) ** 2) / sigma**2 - 1)
    return total


def kl(at, inputs, weights):
    (mu, l), n = inputs, len(inputs[0])
    value = sum(w * divergence_of_event(m, v, at["mean"], at["sigma"]) for w, m, v in zip(weights, mu, l)) / n
    w = np.reshape(weights, (-1, 1)) / n
    return value, [w * (mu - at["mean"]) / at["sigma"] ** 2, w * (np.exp(l) / at["sigma"] ** 2 - 1) / 2]


# ------------------------------------------------------------------------------------------ categorical


def _groups(at, x):
    return [slice(k, k + at["classes"]) for k in range(0, x.shape[1], at["classes"])]


def _one_hot(at, a):
    y = np.zeros(a.shape)
    for event in range(len(a)):
        for group in _groups(at, a):
            y[event, group.start + int(np.argmax(a[event, group]))] = 1.0
    return y


def gumbel_scored(at, parameters, inputs):
    return _one_hot(at, inputs[0])


def gumbel_hard(at, parameters, inputs):
    return _one_hot(at, inputs[0] + noise.table(noise.gumbel, at["keys"][0], *inputs[0].shape))


def relaxed(a, g, classes, temperature):
    """softmax((a + g)/tau) of each group of `classes` columns."""
    y = np.zeros(a.shape)
    for event in range(len(a)):
        for k in range(0, a.shape[1], classes):
            group = slice(k, k + classes)
            y[event, group] = activations.softmax([float(v) / temperature for v in a[event, group] + g[event, group]])
    return y


def gumbel_trained(at, parameters, inputs):
    g = noise.table(noise.gumbel, at["keys"][0], *inputs[0].shape)
    return relaxed(inputs[0], g, at["classes"], at["temperature"])


def gumbel_backward(at, parameters, inputs, grad):
    """dy_i/da_j = y_i (delta_ij - y_j)/tau; the divergence comes on top, see `categorical`."""
    y, grad_x = gumbel_trained(at, parameters, inputs), np.zeros(grad.shape)
    for event in range(len(y)):
        for group in _groups(at, y):
            for j in range(group.start, group.stop):
                for i in range(group.start, group.stop):
                    grad_x[event, j] += grad[event, i] * y[event, i] * ((i == j) - y[event, j]) / at["temperature"]
    return [grad_x], {}


def categorical(at, inputs, weights):
    """sum over the groups of sum_k q_k log(q_k K), and q_j (log q_j - sum_k q_k log q_k)."""
    a, n = inputs[0], len(inputs[0])
    value, grad = 0.0, np.zeros(a.shape)
    for event in range(n):
        for group in _groups(at, a):
            q = activations.softmax([float(v) for v in a[event, group]])
            entropy = sum(v * math.log(v) for v in q)
            value += weights[event] * sum(v * math.log(v * len(q)) for v in q) / n
            grad[event, group] = [weights[event] * v * (math.log(v) - entropy) / n for v in q]
    return value, [grad]


# ------------------------------------------------------------------------------------------ noise on inputs


def corrupt_scored(at, parameters, inputs):
    return inputs[0]


def corrupt_trained(at, parameters, inputs):
    x = np.reshape(inputs[0], (len(inputs[0]), -1)).copy()
    if at["noise"] == "GAUSS":
        return x + at["level"] * noise.table(noise.normal, at["keys"][0], *x.shape)
    for r in range(len(x)):
        for i in range(x.shape[1]):
            u = noise.uniform(at["keys"][0], i, r)
            if u < at["level"]:
                x[r, i] = 1.0 if at["noise"] == "SALT" and u >= at["level"] / 2 else 0.0
    return x


def corrupt_backward(at, parameters, inputs, grad):
    grad = np.reshape(grad, (len(grad), -1)).copy()
    if at["noise"] != "GAUSS":
        for r in range(len(grad)):
            for i in range(grad.shape[1]):
                grad[r, i] *= noise.uniform(at["keys"][0], i, r) >= at["level"]
    return [grad], {}


# ------------------------------------------------------------------------------------------ losses over codes


def prior_sample(at, key, events, width):
    if at["prior"] == "GAUSS":
        return at["first"] + at["second"] * noise.table(noise.normal, key, events, width)
    return at["first"] + (at["second"] - at["first"]) * noise.table(noise.uniform, key, events, width)


def inverse_multiquadratic(a, b, c0):
    """(kernel, its gradient with respect to a)."""
    d2 = sum((u - v) ** 2 for u, v in zip(a, b))
    scales = [c0 * s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10)]
    slope = sum(-2 * c / (c + d2) ** 2 for c in scales)
    return sum(c / (c + d2) for c in scales), np.array([slope * (u - v) for u, v in zip(a, b)])


def mmd_of(z, p, c0):
    """The unbiased estimate, and its gradient with respect to z; nothing for one event."""
    n, value, grad = len(z), 0.0, np.zeros(z.shape)
    if n < 2:
        return value, grad
    for i in range(n):
        for j in range(n):
            if i != j:
                k, slope = inverse_multiquadratic(z[i], z[j], c0)
                value += (k + inverse_multiquadratic(p[i], p[j], c0)[0]) / (n * (n - 1))
                grad[i] += 2 * slope / (n * (n - 1))
            k, slope = inverse_multiquadratic(z[i], p[j], c0)
            value -= 2 * k / n**2
            grad[i] -= 2 * slope / n**2
    return value, grad


def mmd(at, inputs, weights):
    z = inputs[0]
    variance = at["second"] ** 2 if at["prior"] == "GAUSS" else (at["second"] - at["first"]) ** 2 / 12
    value, grad = mmd_of(z, prior_sample(at, at["keys"][0], *z.shape), 2 * z.shape[1] * variance)
    return value, [grad]


def swd_of(z, p, directions):
    """Mean over directions and ranks of the squared sorted differences, and its gradient with respect to z."""
    n, value, grad = len(z), 0.0, np.zeros(z.shape)
    for theta in directions:
        order = sorted(range(n), key=lambda b: (float(theta @ z[b]), b))
        target = sorted(float(theta @ p[b]) for b in range(n))
        for rank, event in enumerate(order):
            difference = float(theta @ z[event]) - target[rank]
            value += difference**2 / (len(directions) * n)
            grad[event] += 2 * difference * theta / (len(directions) * n)
    return value, grad


def swd(at, inputs, weights):
    z = inputs[0]
    axes = noise.table(noise.normal, at["keys"][1], at["projections"], z.shape[1])
    axes = [axis / math.sqrt(sum(v * v for v in axis)) for axis in axes]
    value, grad = swd_of(z, prior_sample(at, at["keys"][0], *z.shape), axes)
    return value, [grad]


def sparsity(at, inputs, weights):
    h, n = np.reshape(inputs[0], (len(inputs[0]), -1)), len(inputs[0])
    if at["penalty"] == "L1":
        w = np.reshape(weights, (-1, 1)) / n
        return float(np.sum(w * np.abs(h))), [w * np.sign(h)]
    rho, value, grad = at["rho"], 0.0, np.zeros(h.shape)
    for j in range(h.shape[1]):
        mean = min(max(sum(h[:, j]) / n, 1e-6), 1 - 1e-6)
        value += rho * math.log(rho / mean) + (1 - rho) * math.log((1 - rho) / (1 - mean))
        grad[:, j] = ((1 - rho) / (1 - mean) - rho / mean) / n
    return value, [grad]


LAYERS = {
    "SAMPLE": (sample_scored, sample_backward, sample_trained),
    "GUMBEL": (gumbel_scored, gumbel_backward, gumbel_trained),
    "CORRUPT": (corrupt_scored, corrupt_backward, corrupt_trained),
}
TERMS = {"KL": kl, "GUMBEL": categorical, "MMD": mmd, "SWD": swd, "SPARSITY": sparsity}
