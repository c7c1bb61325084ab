from __future__ import annotations

import pytest

from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.errors import Refused


def test_equal_numbers_may_be_spelled_differently() -> None:
    for spellings in (["71", "71.0", "7.1e1"], ["7.1e1", "71.0", "71"]):
        series = PetSeries([PetSlice(weight=spelling) for spelling in spellings])
        assert series.number("weight", reason="suv-weight") == 71
        assert series.tags == {"PatientWeight": "7.1e1"}


@pytest.mark.parametrize("other", ["72", None])
def test_slices_that_differ_are_refused_by_the_name_of_the_element(other: str | None) -> None:
    series = PetSeries([PetSlice(weight="71"), PetSlice(weight=other)])
    with pytest.raises(Refused, match=r"inconsistent-series: PatientWeight differs"):
        series.number("weight", reason="suv-weight")


@pytest.mark.parametrize("text", ["70,5", "1_000", "nan", "inf", "1e999", "0x10", "seventy", "7 1", "--1"])
def test_what_is_no_decimal_number_is_refused_without_quoting_it(text: str) -> None:
    series = PetSeries([PetSlice(weight=text)])
    with pytest.raises(Refused) as refusal:
        series.number("weight", reason="suv-weight")
    assert refusal.value.reason == "suv-weight"
    assert "PatientWeight" in refusal.value.detail
    assert text not in refusal.value.detail
    assert series.tags == {}


def test_numbers_of_slices_keep_their_order_and_are_noted_once_each() -> None:
    series = PetSeries([PetSlice(frame_reference_time=text) for text in ("900", "1000.0", None, "900")])
    assert series.numbers("frame_reference_time", reason="suv-frame-time") == (900, 1000, None, 900)
    assert series.tags == {"FrameReferenceTime": ["900", "1000.0"]}


def test_a_missing_element_is_none_and_not_noted() -> None:
    series = PetSeries([PetSlice()])
    assert series.number("weight", reason="suv-weight") is None
    assert series.numbers("weight", reason="suv-weight") == (None,)
    assert series.term("units", {"GML"}, reason="suv-units") is None
    assert series.tags == {}


def test_a_term_that_is_not_defined_is_refused_without_quoting_it() -> None:
    with pytest.raises(Refused) as refusal:
        PetSeries([PetSlice(units="DOE^JANE")]).term("units", {"GML"}, reason="suv-units")
    assert refusal.value.reason == "suv-units"
    assert "DOE" not in refusal.value.detail


def test_private_elements_are_noted_by_number_and_creator() -> None:
    series = PetSeries([PetSlice(philips_suv_scale_factor="0.5")])
    series.numbers("philips_suv_scale_factor", reason="suv-scale-factor")
    assert series.tags == {"(7053,xx00) Philips PET Private Group": "0.5"}
