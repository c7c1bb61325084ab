"""What must hold for all images, whatever they show."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.metrics.catalogue import all_variants
from fuseflow.metrics.correlation import CC, SCD
from fuseflow.metrics.edges import QABF, edge_preservation, sobel_edges, strength_ratio
from fuseflow.metrics.fidelity import MSE
from fuseflow.metrics.information import EN, MI_BITS, MI_NATS, image_entropy
from fuseflow.metrics.structure import SSIM_CDDFUSE, SSIM_GAUSS11
from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.visual_information import VIF_SUM

Image = npt.NDArray[np.float64]


@st.composite
def images(draw: st.DrawFn, count: int) -> list[Image]:
    """Images of one shape: noise of few or many levels, integer or not, on a background that is often flat."""
    shape = draw(st.tuples(st.integers(41, 52), st.integers(41, 52)))
    made = []
    for _ in range(count):
        random = np.random.default_rng(draw(st.integers(0, 2**32)))
        pixels = random.integers(0, draw(st.sampled_from([1, 2, 9, 250])), shape) + draw(
            st.sampled_from([0.0, 5.0, 0.3])
        )
        made.append(np.where(random.random(shape[1]) < draw(st.sampled_from([0.0, 0.5, 1.0])), pixels, 0.0))
    return made


few = settings(deadline=None, max_examples=25)


@few
@given(images(3))
def test_every_value_is_in_its_range_or_nan_where_that_is_announced(made: list[Image]) -> None:
    triple = Triple(*made)
    for variant in all_variants():
        value, (lowest, highest) = variant(triple), variant.value_range
        if math.isnan(value):
            assert variant.undefined
        else:
            assert lowest <= value <= highest + 1e-12
            assert math.isfinite(value)


@few
@given(images(3))
def test_the_sources_may_be_exchanged(made: list[Image]) -> None:
    a, b, fused = made
    one, other = Triple(a, b, fused), Triple(b, a, fused)
    for variant in all_variants():
        assert variant(one) == pytest.approx(variant(other), rel=1e-12, abs=1e-12, nan_ok=True)


@few
@given(images(3))
def test_the_same_images_give_the_same_bits(made: list[Image]) -> None:
    for variant in all_variants():
        first, again = variant(Triple(*made)), variant(Triple(*(image.copy() for image in made)))
        assert np.float64(first).tobytes() == np.float64(again).tobytes()


@few
@given(images(2))
def test_of_a_copy_of_a_source(made: list[Image]) -> None:
    a, b = made
    triple, doubled = Triple(a, b, a), Triple(a, a, a)
    assert math.isnan(SCD(triple))
    assert MI_BITS(doubled) == 2.0 * GreyImage(a).derived(image_entropy)
    assert SSIM_GAUSS11(doubled) == pytest.approx(1.0, rel=1e-12)
    assert SSIM_CDDFUSE(doubled) == pytest.approx(2.0, rel=1e-12)
    # not exactly: the guard against division by 0 shows where the variance itself is hardly more than 0
    assert VIF_SUM(doubled) == pytest.approx(2.0, abs=1e-6)
    assert MSE(triple) == np.mean((a - b) ** 2) / 2.0
    if a.min() < a.max():
        assert CC(doubled) == pytest.approx(1.0, rel=1e-12)
    edges = sobel_edges(GreyImage(a))
    assert edge_preservation(edges, edges, strength_ratio).max() <= QABF.value_range[1] + 1e-15


@few
@given(images(3))
def test_shared_information_is_no_more_than_there_is(made: list[Image]) -> None:
    triple = Triple(*made)
    assert MI_BITS(triple) <= 2.0 * EN(triple) + 1e-9
    assert MI_NATS(triple) == pytest.approx(MI_BITS(triple) * 0.6931471805599453, rel=1e-15)


@few
@given(images(2))
def test_errors_of_mean_and_maximum(made: list[Image]) -> None:
    a, b = made
    square = np.mean((a - b) ** 2)
    assert MSE(Triple(a, b, (a + b) / 2.0)) == pytest.approx(square / 4.0, rel=1e-12)
    assert MSE(Triple(a, b, np.maximum(a, b))) == pytest.approx(square / 2.0, rel=1e-12)
