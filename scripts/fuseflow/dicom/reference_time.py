"""The times to which the slices of a PET image are corrected for decay.

Source: the order of the rules follows the vendor-neutral SUV pseudo-code of the Quantitative Imaging Biomarkers
Alliance (2018); DICOM PS3.3, C.8.9.1 (DecayCorrection) and C.8.9.4 (FrameReferenceTime).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property

from fuseflow.dicom.pet import ELEMENT_NAMES
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.dicom.times import comparable, date_and_time, date_time, earliest, seconds_between, utc_offset
from fuseflow.errors import Refused


def mean_decay(duration: float, *, half_life: float) -> float:
    """Activity at the start of a frame divided by its mean: a / (1 - exp(-a)) with a = ln(2) duration / half_life.

    Parameters
    ----------
    duration, half_life
        In the same unit, positive.

    Examples
    --------
    >>> round(mean_decay(120, half_life=6586.2), 8)
    1.00632783
    """
    a = math.log(2) / half_life * duration
    return a / -math.expm1(-a) if a else 1.0


def mean_activity_time(duration: float, *, half_life: float) -> float:
    """When, after the start of a frame, the activity equals its mean over the frame; in the unit of `duration`.

    Examples
    --------
    >>> round(mean_activity_time(120, half_life=6586.2), 5)
    59.93685
    """
    return half_life / math.log(2) * math.log(mean_decay(duration, half_life=half_life))


@dataclass(frozen=True)
class Reference:
    """The time `shift` seconds after a moment."""

    moment: datetime
    shift: float = 0.0

    def seconds_after(self, start: datetime) -> float:
        """Seconds from a moment to this time."""
        return seconds_between(start, self.moment) + self.shift


class ScanTimes:
    """When a series was scanned, read from its elements when asked for.

    Every property raises `Refused` with ``bad-time`` if its element is not written as the standard says, and with
    ``inconsistent-series`` if the slices differ about what holds for the series.
    """

    def __init__(self, series: PetSeries) -> None:
        self._series = series

    @cached_property
    def zone(self) -> timezone | None:
        """Offset from UTC of all times that have none of their own; None for local time."""
        found = self._series.text("timezone_offset")
        return None if found is None else utc_offset(found, element=ELEMENT_NAMES["timezone_offset"])

    @cached_property
    def acquisitions(self) -> tuple[datetime, ...]:
        """When each slice was acquired; raises ``suv-scan-time`` if one does not say."""
        return comparable([self._acquisition(index) for index in range(len(self._series.slices))])

    def _acquisition(self, index: int) -> datetime:
        slice_ = self._series.slices[index]
        if slice_.acquisition_date_time is not None:
            element = ELEMENT_NAMES["acquisition_date_time"]
            return date_time(slice_.acquisition_date_time, element=element, zone=self.zone)
        date = slice_.acquisition_date or slice_.series_date
        if date is None or slice_.acquisition_time is None:
            raise Refused("suv-scan-time", "AcquisitionDate or AcquisitionTime is missing, and AcquisitionDateTime too")
        return date_and_time(date, slice_.acquisition_time, element=ELEMENT_NAMES["acquisition_time"], zone=self.zone)

    @cached_property
    def series_start(self) -> datetime | None:
        """SeriesDate and SeriesTime."""
        date, time = self._series.text("series_date"), self._series.text("series_time")
        if date is None or time is None:
            return None
        return date_and_time(date, time, element=ELEMENT_NAMES["series_time"], zone=self.zone)

    @cached_property
    def ge_scan_start(self) -> datetime | None:
        """GE's private time of the start of the scan."""
        return self.stated("ge_scan_date_time")

    def stated(self, field: str) -> datetime | None:
        """A moment that all slices state in one element."""
        found = self._series.text(field)
        return None if found is None else date_time(found, element=ELEMENT_NAMES[field], zone=self.zone)


def references_at_start(series: PetSeries, times: ScanTimes, *, half_life: float) -> tuple[str, tuple[Reference, ...]]:
    """The start of the scan, to which all slices are corrected if DecayCorrection is START.

    Parameters
    ----------
    series, times
        The slices and their times.
    half_life
        In s.

    Returns
    -------
    tuple
        The first rule that applies, and the time for each slice: ``i``, GE's private scan time; ``ii``, the series
        time unless it is after the earliest acquisition; ``iii``, computed from acquisition and frame reference time
        if every slice has one that is positive; ``iv``, the earliest acquisition.

    Raises
    ------
    Refused
        As `ScanTimes`; ``suv-frame-time`` if FrameReferenceTime or ActualFrameDuration is no number.

    Examples
    --------
    >>> from fuseflow.dicom.pet import PetSlice
    >>> series = PetSeries([PetSlice(series_date="20000907", series_time="112011", acquisition_time="112511")])
    >>> references_at_start(series, ScanTimes(series), half_life=6588)
    ('ii', (Reference(moment=datetime.datetime(2000, 9, 7, 11, 20, 11), shift=0.0),))
    """
    count = len(series.slices)
    if times.ge_scan_start is not None:
        return "i", (Reference(times.ge_scan_start),) * count
    first = earliest(times.acquisitions)
    if times.series_start is not None and seconds_between(times.series_start, first) >= 0:
        return "ii", (Reference(times.series_start),) * count
    from_frames = references_from_frames(series, times, half_life=half_life)
    if len(from_frames) == count:
        return "iii", from_frames
    return "iv", (Reference(first),) * count


def references_from_frames(series: PetSeries, times: ScanTimes, *, half_life: float) -> tuple[Reference, ...]:
    """The start of the scan as computed from each slice whose frame reference time and duration are positive.

    FrameReferenceTime is when, after the start of the scan, the activity was what it was on average during the frame.

    Raises
    ------
    Refused
        As `references_at_start`.
    """
    frame_times = series.numbers("frame_reference_time", reason="suv-frame-time")
    durations = series.numbers("actual_frame_duration", reason="suv-frame-time")
    return tuple(
        Reference(moment, mean_activity_time(duration / 1000, half_life=half_life) - frame_time / 1000)
        for moment, frame_time, duration in zip(times.acquisitions, frame_times, durations, strict=True)
        if frame_time is not None and duration is not None and frame_time > 0 and duration > 0
    )
