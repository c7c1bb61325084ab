from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.dicom.reference_time import (
    Reference,
    ScanTimes,
    mean_activity_time,
    mean_decay,
    references_at_start,
    references_from_frames,
)
from fuseflow.errors import Refused

F18 = 6586.2


def rule_of(*slices: PetSlice) -> tuple[str, tuple[Reference, ...]]:
    series = PetSeries(slices)
    return references_at_start(series, ScanTimes(series), half_life=F18)


def at(clock: str, **others: str | None) -> PetSlice:
    return PetSlice(**{"series_date": "20200101", "series_time": "100000", "acquisition_time": clock, **others})


@pytest.mark.parametrize(("duration", "decay", "middle"), [(120, 1.00632783, 59.93685), (180, 1.00950172, 89.85792)])
def test_decay_within_a_frame_of_f18(duration: float, decay: float, middle: float) -> None:
    assert mean_decay(duration, half_life=F18) == pytest.approx(decay, abs=5e-9)
    assert mean_activity_time(duration, half_life=F18) == pytest.approx(middle, abs=5e-6)


@given(st.floats(1, 7200), st.floats(60, 1e6))
@settings(deadline=None, max_examples=50)
def test_the_mean_activity_lies_in_the_first_half_of_the_frame(duration: float, half_life: float) -> None:
    middle = mean_activity_time(duration, half_life=half_life)
    assert 0 < middle <= duration / 2 * (1 + 1e-6)
    assert 2 ** (middle / half_life) == pytest.approx(mean_decay(duration, half_life=half_life), rel=1e-12)


def test_a_nuclide_that_does_not_decay_has_no_decay_within_the_frame() -> None:
    assert mean_decay(1e-300, half_life=1e300) == 1


def test_rule_i_takes_the_private_time_of_ge_before_all_others() -> None:
    rule, references = rule_of(*[PetSlice(ge_scan_date_time="20200101095500.00", series_time="100000")] * 2)
    assert rule == "i"
    assert references == (Reference(datetime(2020, 1, 1, 9, 55)),) * 2


@pytest.mark.parametrize("first", ["100000", "100300"])
def test_rule_ii_takes_the_series_time_unless_it_is_after_the_earliest_acquisition(first: str) -> None:
    rule, references = rule_of(at("100500"), at(first))
    assert rule == "ii"
    assert references == (Reference(datetime(2020, 1, 1, 10)),) * 2


def frames(clock: str, milliseconds: str | None, duration: str | None = "120000") -> PetSlice:
    return at(clock, frame_reference_time=milliseconds, actual_frame_duration=duration)


def test_rule_iii_goes_back_from_acquisition_and_frame_reference_time() -> None:
    rule, references = rule_of(frames("095500", "59936.85"), frames("095800", "239936.85"))
    assert rule == "iii"
    for reference in references:
        assert reference.seconds_after(datetime(2020, 1, 1, 9, 55)) == pytest.approx(0, abs=1e-5) or (
            reference.moment == datetime(2020, 1, 1, 9, 58)
        )
    assert references[1].seconds_after(datetime(2020, 1, 1, 9, 55)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("milliseconds", "duration"), [("0", "120000"), (None, "120000"), ("60000", "0"), ("60000", None)]
)
def test_rule_iv_takes_the_earliest_acquisition_if_a_slice_has_no_frame_time(
    milliseconds: str | None, duration: str | None
) -> None:
    rule, references = rule_of(frames("095800", "239936.85"), frames("095500", milliseconds, duration))
    assert rule == "iv"
    assert references == (Reference(datetime(2020, 1, 1, 9, 55)),) * 2


def test_without_series_time_rule_ii_does_not_apply() -> None:
    assert rule_of(at("095500", series_time=None))[0] == "iv"


def test_only_slices_with_positive_frame_times_give_a_reference() -> None:
    series = PetSeries([frames("100000", "0"), frames("100300", "60000")])
    found = references_from_frames(series, ScanTimes(series), half_life=F18)
    assert len(found) == 1
    assert found[0].moment == datetime(2020, 1, 1, 10, 3)
    assert math.isclose(found[0].shift, 59.93685 - 60, abs_tol=1e-5)


def test_an_acquisition_date_time_wins_over_date_and_time() -> None:
    series = PetSeries([at("100000", acquisition_date_time="20200102080000", acquisition_date="20200103")])
    assert ScanTimes(series).acquisitions == (datetime(2020, 1, 2, 8),)


def test_an_acquisition_date_wins_over_the_series_date() -> None:
    series = PetSeries([at("000500", acquisition_date="20200102")])
    assert ScanTimes(series).acquisitions == (datetime(2020, 1, 2, 0, 5),)


@pytest.mark.parametrize("changes", [{"acquisition_time": None}, {"series_date": None}])
def test_a_missing_acquisition_time_is_refused(changes: dict[str, None]) -> None:
    with pytest.raises(Refused, match="suv-scan-time"):
        rule_of(at("100000", **changes) if "series_date" in changes else PetSlice(series_date="20200101"))


def test_slices_with_different_private_times_of_ge_are_refused() -> None:
    with pytest.raises(Refused, match="inconsistent-series"):
        rule_of(PetSlice(ge_scan_date_time="20200101095500"), PetSlice(ge_scan_date_time="20200101095501"))
