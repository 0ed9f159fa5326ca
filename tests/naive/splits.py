"""The shuffles with which ROOT splits a sample where it was not built with GCC 11 on Linux. Used to tell old logs and files.

libstdc++ before GCC 11 drew with a division and, before std::shuffle swapped in pairs, one number for each element; libc++
(macOS) draws bits until they fit, and swaps from the front.
"""

import numpy as np

WORD = 2**32


def words(seed):
    """What TMVA's adaptor of TRandom3 gives: the words of MT19937 less one, zeros skipped."""
    generator = np.random.RandomState(seed)
    while True:
        for word in generator.randint(0, WORD, size=4096, dtype=np.uint32).tolist():
            if word:
                yield word - 1


def old_libstdcxx(stream, n):
    order = list(range(n))
    for i in range(1, n):
        k = i + 1
        size = (WORD - 1) // k
        word = next(stream)
        while word >= k * size:
            word = next(stream)
        j = word // size
        order[i], order[j] = order[j], order[i]
    return order


def libcxx(stream, n):
    order = list(range(n))
    for i in range(n - 1):
        k = n - i
        mask = (1 << (k - 1).bit_length()) - 1
        j = next(stream) & mask
        while j >= k:
            j = next(stream) & mask
        order[i], order[i + j] = order[i + j], order[i]
    return order


def split(signal, background, n_train, shuffle, seed=100):
    """((training, test) events, their classes), signal first; one stream for both classes."""
    stream = words(seed)
    orders = [shuffle(stream, len(part)) for part in (signal, background)]
    train = [part[order[:n_train]] for part, order in zip((signal, background), orders)]
    test = [part[order[n_train:]] for part, order in zip((signal, background), orders)]
    return [(np.concatenate(parts), np.repeat([0, 1], [len(parts[0]), len(parts[1])])) for parts in (train, test)]
