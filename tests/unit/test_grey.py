"""Grey values: equal channels keep their value, colour becomes luma as the policy says."""

from __future__ import annotations

import numpy as np
import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.grey import POLICIES, to_grey


@pytest.mark.parametrize("policy", POLICIES)
def test_equal_channels_keep_their_value(policy):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)

    np.testing.assert_array_equal(to_grey(np.stack([levels] * 3, axis=-1), policy), levels)
    np.testing.assert_array_equal(to_grey(levels, policy), levels)


def test_luma_is_bt601():
    grey = to_grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8), "luma")

    np.testing.assert_allclose(grey, [[76.245, 149.685, 29.07]], rtol=1e-12)


def test_rounded_luma_is_half_to_even():
    # 0.299 * 0 + 0.587 * 250 + 0.114 * 250 = 175.25; 0.299 * 250 + 0.587 * 250 + 0.114 * 0 = 221.5
    grey = to_grey(np.array([[[0, 250, 250], [250, 250, 0]]], np.uint8), "luma-rounded")

    assert grey.tolist() == [[175.0, 222.0]]


def test_unknown_policies_are_named():
    with pytest.raises(InputError, match="luma, luma-rounded"):
        to_grey(np.zeros((2, 2), np.uint8), "red")


def test_deep_images_are_refused():
    with pytest.raises(Refused, match="16 bits"):
        to_grey(np.zeros((2, 2), np.uint16), "luma")
