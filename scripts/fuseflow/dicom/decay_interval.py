"""How much time lies between the injection and the time to which a PET image is corrected for decay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fuseflow.dicom.pet import ELEMENT_NAMES
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.dicom.reference_time import Reference, ScanTimes, references_at_start, references_from_frames
from fuseflow.dicom.times import SECONDS_PER_DAY, date_and_time, date_time, seconds_between, time_of_day
from fuseflow.errors import Refused

WARN_SECONDS = 60.0
"""By how much two statements about one time may differ without a warning."""
SLICES_AGREE_SECONDS = 2.0
"""By how much the reference times of slices may differ without a warning."""
NO_ACTIVITY_LEFT = 50.0
"""Half-lives after which no scan is possible: 400 MBq have become one decay in a month."""


@dataclass(frozen=True, kw_only=True)
class DecayIntervals:
    """Time between injection and reference.

    Parameters
    ----------
    rule
        Which rule gave the reference time, as `references_at_start`; ``none`` if the image is not corrected for decay
        and the reference of each slice is its own acquisition.
    seconds
        One per slice, not negative.
    """

    rule: str
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class _Injection:
    """When the tracer was given: `day` seconds before a moment."""

    moment: datetime
    day: float = 0.0

    def until(self, reference: Reference) -> float:
        return reference.seconds_after(self.moment) + self.day


def decay_intervals(series: PetSeries, *, decay_correction: str, half_life: float) -> DecayIntervals:
    """The time from the injection to the reference of each slice.

    Parameters
    ----------
    series
        The slices; what was used is noted there, times in seconds after the injection, and so are warnings.
    decay_correction
        START (all slices are corrected to the start of the scan) or NONE.
    half_life
        In s.

    Raises
    ------
    Refused
        As `references_at_start`; ``suv-injection-time`` if the time of injection is missing, after the reference time,
        within the scan, or impossibly long before it.

    Examples
    --------
    >>> from fuseflow.dicom.pet import PetSlice
    >>> slice_ = PetSlice(series_date="20000907", series_time="112011", acquisition_time="112011", start_time="1035")
    >>> decay_intervals(PetSeries([slice_]), decay_correction="START", half_life=6588)
    DecayIntervals(rule='ii', seconds=(2711.0,))
    """
    times = ScanTimes(series)
    if decay_correction == "START":
        rule, references = references_at_start(series, times, half_life=half_life)
    else:
        rule, references = "none", tuple(Reference(moment) for moment in times.acquisitions)
    injection = _injection(series, times, references)
    seconds = tuple(injection.until(reference) for reference in references)
    if min(seconds) < 0:
        raise Refused("suv-injection-time", f"the injection is {-min(seconds):.1f} s after the reference time")
    if not max(seconds) <= NO_ACTIVITY_LEFT * half_life:
        raise Refused(
            "suv-injection-time", f"the injection is more than {NO_ACTIVITY_LEFT:g} half-lives before the scan"
        )
    _note_scan_times(series, times, injection, rule)
    if rule == "ii":
        frames = references_from_frames(series, times, half_life=half_life)
        _compare_with_frames(series, seconds[0], [injection.until(reference) for reference in frames])
    if rule == "iii" and max(seconds) - min(seconds) > SLICES_AGREE_SECONDS:
        detail = f"the reference times computed from the slices are {_range(seconds)} s after the injection"
        series.warn("frame-reference-times-disagree", detail)
    if decay_correction == "START":
        _compare_with_siemens(series, times, injection, seconds)
    return DecayIntervals(rule=rule, seconds=seconds)


def _injection(series: PetSeries, times: ScanTimes, references: Sequence[Reference]) -> _Injection:
    moment = times.stated("start_date_time")
    clock = series.text("start_time")
    if moment is not None:
        series.note("start_date_time", 0.0)
        if clock is not None:
            _compare_injection_times(series, times, moment, clock)
        return _Injection(moment)
    if clock is None:
        raise Refused(
            "suv-injection-time", "RadiopharmaceuticalStartDateTime and RadiopharmaceuticalStartTime are missing"
        )
    date = series.text("series_date")
    if date is None:
        raise Refused("suv-injection-time", "RadiopharmaceuticalStartTime has no date, since SeriesDate is missing")
    series.note("start_time", 0.0)
    moment = date_and_time(date, clock, element=ELEMENT_NAMES["start_time"], zone=times.zone)
    if min(reference.seconds_after(moment) for reference in references) >= 0:
        return _Injection(moment)
    _check_before_scan(series, times, moment)
    series.warn("injection-on-the-day-before", "the time of injection is later than the scan: taken on the day before")
    return _Injection(moment, SECONDS_PER_DAY)


def _check_before_scan(series: PetSeries, times: ScanTimes, injection: datetime) -> None:
    """Refuse an injection during the scan, as in dynamic PET: moved to the day before, SUV is wrong by thousands."""
    durations = series.numbers("actual_frame_duration", reason="suv-frame-time")
    ends = (
        seconds_between(injection, moment) + (duration or 0) / 1000
        for moment, duration in zip(times.acquisitions, durations, strict=True)
    )
    if max(ends) >= 0:
        raise Refused("suv-injection-time", "the injection is after the reference time and before the end of the scan")


def _compare_injection_times(series: PetSeries, times: ScanTimes, moment: datetime, clock: str) -> None:
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=times.zone)
    since_midnight = time_of_day(clock, element=ELEMENT_NAMES["start_time"]).total_seconds()
    later = (since_midnight - seconds_between(midnight, moment)) % SECONDS_PER_DAY
    difference = later if later <= SECONDS_PER_DAY / 2 else later - SECONDS_PER_DAY
    series.note("start_time", difference)
    if abs(difference) > WARN_SECONDS:
        detail = (
            f"the time of injection without date differs by {difference:.1f} s from the one with date, which was used"
        )
        series.warn("injection-times-differ", detail)


def _note_scan_times(series: PetSeries, times: ScanTimes, injection: _Injection, rule: str) -> None:
    if times.zone is not None:
        series.note("timezone_offset", "applied")
    if rule == "i" and times.ge_scan_start is not None:
        series.note("ge_scan_date_time", injection.until(Reference(times.ge_scan_start)))
        return
    seconds: dict[str, set[float]] = {}
    for slice_, moment in zip(series.slices, times.acquisitions, strict=True):
        field = "acquisition_time" if slice_.acquisition_date_time is None else "acquisition_date_time"
        seconds.setdefault(field, set()).add(injection.until(Reference(moment)))
    if rule != "none" and times.series_start is not None:
        seconds["series_time"] = {injection.until(Reference(times.series_start))}
    for field, values in seconds.items():
        series.note(field, min(values) if len(values) == 1 else sorted(values))


def _compare_with_frames(series: PetSeries, used: float, from_frames: Sequence[float]) -> None:
    if from_frames and max(abs(seconds - used) for seconds in from_frames) > WARN_SECONDS:
        detail = (
            f"by the series time (rule ii) the reference is {used:.1f} s after the injection, "
            f"by the frame reference times (rule iii) {_range(from_frames)} s"
        )
        series.warn("reference-times-differ", detail)


def _compare_with_siemens(series: PetSeries, times: ScanTimes, injection: _Injection, used: Sequence[float]) -> None:
    field = "siemens_decay_correction_date_time"
    try:
        moments = [
            date_time(text, element=ELEMENT_NAMES[field], zone=times.zone)
            for text in series.texts(field)
            if text is not None
        ]
    except Refused as refusal:
        # it is not needed to compute anything
        series.warn("siemens-decay-correction-time", refusal.detail)
        return
    stated = sorted({injection.until(Reference(moment)) for moment in moments})
    if not stated:
        return
    series.note(field, stated[0] if len(stated) == 1 else stated)
    if max(max(stated) - min(used), max(used) - min(stated)) > WARN_SECONDS:
        detail = (
            f"Siemens' private time of decay correction is {_range(stated)} s after the injection, "
            f"the reference time that was used {_range(used)} s"
        )
        series.warn("siemens-decay-correction-time", detail)


def _range(seconds: Sequence[float]) -> str:
    smallest, largest = f"{min(seconds):.1f}", f"{max(seconds):.1f}"
    return smallest if smallest == largest else f"{smallest} to {largest}"
