from __future__ import annotations

import math

import numpy as np
import pytest

from fuseflow.metrics.moments import centred, pearson_correlation, variance
from fuseflow.metrics.triple import GreyImage


def test_variance_divides_by_the_number_of_pixels() -> None:
    assert variance(GreyImage(np.array([[1.0, 2.0], [3.0, 6.0]]))) == (4 + 1 + 0 + 9) / 4


def test_correlation_worked_out_by_hand() -> None:
    x, y = GreyImage(np.array([[1.0, 2.0, 3.0]])), GreyImage(np.array([[1.0, 3.0, 2.0]]))
    assert pearson_correlation(x, y) == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize("level", [0.0, 76.245, 0.1, 254.99999])
def test_an_image_of_one_value_has_no_variance_and_no_correlation(level: float) -> None:
    constant, other = GreyImage(np.full((37, 41), level)), GreyImage(np.arange(37.0 * 41).reshape(37, 41))
    assert not centred(constant).any()
    assert math.isnan(pearson_correlation(constant, other))
    assert math.isnan(pearson_correlation(other, constant))
