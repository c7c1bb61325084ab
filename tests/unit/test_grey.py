"""Grey values: equal channels keep their value, colour becomes luma as the policy says."""

from __future__ import annotations

import numpy as np
import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.grey import POLICIES, check_grey_levels, check_one_grid, to_grey


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


def test_deep_images_are_refused_with_a_word_on_what_to_do():
    with pytest.raises(Refused, match=r"16 bits per sample.*map its grey levels to 0\.\.255 .* first") as caught:
        to_grey(np.zeros((2, 2), np.uint16), "luma")

    assert caught.value.reason == "unsupported-pixels"


@pytest.mark.parametrize("image", [np.array([[0, 255]], np.uint8), np.array([[0.0, 17.25, 255.0]])])
def test_grey_levels_may_be_of_any_type_and_reach_both_ends(image):
    check_grey_levels(image, "A")


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.array([[np.nan]]), "it holds NaN or infinity"),
        (np.array([[0.0, np.nan, np.inf]]), "it holds NaN or infinity"),
        (np.array([[-np.inf]]), "it holds NaN or infinity"),
        (np.array([[-0.01]]), r"it has grey levels -0\.01 to -0\.01; scale it to 0\.\.255 first"),
        (np.array([[7, 256]]), "it has grey levels 7 to 256"),
        (np.full((4, 5), 4095, np.uint16), "it has grey levels 4095 to 4095"),
        (np.zeros((1, 1, 3)), r"it has shape \(1, 1, 3\); a grey image"),
        (np.zeros(5), r"it has shape \(5,\); a grey image"),
        (np.zeros((0, 1)), r"it has shape \(0, 1\); a grey image"),
    ],
)
def test_pixels_that_are_no_grey_levels_are_refused(image, sentence):
    with pytest.raises(Refused, match=sentence) as caught:
        check_grey_levels(image, "it")

    assert caught.value.reason == "unsupported-pixels"


def test_images_on_one_grid_are_as_they_should_be():
    check_one_grid({"A": np.zeros((2, 3)), "B": np.zeros((2, 3), np.uint8)})


def test_images_of_different_sizes_are_refused_with_all_sizes():
    with pytest.raises(Refused, match="A has 2 x 3, B has 3 x 2 and C has 2 x 3 pixels; resample them") as caught:
        check_one_grid({"A": np.zeros((2, 3)), "B": np.zeros((3, 2)), "C": np.zeros((2, 3))})

    assert caught.value.reason == "size-mismatch"


def test_of_several_images_the_one_that_is_no_grey_image_is_named():
    with pytest.raises(Refused, match="unsupported-pixels: B has shape"):
        check_one_grid({"A": np.zeros((2, 3)), "B": np.zeros((2, 3, 3))})
