"""DICOM dates and times: parsed strictly, and only ever used as differences.

De-identified dates are shifted together, so a difference is right where a date is not. Refusals name the element and
never quote its value.

Source: DICOM PS3.5, 6.2 (value representations DA, TM, DT), and PS3.3, C.12.1.1.8 (Timezone Offset From UTC).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from fuseflow.errors import Refused

SECONDS_PER_DAY = 86400.0

_CLOCK = r"(?P<hours>[0-9]{2})(?:(?P<minutes>[0-9]{2})(?:(?P<seconds>[0-9]{2}(?:\.[0-9]{1,6})?))?)?"
_TIME = re.compile(_CLOCK)
_DATE_TIME = re.compile(rf"(?P<date>[0-9]{{8}})(?P<time>{_CLOCK})(?P<zone>[+-][0-9]{{4}})?")
_ZONE = re.compile(r"(?P<sign>[+-])(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2})")
_PADDING = " \0"
_SMALLEST_OFFSET, _LARGEST_OFFSET = timedelta(hours=-12), timedelta(hours=14)


def time_of_day(text: str, *, element: str) -> timedelta:
    """Time since midnight of a TM value: HH, HHMM, HHMMSS or HHMMSS.F to HHMMSS.FFFFFF.

    Parameters
    ----------
    text
        The value; trailing blanks are allowed. A leap second (60) is one second after 59.
    element
        What the value is called in a refusal.

    Raises
    ------
    Refused
        ``bad-time`` for anything else, such as 24:00 or separators.

    Examples
    --------
    >>> time_of_day("112011.05", element="SeriesTime").total_seconds()
    40811.05
    """
    found = _TIME.fullmatch(text.rstrip(_PADDING))
    if found is None:
        raise _bad_time(element, "is not written as HH, HHMM, HHMMSS or HHMMSS.FFFFFF")
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    whole, _, fraction = (found["seconds"] or "0").partition(".")
    if hours > 23 or minutes > 59 or int(whole) > 60:
        raise _bad_time(element, "is no time of day between 00:00 and 23:59:60")
    microseconds = int(fraction.ljust(6, "0"))
    return timedelta(hours=hours, minutes=minutes, seconds=int(whole), microseconds=microseconds)


def date_and_time(date: str, time: str, *, element: str, zone: timezone | None = None) -> datetime:
    """The moment that a DA and a TM value give together.

    Parameters
    ----------
    date, time
        The values: YYYYMMDD, and as `time_of_day`.
    element
        What they are called in a refusal.
    zone
        Offset from UTC of the data set (TimezoneOffsetFromUTC); None for local time.

    Raises
    ------
    Refused
        ``bad-time`` if either value is not as the standard says, or there is no such day.

    Examples
    --------
    >>> date_and_time("20000907", "1035", element="SeriesTime").isoformat()
    '2000-09-07T10:35:00'
    """
    digits = date.rstrip(_PADDING)
    if not re.fullmatch("[0-9]{8}", digits):
        raise _bad_time(element, "has a date that is not written as YYYYMMDD")
    try:
        midnight = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=zone)
        return midnight + time_of_day(time, element=element)
    except (ValueError, OverflowError):
        raise _bad_time(element, "has a date that is in no calendar") from None


def date_time(text: str, *, element: str, zone: timezone | None = None) -> datetime:
    """The moment of a DT value: YYYYMMDD, at least the hour, and perhaps an offset from UTC (+HHMM).

    Parameters
    ----------
    text
        The value; trailing blanks are allowed. A date without a time of day is refused, since differences need it.
    element
        What the value is called in a refusal.
    zone
        Offset from UTC where the value has none of its own; None for local time.

    Raises
    ------
    Refused
        ``bad-time`` if it is not as the standard says or is a partial date.

    Examples
    --------
    >>> date_time("20200101233000.5+0100", element="AcquisitionDateTime").isoformat()
    '2020-01-01T23:30:00.500000+01:00'
    """
    found = _DATE_TIME.fullmatch(text.rstrip(_PADDING))
    if found is None:
        raise _bad_time(element, "is not written as YYYYMMDDHHMMSS.FFFFFF, perhaps with +HHMM or -HHMM")
    own = utc_offset(found["zone"], element=element) if found["zone"] else zone
    return date_and_time(found["date"], found["time"], element=element, zone=own)


def utc_offset(text: str, *, element: str) -> timezone:
    """The offset from UTC that +HHMM or -HHMM stands for, between -1200 and +1400.

    Raises
    ------
    Refused
        ``bad-time`` if it is not such an offset.

    Examples
    --------
    >>> utc_offset("-0330", element="TimezoneOffsetFromUTC").utcoffset(None).total_seconds() / 3600
    -3.5
    """
    found = _ZONE.fullmatch(text.rstrip(_PADDING))
    if found is None or int(found["minutes"]) > 59:
        raise _bad_time(element, "has an offset from UTC that is not written as +HHMM or -HHMM")
    size = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    offset = -size if found["sign"] == "-" else size
    if not _SMALLEST_OFFSET <= offset <= _LARGEST_OFFSET:
        raise _bad_time(element, "has an offset from UTC outside -1200 to +1400")
    return timezone(offset)


def seconds_between(earlier: datetime, later: datetime) -> float:
    """Seconds from one moment to another; both count as local time unless both have an offset from UTC.

    Examples
    --------
    >>> start = date_time("20200101120000+0100", element="a")
    >>> seconds_between(start, date_time("20200101120000+0000", element="b"))
    3600.0
    >>> seconds_between(start, date_time("20200101120000", element="b"))
    0.0
    """
    first, second = comparable([earlier, later])
    return (second - first).total_seconds()


def comparable(moments: Sequence[datetime]) -> tuple[datetime, ...]:
    """The same moments, all of them local times unless every one has an offset from UTC."""
    if all(moment.tzinfo is not None for moment in moments):
        return tuple(moments)
    return tuple(moment.replace(tzinfo=None) for moment in moments)


def earliest(moments: Sequence[datetime]) -> datetime:
    """The first of moments that are `comparable`; their order in the sequence does not matter."""
    # equal moments may have different offsets, which matters once one of them is compared with a local time
    return min(comparable(moments), key=lambda moment: (moment, moment.utcoffset()))


def _bad_time(element: str, problem: str) -> Refused:
    return Refused("bad-time", f"{element} {problem}; correct the element")
