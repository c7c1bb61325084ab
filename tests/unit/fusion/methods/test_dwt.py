from __future__ import annotations

import numpy as np

from fuseflow.fusion.methods.dwt import METHOD


def test_flat_sources_give_their_mean() -> None:
    assert (METHOD.function(np.full((47, 30), 100.0), np.full((47, 30), 51.0)) == 75.5).all()


def test_a_grey_level_added_to_both_sources_is_added_to_the_result() -> None:
    a, b = np.random.default_rng(7).integers(0, 200, (2, 48, 32)).astype(np.float64)
    np.testing.assert_array_equal(METHOD.function(a + 55, b + 55), METHOD.function(a, b) + 55)


def test_all_details_of_one_source_and_the_mean_of_both_over_16_x_16_blocks() -> None:
    texture = np.random.default_rng(8).integers(0, 256, (32, 48)).astype(np.float64)
    blocks = texture.reshape(2, 16, 3, 16).mean(axis=(1, 3)).repeat(16, axis=0).repeat(16, axis=1)
    fused = METHOD.function(texture, np.full((32, 48), 64.0))
    np.testing.assert_allclose(fused, texture - blocks / 2 + 32, rtol=0, atol=1e-10)


def test_grey_levels_give_multiples_of_a_512th() -> None:
    # no rounding anywhere: ties of coefficients are exact, on any platform
    a, b = np.random.default_rng(9).integers(0, 256, (2, 45, 37)).astype(np.float64)
    scaled = 512 * METHOD.function(a, b)
    np.testing.assert_array_equal(scaled, np.rint(scaled))
