"""ROOT's random numbers and its shuffle, bit for bit: what decides which event is trained on.

Defined as ROOT built with GCC 11 or later on Linux. Another compiler or standard library shuffles differently.
Sources: Matsumoto and Nishimura, ACM TOMACS 8 (1998) 3 (MT19937); Lemire, arXiv:1805.10941, section 4 (numbers in a
range); the std::shuffle of GNU libstdc++ 11.
"""

from __future__ import annotations

import numpy as np

_BLOCK = 4096  # words fetched or tried at once
_FETCHED = 1 << 16  # for a long shuffle
_WORD = 1 << 32


class TRandom3:
    """The generator TRandom3: MT19937 whose zero words are skipped.

    Parameters
    ----------
    seed : int
        1 to 2**32 - 1. (ROOT's seed 0 means "draw one"; the caller does that.)
    """

    def __init__(self, seed: int):
        if not 1 <= seed < _WORD:
            raise ValueError(f"seed {seed} is not in 1..{_WORD - 1}")
        self._words = np.random.RandomState(seed)
        self._left = np.empty(0, np.uint64)

    def words(self, n: int) -> np.ndarray:
        """(n,) uint64, the next n non-zero words."""
        while len(self._left) < n:
            fresh = self._words.randint(0, _WORD, size=max(_BLOCK, n - len(self._left)), dtype=np.uint32).astype(np.uint64)
            self._left = np.concatenate((self._left, fresh[fresh != 0]))
        taken, self._left = self._left[:n], self._left[n:]
        return taken

    def uniform(self, n: int) -> np.ndarray:
        """(n,) float64 in (0, 1), as Rndm() gives them."""
        return self.words(n).astype(np.float64) * 2.3283064365386963e-10

    def below(self, ranges: np.ndarray) -> np.ndarray:
        """One uniform integer in [0, k) for every k of `ranges`, drawn in this order.

        `ranges` is (n,) uint64 with 1 <= k < 2**32. The multiply method: a word that would make small numbers
        likelier is thrown away and the next one is tried.
        """
        ranges = np.asarray(ranges, np.uint64)
        out = np.empty(len(ranges), np.int64)
        mask = np.uint64(_WORD - 1)
        at = 0
        while at < len(ranges):
            k = ranges[at : at + _BLOCK]
            words = self.words(len(k))
            product = (words - np.uint64(1)) * k
            low = product & mask
            thrown = np.flatnonzero((low < k) & (low < (np.uint64(_WORD) - k) % k))
            used = int(thrown[0]) if len(thrown) else len(k)
            out[at : at + used] = (product[:used] >> np.uint64(32)).astype(np.int64)
            at += used
            if len(thrown):  # that word is gone; the ones after it serve the number that it was thrown for
                self._left = np.concatenate((words[used + 1 :], self._left))
        return out

    def shuffle(self, n: int) -> np.ndarray:
        """(n,) uint32, the order in which a shuffle leaves 0..n-1."""
        if (_WORD - 1) // max(n, 1) < n:
            return self._shuffle_one_by_one(n)
        order = list(range(n))
        if n > 1:
            self._shuffle_in_pairs(order)
        return np.array(order, np.uint32)

    def _shuffle_one_by_one(self, n: int) -> np.ndarray:
        """The shuffle of more than 65535, by the compiler: in Python it takes a second a million."""
        from tmvalite.kernels.shuffle import swap_by_words

        swap, order, at = swap_by_words.get("float32"), np.arange(n, dtype=np.uint32), np.array([1, 0])
        while at[0] < n:
            words = self.words(min(n - int(at[0]), _FETCHED))
            swap(order, words, at)
            if at[1] < len(words):
                self._left = np.concatenate((words[at[1] :], self._left))
        return order

    def _shuffle_in_pairs(self, order: list[int]) -> None:
        """Two swaps from one number, where a product of two ranges still fits into a word."""
        n = len(order)
        first = 1
        if n % 2 == 0:
            (j,) = self.below(np.array([2])).tolist()
            order[1], order[j] = order[j], order[1]
            first = 2
        starts = np.arange(first, n, 2, dtype=np.uint64)
        numbers = self.below((starts + np.uint64(1)) * (starts + np.uint64(2))).tolist()
        for i, number in zip(range(first, n, 2), numbers, strict=True):
            a, b = divmod(number, i + 2)
            order[i], order[a] = order[a], order[i]
            order[i + 1], order[b] = order[b], order[i + 1]
