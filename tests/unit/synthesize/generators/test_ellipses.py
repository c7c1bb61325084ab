from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.synthesize.generators.ellipses import GENERATOR, draw, render
from fuseflow.synthesize.shapes import Ellipse

ROWS, COLUMNS = np.meshgrid(np.arange(256.0), np.arange(256.0), indexing="ij")


def images(role: str, number: int, slices: int = 3) -> np.ndarray:
    return render(draw(np.random.default_rng(number), number).anatomy, role, slices, np.random.default_rng(9))


def ring(number: int, depth: float) -> np.ndarray:
    """Pixels of the first slice within a pixel of a line that runs `depth` pixels inside the outline of the head."""
    anatomy = draw(np.random.default_rng(number), number).anatomy
    length = anatomy["head_half_length"] * (1 - 0.05**2) ** 0.5
    outer, inner = (
        Ellipse(
            row=anatomy["row"],
            column=anatomy["column"],
            half_height=length - inset,
            half_width=length * anatomy["head_aspect"] - inset,
            angle=anatomy["head_angle"],
        ).coverage(ROWS, COLUMNS)
        for inset in (depth - 1, depth + 1)
    )
    return (outer == 1) & (inner == 0)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_bone_is_bright_in_ct_and_dark_in_mr(number: int) -> None:
    anatomy = draw(np.random.default_rng(number), number).anatomy
    bone = ring(number, anatomy["scalp_thickness"] + anatomy["skull_thickness"] / 2)
    assert images("CT", number)[0][bone].mean() > 230
    assert images("MR", number)[0][bone].mean() < 30


@pytest.mark.parametrize("number", [1, 3, 5])
def test_brain_has_contrast_in_mr_and_is_nearly_flat_in_ct(number: int) -> None:
    anatomy = draw(np.random.default_rng(number), number).anatomy
    brain = Ellipse(
        row=anatomy["row"],
        column=anatomy["column"],
        half_height=0.8 * anatomy["head_half_length"],
        half_width=0.8 * anatomy["head_half_length"] * anatomy["head_aspect"],
        angle=anatomy["head_angle"],
    )
    within = brain.coverage(ROWS, COLUMNS) == 1
    deviation = {role: images(role, number)[0][within].std() for role in ("CT", "MR")}
    assert deviation["MR"] > 25
    assert deviation["CT"] < 15


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 2**31))
def test_the_head_lies_inside_the_image_on_a_zero_background(number: int) -> None:
    for role in GENERATOR.roles:
        for image in images(role, number, slices=2):
            border = np.concatenate(
                [image[:8].ravel(), image[-8:].ravel(), image[:, :8].ravel(), image[:, -8:].ravel()]
            )
            assert not border.any()
            assert 0.15 < np.count_nonzero(image) / image.size < 0.6


@settings(deadline=None, max_examples=6)
@given(st.integers(1, 2**30))
def test_even_patients_have_a_lesion_that_shows_in_every_slice_of_both_roles(half: int) -> None:
    patient = draw(np.random.default_rng(half), 2 * half)
    assert patient.stratum == "lesion"
    without = {name: value for name, value in patient.anatomy.items() if not name.startswith("lesion")}
    for role in GENERATOR.roles:
        pair = [render(anatomy, role, 2, np.random.default_rng(0)) for anatomy in (patient.anatomy, without)]
        changed = np.abs(pair[0].astype(int) - pair[1]) > 10
        assert (changed.sum(axis=(1, 2)) > 100).all()


def test_odd_patients_have_no_lesion() -> None:
    patient = draw(np.random.default_rng(0), 7)
    assert patient.stratum == "normal"
    assert not [name for name in patient.anatomy if name.startswith("lesion")]


@pytest.mark.parametrize("role", GENERATOR.roles)
def test_neighbouring_slices_are_alike_and_distant_ones_less(role: str) -> None:
    stack = images(role, 2, slices=12).astype(float)
    near = [np.abs(stack[index + 1] - stack[index]).mean() for index in range(11)]
    assert max(near) < np.abs(stack[11] - stack[0]).mean() / 2


def test_more_slices_of_one_patient_are_another_sampling_of_the_same_head() -> None:
    anatomy = draw(np.random.default_rng(1), 1).anatomy
    few, many = (render(anatomy, "CT", slices, np.random.default_rng(2)) for slices in (2, 4))
    np.testing.assert_array_equal(few[0], many[0])
    assert np.abs(few[1].astype(int) - many[2]).mean() < 3
