"""Nyul's method: its properties, and its values against the formula written down voxel by voxel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.methods.nyul import METHOD, average_landmarks, check_values, standard_landmarks

PERCENTS = [1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 99]
MEAN, NONZERO, WHOLE = {"mask": "mean"}, {"mask": "nonzero"}, {"mask": "whole"}


def image(seed, shape=(9, 8, 7)):
    """Background of 0 and two tissues."""
    random = np.random.default_rng(seed)
    tissue = random.choice([0.0, 100.0, 180.0], shape)
    return np.where(tissue > 0, tissue + random.normal(0, 12, shape), 0.0)


def fitted(images, options):
    return average_landmarks([standard_landmarks(data, None, options, len(images)) for data in images])


def landmarks_by_hand(data, options):
    inside = {"mean": data > data.mean(), "nonzero": data != 0, "whole": np.full(data.shape, True)}[options["mask"]]
    return np.percentile(data[inside], PERCENTS)


def fitted_by_hand(images, options):
    mapped = []
    for data in images:
        marks = landmarks_by_hand(data, options)
        mapped.append([100 * (mark - marks[0]) / (marks[12] - marks[0]) for mark in marks])
    return [sum(column) / len(images) for column in zip(*mapped, strict=True)]


def applied_by_hand(value, marks, scale):
    piece = 0
    while piece < 11 and value > marks[piece + 1]:
        piece += 1
    slope = (scale[piece + 1] - scale[piece]) / (marks[piece + 1] - marks[piece])
    return scale[piece] + slope * (value - marks[piece])


@pytest.mark.parametrize("options", [MEAN, NONZERO, WHOLE])
def test_the_standard_scale_is_the_mean_of_the_mapped_landmarks(options):
    images = [image(1) + (options == WHOLE) * np.linspace(0, 40, 7), 3 * image(2) - (options == WHOLE) * np.arange(7)]
    np.testing.assert_allclose(fitted(images, options)["landmarks"], fitted_by_hand(images, options), rtol=0, atol=1e-9)


@pytest.mark.parametrize("options", [MEAN, NONZERO])
def test_values_are_those_of_the_formula(options):
    scale = fitted([image(1), image(2), 2 * image(3)], options)
    data = 5 * image(4, (5, 4, 3))
    marks = landmarks_by_hand(data, options)
    expected = [applied_by_hand(value, marks, scale["landmarks"]) for value in data.ravel()]
    result = METHOD.apply(data, {**options, **scale}).data
    np.testing.assert_allclose(result.ravel(), expected, rtol=1e-6, atol=1e-6)
    # both tails are there to be tested
    assert result.min() < 0
    assert result.max() > 100


@pytest.mark.parametrize("options", [MEAN, WHOLE])
@settings(deadline=None, max_examples=20)
@given(slope=st.floats(0.05, 50), intercept=st.floats(-500, 500))
def test_training_images_that_differ_by_a_linear_change_map_onto_each_other(options, slope, intercept):
    first = image(5) + np.linspace(1, 30, 7)
    second = slope * first + intercept
    scale = fitted([first, second], options)
    results = [METHOD.apply(data, {**options, **scale}).data for data in (first, second)]
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-3)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), gain=st.floats(0.1, 10))
def test_larger_values_stay_larger(seed, gain):
    scale = fitted([image(1), image(2)], MEAN)
    data = np.sign(image(seed)) * np.abs(image(seed)) ** 0.5 * gain
    result = METHOD.apply(data, {**MEAN, **scale}).data
    in_order = result.ravel()[np.argsort(data, axis=None, kind="stable")]
    assert (np.diff(in_order) >= -1e-4).all()


def test_landmarks_of_the_image_go_to_those_of_the_standard_scale():
    scale = fitted([image(1) + np.arange(7), image(2) + np.arange(7)], WHOLE)
    # of 101 values, each percentile is one of them
    data = np.random.default_rng(7).permutation(np.linspace(0, 9, 101) ** 3).reshape(1, 1, 101)
    result = METHOD.apply(data, {**WHOLE, **scale}).data
    np.testing.assert_allclose(np.percentile(result, PERCENTS), scale["landmarks"], rtol=0, atol=1e-5)
    assert scale["landmarks"][0] == 0
    assert scale["landmarks"][-1] == pytest.approx(100)


def test_equal_landmarks_of_an_image_count_as_one():
    scale = {"landmarks": [float(mark) for mark in np.linspace(0, 96, 13)]}
    # up to 70 % the value is 0: the first nine landmarks are one
    data = np.concatenate([np.zeros(72), np.linspace(1, 29, 29)]).reshape(1, 1, 101)
    marks = np.percentile(data, PERCENTS)
    assert (marks[:9] == 0).all()
    assert marks[9] > 0
    result = METHOD.apply(data, {**WHOLE, **scale}).data.ravel()
    assert (result[:72] == np.mean(np.linspace(0, 96, 13)[:9])).all()
    assert (np.diff(result[71:]) > 0).all()


@pytest.mark.parametrize("function", [standard_landmarks, METHOD.apply])
def test_no_range_between_the_landmarks(function):
    data = np.zeros((1, 1, 1000))
    data[0, 0, :3] = (1, 2, 3)
    arguments = (data, None, WHOLE, 1) if function is standard_landmarks else (data, WHOLE)
    with pytest.raises(Refused, match=r"the first and the last landmark are both 0\.0") as caught:
        function(*arguments)
    assert caught.value.reason == "constant"


@pytest.mark.parametrize(
    "wrong",
    [
        {"percents": [1, 50, 99]},
        {"landmarks": [0.0, 50.0, 100.0]},
        {"landmarks": [0.0] * 13},
        {"landmarks": [100.0, *np.linspace(0, 100, 12).tolist()]},
        {"landmarks": [*np.linspace(0, 100, 12).tolist(), float("nan")]},
        {"landmarks": "0 100"},
        {"mean": 3.0},
    ],
)
def test_values_that_no_fit_makes(wrong):
    right = fitted([image(1)], MEAN)
    check_values(right)
    with pytest.raises(InputError, match="nyul needs"):
        check_values({**right, **wrong})
