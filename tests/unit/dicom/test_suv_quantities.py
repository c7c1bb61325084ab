from __future__ import annotations

from collections.abc import Callable

import pytest

from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.dicom.suv_quantities import (
    body_height,
    body_weight,
    half_life_of,
    injected_activity,
    sex_of,
    warn_of_unusual_uptake,
)
from fuseflow.errors import Refused


def series_of(**fields: object) -> PetSeries:
    return PetSeries([PetSlice(**fields)])


def measured(quantity: Callable[[PetSeries], object], **fields: object) -> tuple[object, list[str]]:
    series = series_of(**fields)
    return quantity(series), [warning["code"] for warning in series.warnings]


@pytest.mark.parametrize("weight", [None, "0", "-70", "70,5"])
def test_weight_that_is_missing_or_not_positive_is_refused(weight: str | None) -> None:
    with pytest.raises(Refused, match="suv-weight"):
        body_weight(series_of(weight=weight))


def test_weight_above_1000_is_in_grams() -> None:
    assert measured(body_weight, weight="1000") == (1000.0, [])
    assert measured(body_weight, weight="1001") == (1.001, ["weight-in-grams"])


@pytest.mark.parametrize("height", [None, "0", "174", "tall"])
def test_height_that_is_missing_or_not_in_metres_is_refused(height: str | None) -> None:
    with pytest.raises(Refused, match="suv-height"):
        body_height(series_of(height=height))


def test_height_becomes_centimetres() -> None:
    assert measured(body_height, height="1.5") == (150.0, [])


@pytest.mark.parametrize(("stated", "sex"), [("M", "M"), ("F", "F"), ("O", "O")])
def test_sex_is_one_of_the_terms_of_the_standard(stated: str, sex: str) -> None:
    assert measured(sex_of, sex=stated) == (sex, [])


@pytest.mark.parametrize("stated", [None, "m", "X"])
def test_unknown_sex_is_other_with_a_warning(stated: str | None) -> None:
    assert measured(sex_of, sex=stated) == ("O", ["sex-unknown"])


@pytest.mark.parametrize("dose", [None, "0", "-1", "much"])
def test_dose_that_is_missing_or_not_positive_is_refused(dose: str | None) -> None:
    with pytest.raises(Refused, match="suv-dose"):
        injected_activity(series_of(dose=dose, injections=1))


def test_dose_below_100000_is_in_megabecquerel() -> None:
    assert measured(injected_activity, dose="1e5") == (1e5, [])
    assert measured(injected_activity, dose="350") == (350e6, ["dose-in-megabecquerel"])


def test_several_injections_are_refused() -> None:
    with pytest.raises(Refused, match="suv-dose"):
        injected_activity(series_of(dose="350000000", injections=2))


@pytest.mark.parametrize(
    ("code", "seconds"),
    [("C-111A1", 6586.2), ("C-105A1", 1223.0), ("C-107A1", 598.0), ("C-168A4", 282240.0), ("C-127A2", 45720.0)],
)
def test_missing_half_life_is_that_of_the_nuclide(code: str, seconds: float) -> None:
    assert measured(half_life_of, radionuclide_code=code) == (seconds, ["half-life-from-table"])


def test_half_life_in_the_file_wins_over_the_table() -> None:
    assert measured(half_life_of, half_life="6588", radionuclide_meaning="18F") == (6588.0, [])
    assert measured(half_life_of, half_life="7200", radionuclide_meaning="18F") == (7200.0, ["half-life-unusual"])
    assert measured(half_life_of, half_life="7200", radionuclide_meaning="94mTc") == (7200.0, [])


@pytest.mark.parametrize(("half_life", "code"), [(None, None), (None, "C-999"), ("0", "C-111A1"), ("-1", "C-111A1")])
def test_unknown_half_life_is_refused(half_life: str | None, code: str | None) -> None:
    with pytest.raises(Refused, match="suv-half-life"):
        half_life_of(series_of(half_life=half_life, radionuclide_code=code))


def test_two_nuclides_in_one_series_are_refused() -> None:
    series = PetSeries([PetSlice(radionuclide_meaning=meaning) for meaning in ("18F", "68Ga")])
    with pytest.raises(Refused, match="inconsistent-series: RadionuclideCodeSequence"):
        half_life_of(series)


@pytest.mark.parametrize(("minutes", "warned"), [(30, False), (120, False), (29.9, True), (120.1, True)])
def test_uptake_of_fdg_outside_30_to_120_minutes_is_warned_of(minutes: float, warned: bool) -> None:
    for fields in ({"radiopharmaceutical": "FDG"}, {"radiopharmaceutical_code": "C-B1031"}):
        series = series_of(**fields)
        warn_of_unusual_uptake(series, minutes * 60)
        assert ([warning["code"] for warning in series.warnings] == ["fdg-uptake-time"]) is warned


def test_uptake_of_another_tracer_is_not_judged() -> None:
    series = series_of(radiopharmaceutical="PSMA")
    warn_of_unusual_uptake(series, 0)
    assert series.warnings == []
