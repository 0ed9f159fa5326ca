"""The area under the ROC curve by its definition: every signal event against every background event."""


def pairwise_area(scores, is_signal, weights):
    wins, total = 0.0, 0.0
    for s, truth, w in zip(scores, is_signal, weights, strict=True):
        if not truth:
            continue
        for t, other, v in zip(scores, is_signal, weights, strict=True):
            if other:
                continue
            total += w * v
            if s > t:
                wins += w * v
            elif s == t:
                wins += 0.5 * w * v
    return wins / total


def rates(scores, is_signal, weights, threshold):
    """(signal efficiency, background efficiency) of the cut score >= threshold."""
    kept = {True: 0.0, False: 0.0}
    all_of = {True: 0.0, False: 0.0}
    for s, truth, w in zip(scores, is_signal, weights, strict=True):
        all_of[bool(truth)] += w
        if s >= threshold:
            kept[bool(truth)] += w
    return kept[True] / all_of[True], kept[False] / all_of[False]
