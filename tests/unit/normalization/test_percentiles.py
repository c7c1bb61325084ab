import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fuseflow.normalization.percentiles import percentiles

PERCENTS = st.lists(st.floats(0, 100), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(
        arrays(np.int16, st.integers(1, 60)),
        arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e4, 1e4, width=32)),
    ),
    PERCENTS,
)
def test_percentiles_are_those_of_numpy_in_float64(values, percents):
    expected = np.percentile(values.astype(np.float64), percents)
    np.testing.assert_allclose(percentiles(values.copy(), percents), expected, rtol=1e-12, atol=1e-9)


def test_neighbours_far_apart_do_not_overflow():
    assert percentiles(np.array([32767, -32768], np.int16), [50]) == [-0.5]
