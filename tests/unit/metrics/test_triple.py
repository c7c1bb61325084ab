from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fuseflow.errors import Refused
from fuseflow.metrics.triple import Triple

GOOD = np.full((4, 5), 7, np.uint8)


def test_images_become_contiguous_float64_and_are_not_changed() -> None:
    source = np.asfortranarray(np.arange(20, dtype=np.uint8).reshape(4, 5))
    triple = Triple(source, GOOD, source)
    assert triple.a.pixels.dtype == np.float64
    assert triple.a.pixels.flags.c_contiguous
    np.testing.assert_array_equal(triple.a.pixels, source)
    assert triple.a.pixels is not triple.fused.pixels
    assert triple.sources == (triple.a, triple.b)
    assert triple.shape == (4, 5)


def test_both_ends_of_the_range_are_allowed() -> None:
    ends = np.array([[0.0, 255.0]])
    assert Triple(ends, ends, ends).b.pixels.tolist() == [[0.0, 255.0]]


def test_images_of_different_sizes_are_refused_with_all_three_sizes() -> None:
    with pytest.raises(Refused, match=r"size-mismatch: A has 4 x 5, B has 4 x 5 and the fused image has 5 x 4 pixels"):
        Triple(GOOD, GOOD, GOOD.T)


@pytest.mark.parametrize(("position", "name"), [(0, "A"), (1, "B"), (2, "the fused image")])
def test_what_is_not_a_grey_image_of_known_range_is_refused_by_name(position: int, name: str) -> None:
    images: list[npt.NDArray[Any]] = [GOOD, GOOD, GOOD]
    images[position] = np.full((4, 5), 4095, np.uint16)
    with pytest.raises(Refused, match=f"unsupported-pixels: {name} has grey levels 4095 to 4095"):
        Triple(*images)
