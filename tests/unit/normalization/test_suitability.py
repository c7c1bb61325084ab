import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.normalization.method import normalize
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.volume import FourthAxis, Volume

RAMP = np.arange(60.0).reshape(3, 4, 5)
VALUES = {
    "nnunet-ct": {"mean": 1.0, "std": 2.0, "percentile_00_5": 0.0, "percentile_99_5": 3.0},
    "nyul": {"landmarks": np.linspace(0, 100, 13).tolist()},
}
CT, PET, MR = {"modality": "CT"}, {"modality": "PT"}, {"modality": "MR"}
SUV = {"modality": "PT", "unit": "g/ml"}


def normalized(name, data=RAMP, sidecar=()):
    method = NORMALIZATIONS.load(name)
    fourth = FourthAxis(name="unknown") if data.ndim == 4 else None
    volume = Volume(data=data, affine=np.eye(4), fourth_axis=fourth, sidecar=dict(sidecar))
    return normalize(method, volume, options=complete_options(method, {}), values=VALUES.get(name)).data


def reason(*arguments):
    with pytest.raises(Refused) as caught:
        normalized(*arguments)
    return caught.value.reason


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(name, value):
    data = RAMP.copy()
    data[1, 2, 3] = value
    assert reason(name, data) == "not-finite"


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
@pytest.mark.parametrize("value", [0, 7])
def test_constant_images(name, value):
    assert reason(name, np.full((3, 4, 5), value, np.int16)) == "constant"


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
@pytest.mark.parametrize("data", [RAMP.astype(complex), RAMP.astype(bool), RAMP[:0]])
def test_what_are_no_real_numbers(name, data):
    assert reason(name, data) == "unsupported-pixels"


@pytest.mark.parametrize(
    ("name", "sidecar"),
    [
        ("ct-window", PET),
        ("ct-window", MR),
        ("nnunet-ct", PET),
        ("nnunet-ct", MR),
        ("suv-clip", CT),
        ("suv-clip", PET),
        ("suv-clip", {"unit": "Bq/ml"}),
        ("suv-clip", {"modality": "PT", "unit": "Bq/ml"}),
        ("n4", CT),
        ("n4", PET),
        ("ct-window", {**CT, "normalized": [{"method": "rescale"}]}),
        ("nnunet-ct", {"normalized": [{"method": "z-score"}]}),
        ("suv-clip", {**SUV, "normalized": [{"method": "suv-clip"}]}),
    ],
)
def test_values_that_are_certainly_something_else(name, sidecar):
    assert reason(name, RAMP, sidecar) == "wrong-modality"


def test_the_modality_is_named():
    with pytest.raises(Refused, match="ct-window is for CT, and the modality of the volume is PT"):
        normalized("ct-window", RAMP, PET)


@pytest.mark.parametrize(
    ("name", "sidecar"),
    [("ct-window", CT), ("ct-window", {}), ("suv-clip", SUV), ("suv-clip", {}), ("z-score", PET), ("n4", MR)],
)
def test_values_that_may_be_right(name, sidecar):
    assert normalized(name, RAMP, sidecar).shape == RAMP.shape


@pytest.mark.parametrize("name", ["n4", "nyul", "percentile", "rescale", "z-score"])
def test_one_channel_is_not_scaled_by_another(name):
    assert reason(name, np.stack([RAMP, 1000 * RAMP], axis=-1)) == "unsupported-dimensions"


@pytest.mark.parametrize("name", ["ct-window", "nnunet-ct", "none", "suv-clip"])
def test_what_looks_at_single_voxels_takes_a_fourth_axis(name):
    both = normalized(name, np.stack([RAMP, RAMP + 1], axis=-1))
    np.testing.assert_array_equal(both[..., 0], normalized(name, RAMP))
    np.testing.assert_array_equal(both[..., 1], normalized(name, RAMP + 1))


def test_a_result_beyond_32_bits_is_refused():
    assert reason("none", RAMP * 1e300) == "not-finite"


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
def test_any_type_gives_float32_and_stays_as_it_is(name, dtype):
    data = np.asfortranarray(RAMP.astype(dtype))
    result = normalized(name, data)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(data, RAMP.astype(dtype))
    np.testing.assert_array_equal(result, normalized(name, RAMP))


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
def test_the_order_in_memory_does_not_matter(name):
    noise = np.random.default_rng(3).normal(50, 20, (9, 8, 7)).astype(np.float32)
    orders = (np.ascontiguousarray(noise), np.asfortranarray(noise), noise[::-1].copy()[::-1])
    results = [normalized(name, data) for data in orders]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(results[0], results[2], rtol=1e-6, atol=1e-6)
