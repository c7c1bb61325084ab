from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.dicom.body import MASSES_FROM_HEIGHT, body_surface_area, normalising_mass
from fuseflow.errors import Refused


@pytest.mark.parametrize(
    ("suv_type", "male", "female"),
    [
        ("LBM", 63.549187, 54.870665),
        ("LBMJAMES128", 61.772467, 54.870665),
        ("LBMJANMA", 60.664739, 49.396516),
        ("IBW", 71.32, 65.52),
    ],
)
def test_masses_of_82_kg_and_174_cm(suv_type: str, male: float, female: float) -> None:
    assert normalising_mass(suv_type, weight=82, height=174, sex="M") == pytest.approx(male, abs=5e-7)
    assert normalising_mass(suv_type, weight=82, height=174, sex="F") == pytest.approx(female, abs=5e-7)
    assert normalising_mass(suv_type, weight=82, height=174, sex="O") == pytest.approx((male + female) / 2, abs=5e-7)


def test_every_mass_is_tested() -> None:
    assert {"LBM", "LBMJAMES128", "LBMJANMA", "IBW"} == MASSES_FROM_HEIGHT


def test_surface_of_82_kg_and_174_cm() -> None:
    assert body_surface_area(weight=82, height=174) == pytest.approx(1.968500, abs=5e-7)


@pytest.mark.parametrize(("suv_type", "weight", "height"), [("LBM", 250, 150), ("IBW", 20, 90)])
def test_a_formula_that_gives_no_positive_mass_is_refused(suv_type: str, weight: float, height: float) -> None:
    with pytest.raises(Refused, match="suv-height"):
        normalising_mass(suv_type, weight=weight, height=height, sex="M")


@given(st.floats(55, 110), st.floats(155, 190), st.sampled_from(["M", "F", "O"]))
@settings(deadline=None, max_examples=50)
def test_lean_mass_is_less_than_the_weight_and_ideal_weight_does_not_depend_on_it(
    weight: float, height: float, sex: str
) -> None:
    for suv_type in ("LBM", "LBMJAMES128", "LBMJANMA"):
        assert normalising_mass(suv_type, weight=weight, height=height, sex=sex) < weight
    ideal = [normalising_mass("IBW", weight=w, height=height, sex=sex) for w in (weight, 60)]
    assert ideal[0] == ideal[1]
