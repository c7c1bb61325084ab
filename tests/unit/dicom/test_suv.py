from __future__ import annotations

import json

import pytest

from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.suv import Suv, compute_suv
from fuseflow.errors import Refused

PHILIPS_SUV, PHILIPS_ACTIVITY = "philips_suv_scale_factor", "philips_activity_scale_factor"


def pet_slice(**changes: object) -> PetSlice:
    """A slice of 82 kg and 350 MBq in Bq/ml, corrected for decay to the series time one hour after the injection."""
    fields: dict[str, object] = {
        "image_type": ("ORIGINAL", "PRIMARY"),
        "series_type": ("WHOLE BODY", "IMAGE"),
        "corrected_image": ("DECY", "ATTN", "SCAT", "RAN", "NORM"),
        "units": "BQML",
        "decay_correction": "START",
        "series_date": "20200102",
        "series_time": "100000",
        "acquisition_time": "100000",
        "actual_frame_duration": "120000",
        "rescale_intercept": "0",
        "weight": "82",
        "height": "1.74",
        "sex": "M",
        "injections": 1,
        "dose": "350000000",
        "half_life": "6586.2",
        "start_time": "090000",
        "radionuclide_code": "C-111A1",
        "radiopharmaceutical": "FDG",
    }
    return PetSlice(**{**fields, **changes})


def suv(**changes: object) -> Suv:
    return compute_suv([pet_slice(**changes)])


def codes(found: Suv) -> list[str]:
    return [warning["code"] for warning in found.warnings]


def refusal(*slices: PetSlice) -> Refused:
    with pytest.raises(Refused) as caught:
        compute_suv(slices)
    return caught.value


REMAINING = 0.6846329
"""Of F-18 after 3600 s."""
PER_ACTIVITY = 2.342857e-4
"""82 kg and 350 MBq."""


# Units and SUVType


@pytest.mark.parametrize("suv_type", ["BW", None])
def test_gml_of_body_weight_is_suv_already(suv_type: str | None) -> None:
    found = suv(units="GML", suv_type=suv_type, dose=None, half_life=None, start_time=None, height=None)
    assert found.factors == (1.0,)
    assert found.suv_type == "BW"
    assert found.warnings == []


@pytest.mark.parametrize(
    ("suv_type", "sex", "mass"),
    [
        ("LBM", "M", 63.549187),
        ("LBM", "F", 54.870665),
        ("LBMJAMES128", "M", 61.772467),
        ("LBMJAMES128", "F", 54.870665),
        ("LBMJANMA", "M", 60.664739),
        ("LBMJANMA", "F", 49.396516),
        ("IBW", "M", 71.32),
        ("IBW", "F", 65.52),
        ("IBW", "O", 68.42),
    ],
)
def test_gml_of_another_mass_becomes_suv_of_body_weight(suv_type: str, sex: str, mass: float) -> None:
    found = suv(units="GML", suv_type=suv_type, sex=sex)
    assert found.factors == pytest.approx((82 / mass,), rel=1e-7)
    assert found.branch == f"GML, {suv_type}"
    assert found.tags["PatientSex"] == sex


@pytest.mark.parametrize("sex", [None, "X", "DOE^JANE"])
def test_unknown_sex_counts_as_other_with_a_warning(sex: str | None) -> None:
    found = suv(units="GML", suv_type="IBW", sex=sex)
    assert found.factors == suv(units="GML", suv_type="IBW", sex="O").factors
    assert codes(found) == ["sex-unknown"]
    assert "DOE" not in json.dumps(found.describe())


def test_cm2ml_becomes_suv_of_body_weight() -> None:
    found = suv(units="CM2ML", dose=None, start_time=None)
    # SUVbsa = v = surface / D_ref * c, SUVbw = W / D_ref * c
    assert found.factors == pytest.approx((PER_ACTIVITY / 5.624286e-5,), rel=3e-7)
    assert found.suv_type == "BSA"


@pytest.mark.parametrize(("units", "suv_type"), [("GML", "BSA"), ("CM2ML", "BW"), ("GML", "SUL"), ("CM2ML", "LBM")])
def test_a_type_that_contradicts_the_unit_is_refused(units: str, suv_type: str) -> None:
    assert refusal(pet_slice(units=units, suv_type=suv_type)).reason == "suv-units"


def test_cnts_with_the_suv_factor_of_philips() -> None:
    found = suv(units="CNTS", dose=None, start_time=None, **{PHILIPS_SUV: "0.000567"})
    assert found.factors == (0.000567,)
    assert found.tags["(7053,xx00) Philips PET Private Group"] == "0.000567"


