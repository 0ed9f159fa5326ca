"""Two samples: a classifier that tells them apart or cannot, and precision and recall."""

import numpy as np
import pytest

from tmvalite.errors import DataError
from tmvalite.evaluation.two_samples import precision_recall
from tmvalite.methods.two_sample_area import two_sample_area


def normal(n, seed, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1.0, (n, 2))


def test_one_distribution_cannot_be_told_apart_and_two_can():
    same = two_sample_area(normal(600, 1), normal(500, 2))
    assert abs(same.area - 0.5) < 3 * same.error and 0.01 < same.error < 0.03
    far = two_sample_area(normal(600, 1), normal(500, 2, 4.0))
    assert far.area > 0.99 and str(far).startswith("0.99") or str(far).startswith("1.000")
    assert two_sample_area(normal(600, 1), normal(500, 2)) == same  # a seed gives it again


def test_a_correlation_that_no_single_variable_shows_is_found():
    made = normal(1000, 2)
    made[:, 1] = 0.95 * made[:, 0] + np.sqrt(1 - 0.95**2) * made[:, 1]
    assert two_sample_area(normal(1000, 1), made).area > 0.75


def test_precision_and_recall_tell_what_is_wrong():
    ring = np.concatenate([normal(200, 1), normal(200, 2, 50.0)])
    half, beyond = normal(400, 3), np.concatenate([normal(200, 3), normal(200, 4, 50.0), normal(400, 5, -200.0)])
    good = precision_recall(ring, np.concatenate([normal(200, 3), normal(200, 4, 50.0)]))
    assert good.precision > 0.9 and good.recall > 0.9
    lost = precision_recall(ring, half)
    assert lost.precision > 0.9 and 0.45 <= lost.recall <= 0.5
    wild = precision_recall(ring, beyond)
    assert 0.45 < wild.precision < 0.51 and wild.recall > 0.9
    assert str(wild) == f"precision {wild.precision:.3f}, recall {wild.recall:.3f}"


def test_precision_and_recall_by_hand():
    """On a line: the second neighbour of 0 is 3 away, that of 1 is 2, that of 3 is 3."""
    real, made = np.array([[0.0], [1.0], [3.0]]), np.array([[-3.0], [-3.1], [6.0], [6.1]])
    width = real.std()
    found = precision_recall(real, made, neighbours=2)
    assert (found.precision, found.recall) == (0.5, 1.0) and width > 1  # 9.2, the second neighbours of made ones, covers all
    constant = precision_recall(np.column_stack([real, np.ones(3)]), np.column_stack([made, np.ones(4)]), neighbours=2)
    assert constant == found


@pytest.mark.parametrize(
    "real, made", [(np.ones(50), np.ones((50, 1))), (np.ones((50, 2)), np.ones((50, 3))), (np.ones((5, 2)), np.ones((50, 2)))]
)
def test_samples_that_cannot_be_compared(real, made):
    with pytest.raises(DataError):
        two_sample_area(real, made)
