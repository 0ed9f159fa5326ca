"""The layers of a weight file, one function for each element of TMVA: (element, events (N, D, H, W) float64) to such events.

Numbers are read from the XML as they stand; recurrent layers know which gate each element really holds. Vectors are (N, 1, 1, W).
"""

import numpy as np


def sigmoid(a):
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


ACTIVATIONS = {
    0: lambda a: a,
    1: lambda a: np.maximum(a, 0.0),
    2: sigmoid,
    3: np.tanh,
    4: np.abs,
    5: lambda a: a / (1.0 + np.abs(a)),
    6: lambda a: np.exp(-a * a),
    7: np.tanh,
}


def numbers(element):
    return np.array(element.text.split(), np.float64)


def matrix(layer, name):
    found = layer.find(name)
    rows = found.get("Rows") or found.get("rows")
    return numbers(found).reshape(int(rows), -1)


def integers(layer, *names):
    return [int(layer.get(name)) for name in names]


def activation(layer):
    return ACTIVATIONS[int(layer.get("ActivationFunction"))]


def vector(h):
    return h.reshape(len(h), 1, 1, -1)


def dense(layer, h):
    out = h.reshape(len(h), -1) @ matrix(layer, "Weights").T + matrix(layer, "Biases")[:, 0]
    return vector(activation(layer)(out))


def windows(h, height, width, rows, columns):
    """(N, D, P, Q, height, width): what every window sees."""
    n, depth, above, across = h.shape
    p, q = (above - height) // rows + 1, (across - width) // columns + 1
    out = np.empty((n, depth, p, q, height, width))
    for i in range(p):
        for j in range(q):
            out[:, :, i, j] = h[:, :, i * rows : i * rows + height, j * columns : j * columns + width]
    return out


def convolution(layer, h):
    size = integers(layer, "FilterHeight", "FilterWidth")
    strides = integers(layer, "StrideRows", "StrideCols")
    top, left = integers(layer, "PaddingHeight", "PaddingWidth")
    seen = windows(np.pad(h, ((0, 0), (0, 0), (top, top), (left, left))), *size, *strides)
    filters = matrix(layer, "Weights").reshape(int(layer.get("Depth")), h.shape[1], *size)
    return activation(layer)(np.einsum("ncpqij,kcij->nkpq", seen, filters) + matrix(layer, "Biases")[:, 0, None, None])


def pooling(layer, h):
    return windows(h, *integers(layer, "FilterHeight", "FilterWidth", "StrideRows", "StrideCols")).max(axis=(4, 5))


def reshape(layer, h):
    return vector(h) if int(layer.get("Flattening")) else h.reshape(len(h), *integers(layer, "Depth", "Height", "Width"))


def normalisation(layer, h):
    """Per channel of an image, per value of a vector."""
    mean, variance, gamma, beta = (matrix(layer, name)[0] for name in ("Training-mu", "Training-variance", "Gamma", "Beta"))
    shape = (1, 1, 1, -1) if h.shape[1] == h.shape[2] == 1 else (1, -1, 1, 1)
    mean, variance, gamma, beta = (one.reshape(shape) for one in (mean, variance, gamma, beta))
    return gamma * (h - mean) / np.sqrt(variance + float(layer.get("Epsilon"))) + beta


def steps(layer, h, cell):
    """All states of a recurrent layer, or the last one; `cell` is a function of x (N, D), h and c (N, S)."""
    size, inputs, times, every = integers(layer, "StateSize", "InputSize", "TimeSteps", "ReturnSequence")
    x = h.reshape(len(h), times, inputs)
    state = memory = np.zeros((len(h), size))
    states = []
    for t in range(times):
        state, memory = cell(x[:, t], state, memory)
        states.append(state)
    return np.stack(states, axis=1)[:, None] if every else vector(state)


def simple(layer, h):
    w, u, b = (matrix(layer, name) for name in ("InputWeights", "StateWeights", "Biases"))
    return steps(layer, h, lambda x, state, memory: (np.tanh(x @ w.T + state @ u.T + b[:, 0]), memory))


# Gate, and the elements that hold its W, U and b: the writer of TMVA mixed them up, and its reader does so too.
LSTM = {
    "i": ("InputWeights", "CandidateWeights", "InputBiases"),
    "f": ("InputStateWeights", "CandidateStateWeights", "ForgetBiases"),
    "c": ("ForgetWeights", "OuputWeights", "CandidateBiases"),
    "o": ("ForgetStateWeights", "OutputStateWeights", "OutputBiases"),
}
GRU = {
    "r": ("ResetWeights", "UpdateStateWeights", "ResetBiases"),
    "z": ("ResetStateWeights", "CandidateWeights", "UpdateBiases"),
    "c": ("UpdateWeights", "CandidateStateWeights", "CandidateBiases"),
}


def gates(layer, table):
    return {gate: [matrix(layer, name) for name in names] for gate, names in table.items()}


def before(gate, x, state):
    w, u, b = gate
    return x @ w.T + state @ u.T + b[:, 0]


def lstm(layer, h):
    held = gates(layer, LSTM)

    def cell(x, state, memory):
        i, f, o = (sigmoid(before(held[name], x, state)) for name in "ifo")
        memory = f * memory + i * np.tanh(before(held["c"], x, state))
        return o * np.tanh(memory), memory

    return steps(layer, h, cell)


def gru(layer, h):
    held, after = gates(layer, GRU), int(layer.get("ResetGateAfter"))

    def cell(x, state, memory):
        r, z = (sigmoid(before(held[name], x, state)) for name in "rz")
        w, u, b = held["c"]
        inner = r * (state @ u.T) if after else (r * state) @ u.T
        return z * state + (1.0 - z) * np.tanh(x @ w.T + inner + b[:, 0]), memory

    return steps(layer, h, cell)


LAYERS = {
    "Layer": dense,
    "DenseLayer": dense,
    "ConvLayer": convolution,
    "MaxPoolLayer": pooling,
    "ReshapeLayer": reshape,
    "BatchNormLayer": normalisation,
    "RNNLayer": simple,
    "LSTMLayer": lstm,
    "GRULayer": gru,
}
