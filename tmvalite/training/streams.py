"""Random numbers from counters: the same seed gives the same bits on every machine, whatever the batches and threads.

A stream is a key, made of (RandomSeed, name of the stream, name of the node); a word of it depends on the key and on the
counter (element // 4, row, step, epoch) alone, so nothing has a state and any word can be computed without the others.
The generator is Philox4x32-10; the dropout kernel draws the same words. Everything after the words uses only integer
operations and +, -, *, / and square roots, which IEEE 754 defines to the last bit; numpy's own generators and logarithms
promise less.

Sources: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405;
Wichura, "Algorithm AS 241", Applied Statistics 37 (1988) 477, doi:10.2307/2347330 (routine PPND16).
"""

from __future__ import annotations

import hashlib
import secrets

import numpy as np

INITIALISATION = "initialisation"  # the streams in use
SHUFFLE = "shuffle"
DROPOUT = "dropout"
SPLIT = "split"
CHUNKS = "chunks"
DRAWN = "drawn"
TEST = "test"

MAX_SEED = 2**32 - 1  # RandomSeed is an unsigned 32-bit integer in TMVA

Key = tuple[int, int]

_FACTORS = np.array([0xD2511F53, 0xCD9E8D57], dtype=np.uint64)
_ROUND_KEYS = np.arange(10, dtype=np.uint64)[:, None] * np.array([0x9E3779B9, 0xBB67AE85], dtype=np.uint64)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def drawn_seed() -> int:
    """A seed between 1 and 2^31 - 1 from the operating system, for RandomSeed=0; the caller records it."""
    return secrets.randbelow(2**31 - 1) + 1


def stream_key(seed: int, stream: str, node: str = "") -> Key:
    """The key of a stream: two 32-bit words (k0, k1).

    They are the first eight bytes, little-endian, of BLAKE2b over "seed", "stream" and "node" with a zero byte between;
    the seed is written in decimal. Names hold no zero byte, so no two triples give the same text.
    """
    text = "\0".join((str(int(seed)), stream, node)).encode()
    digest = hashlib.blake2b(text, digest_size=8, person=b"tmvalite").digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")


def philox(counters, key: Key) -> np.ndarray:
    """Philox4x32-10 of many counters.

    Parameters
    ----------
    counters : four uint32 arrays or numbers that broadcast together
        The words of the counters, lowest first.
    key : (k0, k1)

    Returns
    -------
    (4, ...) uint32
        The four words of every counter.
    """
    even, odd = _rounds(counters, key)
    return np.stack([even[0], odd[0], even[1], odd[1]]).astype(np.uint32)


def _rounds(counters, key: Key) -> tuple[np.ndarray, np.ndarray]:
    """Words (0, 2) and words (1, 3) of every counter, each (2, ...) uint64."""
    shape = np.broadcast(*counters).shape
    even, odd, product, high = np.empty((4, 2, *shape), np.uint64)
    even[0], odd[0], even[1], odd[1] = counters
    ones = [1] * len(shape)
    factors, keys = _FACTORS.reshape(2, *ones), _ROUND_KEYS.reshape(10, 2, *ones)
    keys = (keys + np.array(key, dtype=np.uint64).reshape(2, *ones)) & _LOW
    for round_key in keys:  # both halves of the counter at once; in place, since many draws are small
        np.multiply(factors, even, out=product)
        np.right_shift(product, _HALF, out=high)
        np.bitwise_xor(high[::-1], odd, out=even)
        even ^= round_key
        np.bitwise_and(product[::-1], _LOW, out=odd)
    return even, odd


