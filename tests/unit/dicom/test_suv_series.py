from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.suv import Suv, compute_suv
from fuseflow.errors import InputError, Refused

SLICE = PetSlice(
    image_type=("ORIGINAL", "PRIMARY"),
    series_type=("WHOLE BODY", "IMAGE"),
    corrected_image=("DECY", "ATTN", "SCAT", "RAN", "NORM"),
    units="BQML",
    decay_correction="START",
    series_date="20200102",
    series_time="100000",
    acquisition_time="100000",
    actual_frame_duration="120000",
    rescale_intercept="0",
    weight="82",
    height="1.74",
    injections=1,
    dose="350000000",
    half_life="6586.2",
    start_time="090000",
    radionuclide_code="C-111A1",
)


def pet_slice(**changes: object) -> PetSlice:
    return replace(SLICE, **changes)


def suv(**changes: object) -> Suv:
    return compute_suv([pet_slice(**changes)])


def refusal(*slices: PetSlice) -> Refused:
    with pytest.raises(Refused) as caught:
        compute_suv(slices)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"units": "GML"}, "Units"),
        ({"decay_correction": "ADMIN"}, "DecayCorrection"),
        ({"weight": "83"}, "PatientWeight"),
        ({"dose": None}, "RadionuclideTotalDose"),
        ({"half_life": "6588"}, "RadionuclideHalfLife"),
        ({"start_time": "090001"}, "RadiopharmaceuticalStartTime"),
        ({"start_date_time": "20200102090000"}, "RadiopharmaceuticalStartDateTime"),
        ({"series_time": "100001"}, "SeriesTime"),
        ({"series_date": "20200103"}, "SeriesDate"),
        ({"radionuclide_code": "C-131A3"}, "RadionuclideCodeSequence"),
    ],
)
def test_slices_that_differ_in_what_holds_for_the_series_are_refused_by_name(
    changes: dict[str, str | None], element: str
) -> None:
    refused = refusal(pet_slice(), pet_slice(**changes))
    assert refused.reason == "inconsistent-series"
    assert f"{element} differs" in refused.detail


@pytest.mark.parametrize(
    "changes", [{"half_life": "4063"}, {"dose": "35e6"}, {"series_date": "20200103"}, {"series_time": "100001"}]
)
def test_slices_must_agree_even_where_no_formula_needs_it(changes: dict[str, str]) -> None:
    slices = [pet_slice(units="GML", **different) for different in ({}, changes)]
    assert refusal(*slices).reason == "inconsistent-series"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"series_type": ("WHOLE BODY", "REPROJECTION")}, "reprojection"),
        ({"image_type": ("DERIVED", "SECONDARY", "MIP")}, "reprojection"),
        ({"corrected_image": ("DECY",)}, "not-attenuation-corrected"),
    ],
)
def test_series_of_no_use_are_refused(changes: dict[str, object], reason: str) -> None:
    assert refusal(pet_slice(**changes)).reason == reason


def test_a_series_without_slices_is_wrong_usage() -> None:
    with pytest.raises(InputError):
        compute_suv([])


@given(st.integers(0, 2**32), st.sampled_from(["100000", "110000"]), st.sampled_from(["START", "NONE"]))
@settings(deadline=None, max_examples=40)
def test_the_order_of_the_slices_does_not_matter(seed: int, series_time: str, correction: str) -> None:
    frames = [("100000", "59936"), ("100300", "240500.0"), ("100600", "420000"), ("100900", "600000")]
    slices = [
        pet_slice(
            series_time=series_time,
            acquisition_time=clock,
            frame_reference_time=milliseconds,
            decay_correction=correction,
            weight=weight,
        )
        for (clock, milliseconds), weight in zip(frames, ("82", "82.0", "8.2e1", "82"), strict=True)
    ]
    order = random.Random(seed).sample(range(4), 4)
    found, shuffled = compute_suv(slices), compute_suv([slices[index] for index in order])
    assert shuffled.factors == tuple(found.factors[index] for index in order)
    assert shuffled.describe() == found.describe()


@given(st.integers(-40000, 40000), st.booleans())
@settings(deadline=None, max_examples=40)
def test_shifting_all_dates_changes_nothing(days: int, dated: bool) -> None:
    def scan(day: date) -> Suv:
        return suv(
            series_date=f"{day:%Y%m%d}",
            acquisition_date=f"{day:%Y%m%d}",
            start_date_time=f"{day:%Y%m%d}085930" if dated else None,
            siemens_decay_correction_date_time=f"{day:%Y%m%d}100000.00",
        )

    found, shifted = scan(date(2020, 1, 2)), scan(date(2020, 1, 2) + timedelta(days=days))
    assert (shifted.factors, shifted.describe()) == (found.factors, found.describe())


@given(st.floats(2, 200), st.floats(1, 9e4))
@settings(deadline=None, max_examples=40)
def test_grams_and_megabecquerel_give_the_same_factor(weight: float, dose: float) -> None:
    usual = suv(weight=repr(weight), dose=repr(dose * 1e6))
    other = suv(weight=repr(weight * 1e3), dose=repr(dose))
    assert other.factors == pytest.approx(usual.factors, rel=1e-12)


def test_the_description_says_what_was_used_and_done() -> None:
    slices = [pet_slice(acquisition_time=clock) for clock in ("100000", "100300")]
    factor = compute_suv(slices).factors[0]
    assert compute_suv(slices).describe() == {
        "units": "BQML",
        "suv_type": None,
        "decay_correction": "START",
        "branch": "BQML, START, rule ii",
        "reference_rule": "ii",
        "decay_interval_seconds": 3600.0,
        "factor_min": factor,
        "factor_max": factor,
        "tags": {
            "AcquisitionTime": [3600.0, 3780.0],
            "ActualFrameDuration": "120000",
            "CorrectedImage": ["DECY", "ATTN", "SCAT", "RAN", "NORM"],
            "DecayCorrection": "START",
            "PatientWeight": "82",
            "RadionuclideCodeSequence": "F-18",
            "RadionuclideHalfLife": "6586.2",
            "RadionuclideTotalDose": "350000000",
            "RadiopharmaceuticalStartTime": 0.0,
            "RescaleIntercept": "0",
            "SeriesTime": 3600.0,
            "Units": "BQML",
        },
        "warnings": [],
    }


@pytest.mark.parametrize("units", ["BQML", "GML", "CM2ML", "CNTS"])
def test_the_description_holds_no_date_no_time_of_day_and_no_free_text(units: str) -> None:
    planted = {
        "series_date": "19710203",
        "acquisition_date": "19710203",
        "series_time": "101112",
        "acquisition_time": "101112.345678",
        "start_time": "091013",
        "start_date_time": "19710203091413",
        "siemens_decay_correction_date_time": "19710203101511",
        "image_type": ("ORIGINAL", "PRIMARY", "JANE DOE"),
        "corrected_image": ("DECY", "ATTN", "JANE DOE"),
        "radiopharmaceutical": "JANE DOE",
        "radiopharmaceutical_meaning": "FDG of JANE DOE",
        "radiopharmaceutical_code": "JANE",
        "radionuclide_meaning": "JANE DOE",
        "sex": "JANE",
        "philips_suv_scale_factor": "0.5",
    }
    described = json.dumps(suv(units=units, suv_type="LBM" if units == "GML" else None, **planted).describe())
    for text in ("JANE", "DOE", "1971", "0203", "1011", "0910", "0914", "1015", "10:11", "09:10"):
        assert text not in described
