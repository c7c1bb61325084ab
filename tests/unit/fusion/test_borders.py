from __future__ import annotations

import numpy as np
import pytest

from fuseflow.fusion.borders import es2


@pytest.mark.parametrize("width", [1, 2])
def test_sides_are_reflected_without_the_edge_and_corners_are_zero(width: int) -> None:
    image = np.arange(1.0, 21.0).reshape(4, 5)
    expected = np.pad(image, width, mode="reflect")
    for rows in (slice(width), slice(-width, None)):
        for columns in (slice(width), slice(-width, None)):
            expected[rows, columns] = 0
    np.testing.assert_array_equal(es2(image, width), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 1)])
def test_images_narrower_than_the_extension_are_reflected_again(shape: tuple[int, int]) -> None:
    image = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    extended = es2(image, 2)
    np.testing.assert_array_equal(extended[2:-2], np.pad(image, ((0, 0), (2, 2)), mode="reflect"))
    np.testing.assert_array_equal(extended[:, 2:-2], np.pad(image, ((2, 2), (0, 0)), mode="reflect"))
