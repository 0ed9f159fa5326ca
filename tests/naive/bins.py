"""The bins that need the fewest bits, by trying every pruning of the tree of halves; see compression/bins.py."""

import math


def fewest_bits(values, bin_bits, gap_bits):
    """Bits of whole numbers: what the numbers need, what a bin costs, and what a half without entries does."""
    total = len(values)

    def best(numbers, low, level):
        whole = len(numbers) * (level + math.log2(total / len(numbers))) + bin_bits
        if level == 0:
            return whole
        middle = low + (1 << (level - 1))
        halves = [(low, [v for v in numbers if v < middle]), (middle, [v for v in numbers if v >= middle])]
        split = sum(best(part, start, level - 1) if part else gap_bits for start, part in halves)
        return min(whole, split)

    return best(sorted(values), 0, int(max(values)).bit_length())