def test_cnts_with_a_factor_per_slice() -> None:
    slices = [pet_slice(units="CNTS", dose=None, **{PHILIPS_SUV: text}) for text in ("0.5", "0.25")]
    assert compute_suv(slices).factors == (0.5, 0.25)


@pytest.mark.parametrize("suv_factor", [None, "0", "0.000"])
def test_cnts_with_the_activity_factor_of_philips_continues_as_bqml(suv_factor: str | None) -> None:
    found = suv(units="CNTS", **{PHILIPS_SUV: suv_factor, PHILIPS_ACTIVITY: "1.25"})
    assert found.factors == pytest.approx((1.25 * suv().factors[0],), rel=1e-15)
    assert found.reference_rule == "ii"
    assert "CNTS" in found.branch
    assert "START" in found.branch


@pytest.mark.parametrize(("scale", "warned"), [(1.0, False), (1.009, False), (1.012, True), (0.98, True)])
def test_cnts_with_both_factors_takes_that_of_suv_and_warns_if_they_differ(scale: float, warned: bool) -> None:
    factor = repr(2 * scale * suv().factors[0])
    found = suv(units="CNTS", **{PHILIPS_SUV: factor, PHILIPS_ACTIVITY: "2"})
    assert found.factors == (float(factor),)
    assert (codes(found) == ["philips-factors-differ"]) is warned


def test_the_largest_difference_between_both_factors_is_told() -> None:
    base = suv().factors[0]
    slices = [
        pet_slice(units="CNTS", **{PHILIPS_SUV: repr(base / ratio), PHILIPS_ACTIVITY: "1"}) for ratio in (1.5, 1, 1.25)
    ]
    assert "1.5000 times" in compute_suv(slices).warnings[0]["detail"]


def test_cnts_with_both_factors_does_not_need_what_only_the_other_needs() -> None:
    found = suv(units="CNTS", dose=None, **{PHILIPS_SUV: "0.5", PHILIPS_ACTIVITY: "2"})
    assert (found.factors, found.warnings) == ((0.5,), [])


@pytest.mark.parametrize("factor", [None, "0", "-1", "none"])
def test_cnts_without_a_usable_factor_is_refused(factor: str | None) -> None:
    assert refusal(pet_slice(units="CNTS", **{PHILIPS_SUV: factor})).reason == "suv-scale-factor"


def test_cnts_with_a_factor_in_some_slices_only_is_refused() -> None:
    slices = [pet_slice(units="CNTS", **{PHILIPS_SUV: text}) for text in ("0.5", None)]
    assert refusal(*slices).reason == "suv-scale-factor"


def test_bqml_ignores_the_factors_of_philips() -> None:
    assert suv(**{PHILIPS_SUV: "0.0035", PHILIPS_ACTIVITY: "2"}).factors == suv().factors


@pytest.mark.parametrize("units", ["PROPCNTS", "PROPCPS", "1CM", "CPS", "NONE"])
def test_other_units_are_refused_by_name(units: str) -> None:
    refused = refusal(pet_slice(units=units))
    assert refused.reason == "suv-units"
    assert f"Units is {units}" in refused.detail


def test_an_unknown_unit_is_refused_without_quoting_it() -> None:
    refused = refusal(pet_slice(units="JANE DOE"))
    assert refused.reason == "suv-units"
    assert "unknown" in refused.detail
    assert "DOE" not in refused.detail
    assert refusal(pet_slice(units=None)).reason == "suv-units"


# BQML


def test_bqml_start_counts_decay_from_injection_to_reference() -> None:
    found = suv()
    assert found.factors == pytest.approx((PER_ACTIVITY / REMAINING,), rel=3e-7)
    assert (found.reference_rule, found.decay_interval, found.warnings) == ("ii", 3600.0, [])


def test_bqml_start_ge_private() -> None:
    found = suv(ge_scan_date_time="20200102093000.00")
    assert found.reference_rule == "i"
    assert found.factors == pytest.approx((PER_ACTIVITY / REMAINING**0.5,), rel=3e-7)


def test_bqml_start_from_frame_times() -> None:
    found = suv(series_time="110000", acquisition_time="100300", frame_reference_time="239936.85")
    assert found.reference_rule == "iii"
    assert found.decay_interval == pytest.approx(3600, abs=1e-4)


def test_bqml_start_earliest_acquisition() -> None:
    slices = [pet_slice(series_time="110000", acquisition_time=clock) for clock in ("100300", "100000")]
    found = compute_suv(slices)
    assert found.reference_rule == "iv"
    assert found.factors == pytest.approx((PER_ACTIVITY / REMAINING,) * 2, rel=3e-7)


