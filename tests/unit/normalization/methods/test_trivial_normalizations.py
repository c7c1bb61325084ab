import numpy as np

from fuseflow.normalization.methods.none import METHOD as NONE
from fuseflow.normalization.methods.rescale import METHOD as RESCALE

DATA = np.array([-1024, 976, 2976, -24], np.int16).reshape(1, 2, 2)


def test_none_keeps_the_values():
    result = NONE.apply(DATA, {})
    assert result.data.dtype == np.float32
    assert result.data.ravel().tolist() == [-1024, 976, 2976, -24]


def test_rescale_by_hand():
    result = RESCALE.apply(DATA, {})
    np.testing.assert_allclose(result.data.ravel(), [0, 0.5, 1, 0.25], rtol=0, atol=1e-6)
    assert result.computed == {"low": -1024, "high": 2976}


def test_the_whole_range_of_a_type_does_not_overflow():
    data = np.array([-(2**63), 0, 2**63 - 1]).reshape(1, 1, 3)
    np.testing.assert_allclose(RESCALE.apply(data, {}).data.ravel(), [0, 0.5, 1], rtol=0, atol=1e-6)
