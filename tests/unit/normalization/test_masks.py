import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.normalization.masks import values_inside

DATA = np.array([[[0, 4], [-2, 8]], [[0, 1], [3, 10]]], np.int16)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [("whole", [-2, 0, 0, 1, 3, 4, 8, 10]), ("nonzero", [-2, 1, 3, 4, 8, 10]), ("mean", [4, 8, 10])],
)
def test_values_inside(mask, expected):
    assert sorted(values_inside(DATA, mask).tolist()) == expected


@pytest.mark.parametrize("mask", ["whole", "nonzero", "mean"])
def test_values_are_a_copy(mask):
    data = DATA.copy(order="F")
    values_inside(data, mask)[:] = 99
    assert (data == DATA).all()


def test_the_mean_of_float32_is_not_rounded_to_float32():
    values = np.array([16777216, 16777218, 16777218], np.float32).reshape(1, 1, 3)
    assert values_inside(np.concatenate([values, values + 4], axis=2), "mean").tolist() == [
        16777220,
        16777222,
        16777222,
    ]


def test_an_empty_mask_is_refused():
    with pytest.raises(Refused) as caught:
        values_inside(np.zeros((2, 2, 2)), "nonzero")
    assert caught.value.reason == "empty-mask"


def test_one_value_inside_is_refused():
    with pytest.raises(Refused, match=r"all 3 voxels inside the mask \(nonzero\) have the value 7.0") as caught:
        values_inside(np.array([[[0, 7, 7, 7]]]), "nonzero")
    assert caught.value.reason == "constant"
