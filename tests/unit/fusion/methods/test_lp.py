from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.methods.lp import METHOD

KERNEL = np.array([1, 4, 6, 4, 1]) / 16


def low_pass_of_a_point(size: int, place: int, levels: int) -> npt.NDArray[np.float64]:
    """What is left of a one-dimensional unit impulse in the base, interpolated to full size."""
    signal = np.zeros(size)
    signal[place] = 1.0
    for _ in range(levels):
        signal = np.convolve(signal, KERNEL, "same")[::2]
    for _ in range(levels):
        signal = np.convolve(np.kron(signal, [1.0, 0.0]), 2 * KERNEL, "same")
    return signal


def test_a_point_keeps_its_details_and_loses_half_of_its_base_of_four_levels() -> None:
    point = np.zeros((256, 256))
    point[128, 112] = 255.0
    base = 255.0 * np.outer(low_pass_of_a_point(256, 128, levels=4), low_pass_of_a_point(256, 112, levels=4))
    np.testing.assert_allclose(METHOD.function(point, np.zeros((256, 256))), point - base / 2, rtol=0, atol=1e-5)


def test_flat_sources_give_their_mean_away_from_the_corners() -> None:
    fused = METHOD.function(np.full((256, 256), 100.0), np.full((256, 256), 50.0))
    assert (fused[:, 64:192] == 75.0).all()
    assert (fused[64:192] == 75.0).all()


def test_a_grey_level_added_to_both_sources_is_added_to_the_result_where_borders_do_not_reach() -> None:
    a, b = np.random.default_rng(7).integers(0, 200, (2, 256, 256)).astype(np.float64)
    inside = np.s_[80:176, 80:176]
    brighter, fused = METHOD.function(a + 55, b + 55), METHOD.function(a, b)
    np.testing.assert_allclose(brighter[inside], fused[inside] + 55, rtol=0, atol=1e-10)


def test_details_come_from_the_source_that_has_them() -> None:
    texture = np.random.default_rng(8).integers(0, 256, (256, 256)).astype(np.float64)
    flat = np.full((256, 256), texture.mean())
    fused = METHOD.function(texture, flat)[80:176, 80:176]
    # only the base, 16 times coarser than the texture, is averaged
    assert np.abs(fused - texture[80:176, 80:176]).max() < 10.0
