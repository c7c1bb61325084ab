from __future__ import annotations

import pytest

from fuseflow.dicom.decay_interval import DecayIntervals, decay_intervals
from fuseflow.dicom.pet import PetSlice
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.errors import Refused

F18 = 6586.2
BASE = {"series_date": "20200102", "series_time": "100000", "acquisition_time": "100500", "start_time": "090000"}
SIEMENS = "siemens_decay_correction_date_time"


def scan(**changes: str | None) -> PetSlice:
    return PetSlice(**{**BASE, **changes})


def measured(*slices: PetSlice, correction: str = "START") -> tuple[DecayIntervals, PetSeries]:
    series = PetSeries(slices)
    return decay_intervals(series, decay_correction=correction, half_life=F18), series


def codes(series: PetSeries) -> list[str]:
    return [warning["code"] for warning in series.warnings]


def test_from_injection_to_series_time() -> None:
    found, series = measured(scan(), scan(acquisition_time="100800"))
    assert found == DecayIntervals(rule="ii", seconds=(3600.0, 3600.0))
    assert series.tags == {
        "RadiopharmaceuticalStartTime": 0.0,
        "SeriesTime": 3600.0,
        "AcquisitionTime": [3900.0, 4080.0],
    }
    assert series.warnings == []


def test_from_injection_to_the_private_time_of_ge() -> None:
    found, series = measured(scan(ge_scan_date_time="20200102101500.00", acquisition_time=None))
    assert found == DecayIntervals(rule="i", seconds=(4500.0,))
    assert series.tags == {"RadiopharmaceuticalStartTime": 0.0, "(0009,xx0D) GEMS_PETD_01": 4500.0}


def test_without_decay_correction_each_slice_has_its_own_interval() -> None:
    found, _ = measured(scan(), scan(acquisition_time="100800"), correction="NONE")
    assert found == DecayIntervals(rule="none", seconds=(3900.0, 4080.0))


def test_an_injection_date_time_wins_over_the_time() -> None:
    found, series = measured(scan(start_date_time="20200102091000"))
    assert found.seconds == (3000.0,)
    assert codes(series) == ["injection-times-differ"]
    assert series.tags["RadiopharmaceuticalStartTime"] == -600.0


@pytest.mark.parametrize(
    ("clock", "warned"), [("090000", False), ("090100", False), ("090101", True), ("085859", True)]
)
def test_injection_times_apart_by_more_than_a_minute_are_warned_of(clock: str, warned: bool) -> None:
    _, series = measured(scan(start_date_time="20200102090000", start_time=clock))
    assert (codes(series) == ["injection-times-differ"]) is warned


def test_injection_times_are_compared_around_midnight() -> None:
    _, series = measured(scan(start_date_time="20200101235950", start_time="000010", series_time="003000"))
    assert series.tags["RadiopharmaceuticalStartTime"] == 20.0
    assert codes(series) == []


def test_injection_before_midnight_and_scan_after() -> None:
    found, series = measured(scan(start_time="233000", series_time="003000", acquisition_time="003500"))
    assert found.seconds == (3600.0,)
    assert codes(series) == ["injection-on-the-day-before"]
    assert series.tags["AcquisitionTime"] == 3900.0


def test_scan_that_lasts_over_midnight() -> None:
    late = scan(series_time="235500", acquisition_time="235500", start_time="225500")
    found, series = measured(
        late, scan(**{**vars_of(late), "acquisition_date": "20200103", "acquisition_time": "000500"})
    )
    assert found == DecayIntervals(rule="ii", seconds=(3600.0, 3600.0))
    assert series.tags["AcquisitionTime"] == [3600.0, 4200.0]


def vars_of(slice_: PetSlice) -> dict[str, str | None]:
    return {field: getattr(slice_, field) for field in BASE}


def test_an_injection_date_time_after_the_reference_is_refused_and_never_moved_by_a_day() -> None:
    with pytest.raises(Refused, match=r"suv-injection-time: the injection is 84600.0 s after"):
        measured(scan(start_date_time="20200103093000"))