def words(key: Key, count: int, *, row: int = 0, step: int = 0, epoch: int = 0) -> np.ndarray:
    """The words of elements 0 .. count-1 of one row, (count,) uint32."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    return philox((blocks, row, step, epoch), key).T.reshape(-1)[:count]


def long_words(key: Key, count: int, *, row: int = 0, step: int = 0, epoch: int = 0) -> np.ndarray:
    """64-bit words (count,) uint64: elements 2i and 2i + 1 are the high and the low half of word i."""
    blocks = np.arange((count + 1) // 2, dtype=np.uint64)
    even, odd = _rounds((blocks, row, step, epoch), key)
    return ((even << _HALF) | odd).T.reshape(-1)[:count]


def words_of(key: Key, start: int, stop: int) -> np.ndarray:
    """The 64-bit words of elements start to stop, (stop - start,) uint64: those of `long_words`, from the middle."""
    blocks = np.arange(start // 2, (stop + 1) // 2, dtype=np.uint64)
    even, odd = _rounds((blocks, 0, 0, 0), key)
    return ((even << _HALF) | odd).T.reshape(-1)[start % 2 : start % 2 + stop - start]


def _uniform(long: np.ndarray) -> np.ndarray:
    """(k + 1/2) / 2^52 with k the upper 52 bits: exact, symmetric about 1/2, never 0 or 1."""
    return ((long >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def uniforms(key: Key, count: int, **counter: int) -> np.ndarray:
    """Numbers uniform in the open interval (0, 1), (count,) float64; number i comes from `long_words` i."""
    return _uniform(long_words(key, count, **counter))


def normals(key: Key, count: int, **counter: int) -> np.ndarray:
    """Standard normal numbers, (count,) float64: the inverse of the cumulative distribution at `uniforms`."""
    return normal_quantile(uniforms(key, count, **counter))


def truncated_normals(key: Key, count: int, limit: float = 2.0) -> np.ndarray:
    """Standard normal numbers with those beyond +-limit drawn again, (count,) float64.

    Attempt number a of element i uses counter (i // 2, 0, a, 0), so an element does not depend on how often others were
    drawn.
    """
    values = normals(key, count)
    attempt = 0
    outside = np.flatnonzero(np.abs(values) > limit)
    while outside.size:
        attempt += 1
        even, odd = _rounds((outside // 2, 0, attempt, 0), key)
        halves = (even << _HALF) | odd
        values[outside] = normal_quantile(_uniform(halves[outside % 2, np.arange(outside.size)]))
        outside = outside[np.abs(values[outside]) > limit]
    return values


def permutation(key: Key, n: int, *, epoch: int = 0) -> np.ndarray:
    """A random order of 0 .. n-1, (n,) int64: the numbers sorted by their 64-bit words.

    The lowest bits of every word are replaced by its number, so that all words differ: the result does not depend on how
    a sort treats ties, and a plain sort is enough.
    """
    if n < 2:
        return np.arange(n, dtype=np.int64)
    low = np.uint64((1 << (n - 1).bit_length()) - 1)
    keys = (long_words(key, n, epoch=epoch) & ~low) | np.arange(n, dtype=np.uint64)
    keys.sort()
    return (keys & low).astype(np.int64)


# Wichura's rational approximations, lowest power first: |q| <= 0.425, then r = sqrt(-log p) <= 5, then beyond.
_CENTRE = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_SIDE = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def _ratio(coefficients, r: np.ndarray) -> np.ndarray:
    upper, lower = (r * c[-1] for c in coefficients)
    for a, b in zip(coefficients[0][-2:0:-1], coefficients[1][-2:0:-1]):
        upper += a
        upper *= r
        lower += b
        lower *= r
    upper += coefficients[0][0]
    lower += coefficients[1][0]
    upper /= lower
    return upper


def _log(x: np.ndarray) -> np.ndarray:
    """Natural logarithm of positive normal numbers from exactly rounded operations only, to 2e-16 relative.

    x = m 2^e with m in [1/sqrt2, sqrt2); log m = 2 atanh(s), s = (m - 1)/(m + 1), |s| < 0.172, summed to s^23.
    """
    m, e = np.frexp(x)
    small = m < np.sqrt(0.5)
    m, e = np.where(small, m + m, m), e - small
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    total = np.full_like(s, 1.0 / 23.0)
    for k in range(21, 0, -2):
        total *= square
        total += 1.0 / k
    return 2.0 * s * total + e * 0.6931471805599453


def normal_quantile(p: np.ndarray) -> np.ndarray:
    """The x with P(standard normal < x) = p, for p in (0, 1), (...) float64, to about 1e-16 relative."""
    p = np.asarray(p, dtype=np.float64)
    q = p - 0.5
    value = q * _ratio(_CENTRE, 0.180625 - q * q)
    tail = np.abs(q) > 0.425
    if tail.any():
        r = np.sqrt(-_log(np.minimum(p[tail], 1.0 - p[tail])))
        far, beyond = _ratio(_SIDE, r - 1.6), r > 5.0
        if beyond.any():
            far[beyond] = _ratio(_FAR, r[beyond] - 5.0)
        value[tail] = np.copysign(far, q[tail])
    return value