def test_bqml_start_of_sts_001() -> None:
    changes = {
        "weight": "71.0",
        "dose": "3.88777472E8",
        "half_life": "6588.0",
        "start_time": "103500.00",
        "series_time": "112011.00",
        "acquisition_time": "112011.00",
        "actual_frame_duration": "240000",
    }
    beds = ("0.0", "243000.0", "486000.0", "729000.0", "972000.0", "1215000.0")
    found = compute_suv([pet_slice(frame_reference_time=bed, **changes) for bed in beds])
    assert found.reference_rule == "ii"
    assert found.decay_interval == 45 * 60 + 11
    # 388.777472 MBq * 2 ** (-2711 / 6588) = 292.2978 MBq
    assert found.factors == pytest.approx((71e3 / 292.2977766e6,) * 6, rel=1e-9)
    assert codes(found) == ["reference-times-differ"]


def test_bqml_admin_needs_no_time() -> None:
    found = suv(decay_correction="ADMIN", half_life=None, series_time=None, start_time=None, acquisition_time=None)
    assert found.factors == pytest.approx((PER_ACTIVITY,), rel=3e-7)
    assert (found.reference_rule, found.decay_interval) == ("none", None)


def test_bqml_none_corrects_each_slice_for_its_own_acquisition_and_frame() -> None:
    changes = {"decay_correction": "NONE", "corrected_image": ("ATTN",)}
    clocks = ("100000", "101000")
    found = compute_suv([pet_slice(acquisition_time=clock, **changes) for clock in clocks])
    first = PER_ACTIVITY * 1.00632783 / REMAINING
    assert found.factors == pytest.approx((first, first * 2 ** (600 / 6586.2)), rel=3e-7)
    assert found.branch == "BQML, NONE"
    assert found.warnings == []


@pytest.mark.parametrize("duration", [None, "0", "-1", "long"])
def test_bqml_none_without_frame_duration_is_refused(duration: str | None) -> None:
    slice_ = pet_slice(decay_correction="NONE", corrected_image=("ATTN",), actual_frame_duration=duration)
    assert refusal(slice_).reason == "suv-frame-time"


def test_decay_that_is_listed_and_denied_is_warned_of() -> None:
    assert codes(suv(decay_correction="NONE")) == ["decay-listed"]


@pytest.mark.parametrize("correction", [None, "SOMETIMES"])
def test_unknown_decay_correction_is_refused(correction: str | None) -> None:
    assert refusal(pet_slice(decay_correction=correction)).reason == "suv-decay"


@pytest.mark.parametrize("units", ["BQML", "GML"])
@pytest.mark.parametrize("correction", ["START", "ADMIN"])
def test_decay_correction_that_is_not_listed_is_refused(correction: str, units: str) -> None:
    slices = [pet_slice(units=units, decay_correction=correction, corrected_image=listed) for listed in CORRECTED]
    assert refusal(*slices).reason == "suv-decay"


CORRECTED = (("DECY", "ATTN"), ("ATTN",))


# Quantities


@pytest.mark.parametrize("weight", [None, "0", "-70", "70,5"])
@pytest.mark.parametrize("units", ["BQML", "GML", "CNTS", "CM2ML"])
def test_weight_is_always_needed(units: str, weight: str | None) -> None:
    assert refusal(pet_slice(units=units, weight=weight, **{PHILIPS_SUV: "0.5"})).reason == "suv-weight"


@pytest.mark.parametrize("height", [None, "0", "174", "tall"])
@pytest.mark.parametrize(("units", "suv_type"), [("GML", "LBM"), ("GML", "IBW"), ("CM2ML", None)])
def test_height_is_needed_where_the_formula_has_it(units: str, suv_type: str | None, height: str | None) -> None:
    assert refusal(pet_slice(units=units, suv_type=suv_type, height=height)).reason == "suv-height"


def test_quantities_are_taken_from_the_series() -> None:
    found = suv(weight="82000", dose="350", half_life=None, start_time="080000", radionuclide_code="C-168A4")
    assert found.factors == pytest.approx((82e3 / 350e6 * 2 ** (7200 / 282240),), rel=1e-12)
    assert codes(found) == ["weight-in-grams", "dose-in-megabecquerel", "half-life-from-table"]


def test_a_rescale_intercept_is_warned_of() -> None:
    slices = [pet_slice(rescale_intercept=text) for text in ("0", "-1024")]
    assert codes(compute_suv(slices)) == ["rescale-intercept"]


def test_numbers_without_a_finite_factor_are_refused() -> None:
    assert refusal(pet_slice(decay_correction="ADMIN", weight="1e-320", dose="1e300")).reason == "unreadable"