def test_an_injection_during_the_scan_is_refused_and_not_moved_to_the_day_before() -> None:
    for clock in ("100030", "100530", "100659"):
        with pytest.raises(Refused, match="suv-injection-time"):
            measured(scan(start_time=clock, actual_frame_duration="120000"))
    found, _ = measured(scan(start_time="100701", actual_frame_duration="120000"))
    assert found.seconds == (86400 - 421.0,)


def test_an_injection_that_left_no_activity_is_refused() -> None:
    with pytest.raises(Refused, match="suv-injection-time"):
        measured(scan(start_date_time="20190102090000"))


@pytest.mark.parametrize("changes", [{"start_time": None}, {"series_date": None, "acquisition_date": "20200102"}])
def test_a_missing_injection_time_is_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(Refused, match="suv-injection-time"):
        measured(scan(**changes))


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"series_time": "10:00:00"}, "SeriesTime"),
        ({"acquisition_time": "24"}, "AcquisitionTime"),
        ({"acquisition_date_time": "20200102"}, "AcquisitionDateTime"),
        ({"start_time": "9"}, "RadiopharmaceuticalStartTime"),
        ({"start_date_time": "202001"}, "RadiopharmaceuticalStartDateTime"),
        ({"series_date": "2020.01.02"}, "AcquisitionTime has a date"),
        ({"timezone_offset": "CET"}, "TimezoneOffsetFromUTC"),
        ({"ge_scan_date_time": "yesterday"}, "GEMS_PETD_01"),
    ],
)
def test_times_not_written_as_the_standard_says_are_refused(changes: dict[str, str], element: str) -> None:
    with pytest.raises(Refused, match=rf"bad-time: .*{element}"):
        measured(scan(**changes))


def test_an_offset_on_one_side_only_is_not_applied() -> None:
    assert measured(scan(start_date_time="20200102090000+0500"))[0].seconds == (3600.0,)


def test_offsets_on_both_sides_are_applied() -> None:
    both = scan(
        start_date_time="20200102090000+0200",
        acquisition_date_time="20200102083000+0100",
        series_time=None,
        start_time=None,
    )
    assert measured(both)[0] == DecayIntervals(rule="iv", seconds=(1800.0,))


def test_the_offset_of_the_data_set_goes_for_all_times_without_one() -> None:
    found, series = measured(scan(start_date_time="20200102100000+0200", timezone_offset="+0100"))
    assert found.seconds == (3600.0,)
    assert series.tags["TimezoneOffsetFromUTC"] == "applied"
    assert codes(series) == []


def test_series_time_and_frame_times_apart_by_more_than_a_minute_are_warned_of() -> None:
    def slices(milliseconds: str) -> list[PetSlice]:
        return [scan(frame_reference_time=milliseconds, actual_frame_duration="120000"), scan()]

    assert codes(measured(*slices("355000"))[1]) == []
    found, series = measured(*slices("425000"))
    assert found == DecayIntervals(rule="ii", seconds=(3600.0, 3600.0))
    assert codes(series) == ["reference-times-differ"]
    assert "3600.0 s" in series.warnings[0]["detail"]
    assert "3534.9 s" in series.warnings[0]["detail"]


def test_frame_times_that_disagree_by_more_than_two_seconds_are_warned_of() -> None:
    def slices(second: str) -> list[PetSlice]:
        late = {"series_time": "110000", "actual_frame_duration": "120000"}
        return [
            scan(frame_reference_time="60000", **late),
            scan(frame_reference_time=second, acquisition_time="100800", **late),
        ]

    assert codes(measured(*slices("241900"))[1]) == []
    found, series = measured(*slices("243000"))
    assert found.rule == "iii"
    assert found.seconds[0] - found.seconds[1] == pytest.approx(3)
    assert codes(series) == ["frame-reference-times-disagree"]


@pytest.mark.parametrize(
    ("stated", "warned"),
    [("20200102100000.00", False), ("20200102100100", False), ("20200102095859", True), ("yesterday", True)],
)
def test_the_private_time_of_siemens_is_compared_and_not_used(stated: str, warned: bool) -> None:
    found, series = measured(scan(**{SIEMENS: stated}), scan())
    assert found.seconds == (3600.0, 3600.0)
    assert (codes(series) == ["siemens-decay-correction-time"]) is warned
    assert "yesterday" not in str(series.warnings)
