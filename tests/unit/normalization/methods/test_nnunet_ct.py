"""nnU-Net's statistics of CT, against the same rule written down once more with whole arrays."""

import numpy as np
import pytest

from fuseflow.errors import InputError
from fuseflow.normalization.methods import nnunet_ct
from fuseflow.normalization.methods.nnunet_ct import METHOD, NAMES, check_values, combine_samples, sample_foreground

OPTIONS = {"samples": 3000}
FITTED = dict(zip(NAMES, (50.0, 20.0, -100.0, 300.0), strict=True))


def training_case(seed, dtype=np.int16):
    random = np.random.default_rng(seed)
    labels = (random.uniform(size=(6, 7, 8)) > 0.7).astype(np.uint8) * random.integers(1, 3, (6, 7, 8), np.uint8)
    return random.normal(40 * seed, 100, (6, 7, 8)).astype(dtype), labels


def statistics_of_whole_arrays(cases, samples):
    """Images and labels as nnU-Net sees them: (z, y, x), in C order."""
    drawn = []
    for image, labels in cases:
        turned, mask = np.transpose(image, (2, 1, 0)).astype(np.float64), np.transpose(labels, (2, 1, 0)) > 0
        drawn.append(np.random.RandomState(1234).choice(turned[mask], samples // len(cases), replace=True))
    together = np.concatenate(drawn)
    return together.mean(), together.std(), *np.percentile(together, (0.5, 99.5))


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_statistics_are_those_of_the_rule(dtype, monkeypatch):
    # pieces of another length must not change what is drawn
    monkeypatch.setattr(nnunet_ct, "DRAWN_AT_ONCE", 128)
    cases = [training_case(seed, dtype) for seed in (1, 2, 3)]
    fitted = combine_samples([sample_foreground(*case, OPTIONS, len(cases)) for case in cases])
    expected = statistics_of_whole_arrays(cases, OPTIONS["samples"])
    np.testing.assert_allclose([fitted[name] for name in NAMES], expected, rtol=0, atol=1e-6)


def test_every_case_contributes_alike():
    large, small = (np.zeros((9, 9, 9), np.int16), np.ones((9, 9, 9), np.uint8)), training_case(2)
    assert [sample_foreground(*case, OPTIONS, 2).size for case in (large, small)] == [1500, 1500]


def test_only_labelled_voxels_are_drawn():
    image, labels = np.full((4, 4, 4), -1000, np.int16), np.zeros((4, 4, 4), np.uint8)
    image[1:3, 1, 1], labels[1:3, 1, 1] = (60, 70), (1, 2)
    assert set(sample_foreground(image, labels, OPTIONS, 1).tolist()) == {60, 70}


def test_a_case_without_a_label_contributes_nothing():
    image, labels = training_case(1)
    empty = sample_foreground(image, 0 * labels, OPTIONS, 2)
    assert empty.size == 0
    assert combine_samples([empty, np.array([0, 50, 100], np.int16)])["mean"] == 50


def test_application_by_hand():
    data = np.array([-1000, -100, 50, 70, 300, 3000], np.int16).reshape(1, 2, 3)
    result = METHOD.apply(data, {**OPTIONS, **FITTED})
    np.testing.assert_allclose(result.data.ravel(), [-7.5, -7.5, 0, 1, 12.5, 12.5], rtol=0, atol=1e-6)
    assert result.clipped == 2 / 6


def test_the_floor_of_the_deviation():
    result = METHOD.apply(np.array([[[50.0, 51.0]]]), {**OPTIONS, **FITTED, "std": 0.0})
    np.testing.assert_allclose(result.data.ravel(), [0, 1e8])


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([np.empty(0, np.int16)], "no training case .* label above 0"),
        ([np.full(9, 40)], "hardly another value than 40"),
    ],
)
def test_nothing_to_learn_from(samples, message):
    with pytest.raises(InputError, match=message):
        combine_samples(samples)


def test_labels_are_needed():
    with pytest.raises(InputError, match="give the labels"):
        sample_foreground(training_case(1)[0], None, OPTIONS, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean": float("nan")},
        {"mean": "50"},
        {"mean": True},
        {"median": 3.0},
        {"std": -1.0},
        {"percentile_00_5": 300.0},
    ],
)
def test_values_that_no_fit_makes(wrong):
    check_values(FITTED)
    with pytest.raises(InputError, match="nnunet-ct needs"):
        check_values({**FITTED, **wrong})
