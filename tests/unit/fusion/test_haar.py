from __future__ import annotations

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.fusion.haar import decompose, recompose


def test_one_block_by_hand() -> None:
    details, base = decompose(np.array([[10.0, 4.0], [2.0, 0.0]]), levels=1)
    assert base.tolist() == [[8.0]]
    assert details[0].horizontal.tolist() == [[6.0]]  # (10 + 4 - 2 - 0) / 2
    assert details[0].vertical.tolist() == [[4.0]]  # (10 - 4 + 2 - 0) / 2
    assert details[0].diagonal.tolist() == [[2.0]]  # (10 - 4 - 2 + 0) / 2


@pytest.mark.parametrize("shape", [(32, 48), (45, 37)])
def test_coefficients_are_those_of_pywavelets(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(2).uniform(0, 255, shape)
    details, base = decompose(image, levels=3)
    expected_base, *expected_details = pywt.wavedec2(image, "db1", mode="periodization", level=3)
    np.testing.assert_allclose(base, expected_base, rtol=0, atol=1e-10)
    for bands, expected in zip(details, reversed(expected_details), strict=True):
        np.testing.assert_allclose(bands, expected, rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_recompose_gives_images_of_any_size_back_exactly(rows: int, columns: int, levels: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (rows, columns)).astype(np.float64)
    details, base = decompose(image, levels)
    np.testing.assert_array_equal(recompose(details, base, image.shape), image)


def test_energy_is_kept() -> None:
    image = np.random.default_rng(3).integers(0, 256, (32, 32)).astype(np.float64)
    details, base = decompose(image, levels=4)
    energy = np.square(base).sum() + sum(np.square(band).sum() for bands in details for band in bands)
    assert energy == np.square(image).sum()
