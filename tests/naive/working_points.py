"""Efficiencies, errors, figures of merit and bins, event by event."""

import math


def kept(scores, truth, weights, cut, which):
    return [w for s, t, w in zip(scores, truth, weights) if bool(t) == which and s >= cut]


def efficiency(scores, truth, weights, cut, which):
    everything = kept(scores, truth, weights, -math.inf, which)
    return sum(kept(scores, truth, weights, cut, which)) / sum(everything)


def error(scores, truth, weights, cut, which):
    """By moving every weight by its own size: what a Poisson number of events of that weight would do."""
    own = [(s, w) for s, t, w in zip(scores, truth, weights) if bool(t) == which]
    total = sum(w for _, w in own)
    e = efficiency(scores, truth, weights, cut, which)
    return math.sqrt(sum((w * ((s >= cut) - e) / total) ** 2 for s, w in own))


def asimov(s, b, sigma):
    if sigma == 0:
        return math.sqrt(2 * ((s + b) * math.log(1 + s / b) - s))
    v = (sigma * b) ** 2
    first = (s + b) * math.log((s + b) * (b + v) / (b * b + (s + b) * v))
    return math.sqrt(2 * (first - b * b / v * math.log(1 + v * s / (b * (b + v)))))
