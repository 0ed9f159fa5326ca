"""Draws of the bootstrap, and mean and spread of replicas, event by event in plain Python."""

import math


def multiplicities(classes, uniforms):
    """How often each event is drawn; `uniforms` has for every class its numbers in (0, 1)."""
    found = [0] * len(classes)
    for name, numbers in uniforms.items():
        members = [i for i, one in enumerate(classes) if one == name]
        assert len(numbers) == len(members)
        for u in numbers:
            found[members[min(int(u * len(members)), len(members) - 1)]] += 1
    return found


def mean_and_spread(columns):
    """(mean, standard deviation) of each event, from the values of each replica (R lists of N numbers)."""
    means, spreads = [], []
    for values in zip(*columns, strict=True):
        mean = math.fsum(values) / len(values)
        means.append(mean)
        spreads.append(math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)))
    return means, spreads


def repeated_loss(losses, weights, drawn):
    """The weighted mean loss of a sample in which event i stands drawn[i] times."""
    pairs = [(w, loss) for w, loss, k in zip(weights, losses, drawn, strict=True) for _ in range(k)]
    return math.fsum(w * loss for w, loss in pairs) / math.fsum(w for w, _ in pairs)
