from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.dicom.times import (
    comparable,
    date_and_time,
    date_time,
    earliest,
    seconds_between,
    time_of_day,
    utc_offset,
)
from fuseflow.errors import Refused


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 36000.0),
        ("1035", 38100.0),
        ("103507", 38107.0),
        ("103507.5", 38107.5),
        ("103507.05", 38107.05),
        ("103507.000001", 38107.000001),
        ("000000  ", 0.0),
        ("235959.999999", 86399.999999),
        ("235960", 86400.0),
    ],
)
def test_a_time_counts_from_midnight_and_a_leap_second_follows_59(text: str, seconds: float) -> None:
    assert time_of_day(text, element="SeriesTime").total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "103", "10350", "10:35:07", "10.35.07", "24", "240000", "1060", "103561", "103507."),
        *("103507.1234567", "103507,5", " 103507", "10 35", "-10", "\uff11\uff10\uff13\uff15", "1035+0100"),
    ],
)
def test_what_is_no_time_of_the_standard_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        time_of_day(text, element="SeriesTime")
    assert refusal.value.reason == "bad-time"
    assert "SeriesTime" in refusal.value.detail
    assert not text.strip() or text not in refusal.value.detail


@pytest.mark.parametrize(
    "date", ["", "2020", "202001", "2020.01.01", "20200230", "20201301", "00000101", "2020010\uff11"]
)
def test_partial_dates_and_dates_of_no_calendar_are_refused(date: str) -> None:
    with pytest.raises(Refused, match="bad-time"):
        date_and_time(date, "1035", element="SeriesTime")


@pytest.mark.parametrize("text", ["20200101", "2020", "202001011", "20200101 1035", "20200101T1035", "2020010124"])
def test_a_date_time_needs_a_date_and_at_least_the_hour(text: str) -> None:
    with pytest.raises(Refused, match="bad-time"):
        date_time(text, element="AcquisitionDateTime")


def test_a_date_time_has_the_offset_of_its_own_else_that_of_the_data_set() -> None:
    zone = utc_offset("+0200", element="TimezoneOffsetFromUTC")
    assert date_time("20200101103507.25-0330 ", element="a", zone=zone) == datetime(
        2020, 1, 1, 10, 35, 7, 250000, tzinfo=timezone(-timedelta(hours=3, minutes=30))
    )
    assert date_time("2020010110", element="a", zone=zone) == datetime(2020, 1, 1, 10, tzinfo=zone)
    assert date_time("2020010110", element="a").tzinfo is None


@pytest.mark.parametrize("text", ["", "0100", "+1", "+01:00", "+0160", "+1401", "-1230", "Z"])
def test_offsets_outside_the_standard_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="bad-time"):
        utc_offset(text, element="TimezoneOffsetFromUTC")


def test_the_last_second_of_the_calendar_has_no_leap_second() -> None:
    with pytest.raises(Refused, match="bad-time"):
        date_and_time("99991231", "235960", element="SeriesTime")


def test_seconds_run_over_midnight() -> None:
    before = date_and_time("20191231", "235930", element="a")
    assert seconds_between(before, date_and_time("20200101", "000030.5", element="b")) == 60.5


def test_offsets_count_only_if_both_sides_have_one() -> None:
    winter = date_time("20200101120000+0100", element="a")
    assert seconds_between(winter, date_time("20200101120000-0500", element="b")) == 6 * 3600
    assert seconds_between(winter, date_time("20200101120001", element="b")) == 1


def test_one_local_time_makes_all_local() -> None:
    moments = [
        date_time(text, element="a") for text in ("20200101120000+0100", "20200101113000+0000", "20200101121500")
    ]
    assert [moment.tzinfo for moment in comparable(moments)] == [None] * 3
    assert earliest(moments) == datetime(2020, 1, 1, 11, 30)
    assert earliest(moments[:2]) == moments[0]


@given(st.permutations(["20200101120000+0100", "20200101110000+0000", "20200101130000+0200"]))
@settings(deadline=None, max_examples=10)
def test_the_earliest_of_equal_moments_does_not_depend_on_their_order(texts: list[str]) -> None:
    assert earliest([date_time(text, element="a") for text in texts]).isoformat() == "2020-01-01T11:00:00+00:00"


@given(st.datetimes(), st.datetimes())
@settings(deadline=None, max_examples=50)
def test_what_is_written_as_the_standard_says_is_read_back(first: datetime, second: datetime) -> None:
    written = [f"{moment.year:04}{moment:%m%d%H%M%S.%f}" for moment in (first, second)]
    read = [date_time(text, element="a") for text in written]
    assert read == [first, second]
    assert seconds_between(*read) == -seconds_between(*read[::-1])
