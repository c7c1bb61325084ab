import numpy as np
import pytest
import SimpleITK

from fuseflow.errors import Refused
from fuseflow.normalization.methods.n4 import METHOD

SHAPE = (40, 36, 32)
OPTIONS = dict(METHOD.options)


def phantom():
    """Two tissues in a background of 0, the noise of a scanner, and a smooth gain of a factor of 3 from end to end."""
    x, y, z = (np.linspace(-1, 1, size) for size in SHAPE)
    radius = np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + z**2)
    tissue = np.where(radius < 0.5, 200.0, np.where(radius < 0.9, 100.0, 0.0))
    noise = np.random.default_rng(0).normal(0, 2, SHAPE) * (tissue > 0)
    gain = np.exp(0.4 * x[:, None, None] - 0.25 * y[:, None] ** 2 + 0.1 * z)
    return tissue, (tissue * gain + noise).astype(np.float32)


def variation(values):
    """Coefficient of variation."""
    return values.std() / values.mean()


@pytest.fixture(scope="module")
def corrected():
    return METHOD.apply(phantom()[1], OPTIONS)


@pytest.mark.parametrize("value", [100, 200])
def test_a_tissue_gets_even(corrected, value):
    tissue, image = phantom()
    assert corrected.data.shape == SHAPE
    assert variation(corrected.data[tissue == value]) < 0.4 * variation(image[tissue == value])


def test_tissues_stay_apart_and_the_background_stays_0(corrected):
    tissue, _ = phantom()
    means = [corrected.data[tissue == value].mean() for value in (100, 200)]
    assert means[1] / means[0] == pytest.approx(2, rel=0.05)
    assert (corrected.data[tissue == 0] == 0).all()


def test_the_same_bytes_twice_whatever_the_number_of_threads(corrected):
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
    assert METHOD.apply(phantom()[1], OPTIONS).data.tobytes() == corrected.data.tobytes()


def test_negative_voxels_are_outside_the_mask_and_divided_like_others():
    tissue, image = phantom()
    image[tissue == 0] = -30
    options = {**OPTIONS, "mask": "positive"}
    result = METHOD.apply(image, options)
    assert result.computed["masked"] == np.count_nonzero(image > 0) / image.size
    assert variation(result.data[tissue == 100]) < 0.4 * variation(image[tissue == 100])
    assert (result.data[tissue == 0] < 0).all()


@pytest.mark.parametrize("shape", [(20, 18, 2), (20, 18, 5)])
def test_few_slices_are_not_shrunk_away(shape):
    image = np.random.default_rng(1).uniform(50, 60, shape)
    assert METHOD.apply(image, {**OPTIONS, "iterations": [5]}).data.shape == shape


def test_one_slice_is_refused():
    with pytest.raises(Refused, match="an axis of the volume has one voxel") as caught:
        METHOD.apply(np.ones((20, 20, 1)), OPTIONS)
    assert caught.value.reason == "unsupported-dimensions"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (-np.arange(4096.0).reshape(16, 16, 16), "empty-mask"),
        (np.where(np.arange(4096).reshape(16, 16, 16) < 900, 0.0, 80.0), "constant"),
    ],
)
def test_nothing_to_estimate_a_field_from(image, reason):
    with pytest.raises(Refused) as caught:
        METHOD.apply(image, OPTIONS)
    assert caught.value.reason == reason
