"""RNN, LSTM and GRU event by event and step by step: state by state, one number at a time.

A cell has forward(p, x, h, c) -> (h, c, saved) for one step, and backward(p, saved, grad_h, grad_c, add) -> (grad_x,
grad_h, grad_c) of what it read; add(name, gradient) takes the gradients of parameters. Vectors are lists; c is only the LSTM's.
"""

import math

import numpy as np


def sigmoid(u):
    return 1.0 / (1.0 + math.exp(-u)) if u >= 0 else math.exp(u) / (1.0 + math.exp(u))


def times(matrix, vector):
    return [sum(float(w) * v for w, v in zip(row, vector)) for row in matrix]


def transposed_times(matrix, vector):
    return [sum(float(matrix[r][c]) * vector[r] for r in range(len(vector))) for c in range(len(matrix[0]))]


def plus(*vectors):
    return [sum(values) for values in zip(*vectors)]


def outer(a, b):
    return [[u * v for v in b] for u in a]


def before(p, gate, x, h):
    """W x + U h + b of one gate."""
    return plus(times(p["W" + gate], x), times(p["U" + gate], h), [float(b[0]) for b in p["b" + gate]])


def back(p, gate, x, h, grad, add):
    """Through `before`: gradients of x and h."""
    add("W" + gate, outer(grad, x))
    add("U" + gate, outer(grad, h))
    add("b" + gate, [[g] for g in grad])
    return transposed_times(p["W" + gate], grad), transposed_times(p["U" + gate], grad)


def rnn_forward(at, p, x, h, c):
    new = [math.tanh(u) for u in before(p, "", x, h)]
    return new, c, (x, h, new)


def rnn_backward(at, p, saved, grad_h, grad_c, add):
    x, h, new = saved
    grad_x, grad_h = back(p, "", x, h, [g * (1 - v * v) for g, v in zip(grad_h, new)], add)
    return grad_x, grad_h, grad_c


def lstm_forward(at, p, x, h, c):
    i, f, o = ([sigmoid(u) for u in before(p, gate, x, h)] for gate in ("_i", "_f", "_o"))
    g = [math.tanh(u) for u in before(p, "_c", x, h)]
    new = [f[s] * c[s] + i[s] * g[s] for s in range(len(c))]
    return [o[s] * math.tanh(new[s]) for s in range(len(c))], new, (x, h, c, i, f, g, o, new)


def lstm_backward(at, p, saved, grad_h, grad_c, add):
    x, h, c, i, f, g, o, new = saved
    size = range(len(c))
    total = [grad_c[s] + grad_h[s] * o[s] * (1 - math.tanh(new[s]) ** 2) for s in size]
    of_gates = {
        "_i": [total[s] * g[s] * i[s] * (1 - i[s]) for s in size],
        "_f": [total[s] * c[s] * f[s] * (1 - f[s]) for s in size],
        "_c": [total[s] * i[s] * (1 - g[s] ** 2) for s in size],
        "_o": [grad_h[s] * math.tanh(new[s]) * o[s] * (1 - o[s]) for s in size],
    }
    parts = [back(p, gate, x, h, grad, add) for gate, grad in of_gates.items()]
    return plus(*(a for a, _ in parts)), plus(*(b for _, b in parts)), [total[s] * f[s] for s in size]


def gru_forward(at, p, x, h, c):
    two = at["two_biases"]
    seconds = {gate: [float(d[0]) for d in p["d" + gate]] if two else [0.0] * len(h) for gate in ("_r", "_z", "_c")}
    r, z = ([sigmoid(u) for u in plus(before(p, gate, x, h), seconds[gate])] for gate in ("_r", "_z"))
    size, biases = range(len(h)), [float(b[0]) for b in p["b_c"]]
    if at["reset_gate_after"]:
        inner = plus(times(p["U_c"], h), seconds["_c"])
        inside = plus(times(p["W_c"], x), [r[s] * inner[s] for s in size], biases)
    else:
        inner = [r[s] * h[s] for s in size]
        inside = plus(times(p["W_c"], x), times(p["U_c"], inner), biases)
    g = [math.tanh(u) for u in inside]
    return [z[s] * h[s] + (1 - z[s]) * g[s] for s in size], c, (x, h, r, z, g, inner)


def gru_backward(at, p, saved, grad_h, grad_c, add):
    x, h, r, z, g, inner = saved
    size = range(len(h))
    of_z = [grad_h[s] * (h[s] - g[s]) * z[s] * (1 - z[s]) for s in size]
    of_g = [grad_h[s] * (1 - z[s]) * (1 - g[s] ** 2) for s in size]
    add("W_c", outer(of_g, x))
    add("b_c", [[v] for v in of_g])
    if at["reset_gate_after"]:
        of_inner = [of_g[s] * r[s] for s in size]
        add("U_c", outer(of_inner, h))
        of_r = [of_g[s] * inner[s] * r[s] * (1 - r[s]) for s in size]
        through_c = transposed_times(p["U_c"], of_inner)
    else:
        add("U_c", outer(of_g, inner))
        of_inner = transposed_times(p["U_c"], of_g)
        of_r = [of_inner[s] * h[s] * r[s] * (1 - r[s]) for s in size]
        through_c = [of_inner[s] * r[s] for s in size]
    if at["two_biases"]:
        for gate, gradient in (("_r", of_r), ("_z", of_z), ("_c", of_inner)):
            add("d" + gate, [[v] for v in gradient])
    x_r, h_r = back(p, "_r", x, h, of_r, add)
    x_z, h_z = back(p, "_z", x, h, of_z, add)
    through_z = [grad_h[s] * z[s] for s in size]
    return plus(transposed_times(p["W_c"], of_g), x_r, x_z), plus(through_z, through_c, h_r, h_z), grad_c


def states(forward, at, p, sequence):
    """h of every step and what each saved, from zero states."""
    h = c = [0.0] * at["state_size"]
    out, saved = [], []
    for x in sequence:
        h, c, kept = forward(at, p, [float(v) for v in x], h, c)
        out.append(h)
        saved.append(kept)
    return out, saved


def sequences(at, x):
    return np.reshape(x, (len(x), at["time_steps"], at["input_size"]))


def layer(forward, backward):
    """The pair of functions that layers.py wants of a kind."""

    def run(at, parameters, inputs):
        steps = np.array([states(forward, at, parameters, event)[0] for event in sequences(at, inputs[0])])
        return steps if at["return_sequence"] else steps[:, -1]

    def gradients(at, parameters, inputs, grad):
        x, sums = sequences(at, inputs[0]), {name: np.zeros(np.shape(matrix)) for name, matrix in parameters.items()}
        grad_x, grad = np.zeros(x.shape), np.reshape(grad, (len(x), -1, at["state_size"]))

        def add(name, gradient):
            sums[name] += gradient

        for event in range(len(x)):
            _, saved = states(forward, at, parameters, x[event])
            grad_h = grad_c = [0.0] * at["state_size"]
            for t in range(at["time_steps"] - 1, -1, -1):
                if at["return_sequence"] or t == at["time_steps"] - 1:
                    grad_h = plus(grad_h, [float(g) for g in grad[event][t if at["return_sequence"] else 0]])
                grad_x[event][t], grad_h, grad_c = backward(at, parameters, saved[t], grad_h, grad_c, add)
        return [np.reshape(grad_x, np.shape(inputs[0]))], sums

    return run, gradients


RNN, LSTM, GRU = layer(rnn_forward, rnn_backward), layer(lstm_forward, lstm_backward), layer(gru_forward, gru_backward)
