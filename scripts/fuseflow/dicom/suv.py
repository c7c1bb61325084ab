"""Factors from the values of a PET image to body-weight SUV: the decision table, refusing whatever would be a guess.

Source: DICOM PS3.3, C.8.9.1 (Units, SUVType, DecayCorrection); the vendor-neutral SUV pseudo-code of the Quantitative
Imaging Biomarkers Alliance (2018).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuseflow.dicom.body import MASSES_FROM_HEIGHT, body_surface_area, normalising_mass
from fuseflow.dicom.decay_interval import decay_intervals
from fuseflow.dicom.pet import PetSlice, check_usable
from fuseflow.dicom.pet_series import Noted, PetSeries
from fuseflow.dicom.reference_time import mean_decay
from fuseflow.dicom.suv_quantities import (
    GRAMS_PER_KILOGRAM,
    body_height,
    body_weight,
    half_life_of,
    injected_activity,
    sex_of,
    warn_of_unusual_uptake,
)
from fuseflow.errors import InputError, Refused

UNITS = frozenset(
    {"1CM", "BQML", "CM2", "CM2ML", "CNTS", "CPS", "GML", "MGMINML", "MLG", "MLMING", "MLMINML", "MLML", "NONE", "PCNT"}
    | {"PROPCNTS", "PROPCPS", "STDDEV", "UMOLMINML", "UMOLML"}
)
SUV_TYPES = frozenset({"BSA", "BW"}) | MASSES_FROM_HEIGHT
DECAY_CORRECTIONS = frozenset({"NONE", "START", "ADMIN"})
CORRECTIONS = ("DECY", "ATTN", "SCAT", "DTIM", "MOTN", "PMOT", "CLN", "RAN", "RADL", "DCAL", "NORM")

SAME_IN_A_SERIES = (
    "units",
    "suv_type",
    "decay_correction",
    "weight",
    "dose",
    "half_life",
    "start_time",
    "start_date_time",
    "series_date",
    "series_time",
)
"""What slices must agree on even if the formula does not use it; the rest must agree where it is used."""

PHILIPS_FACTORS_AGREE = 0.01
"""By which fraction SUV from both factors may differ without a warning."""


@dataclass(frozen=True, kw_only=True)
class Suv:
    """How the values of a PET series become SUV.

    Parameters
    ----------
    factors
        One per slice, in g/ml per unit of the image: SUVbw = factor * v, where v is the rescaled value.
    units, suv_type, decay_correction
        Terms of the standard; None where missing or without meaning for the unit.
    branch
        The way through the decision table, in words.
    reference_rule
        ``i`` to ``iv``, see `fuseflow.dicom.reference_time.references_at_start`; ``none`` if no rule was needed.
    decay_interval
        Seconds from the injection to the earliest reference time; None if it was not needed.
    tags, warnings
        See `fuseflow.dicom.pet_series.PetSeries`.
    """

    factors: tuple[float, ...]
    units: str
    suv_type: str | None
    decay_correction: str | None
    branch: str
    reference_rule: str = "none"
    decay_interval: float | None = None
    tags: Mapping[str, Noted] = field(default_factory=dict)
    warnings: Sequence[Mapping[str, str]] = ()

    def describe(self) -> dict[str, Any]:
        """What was used and done, as JSON values without date, time of day, UID or free text of the files."""
        return {
            "units": self.units,
            "suv_type": self.suv_type,
            "decay_correction": self.decay_correction,
            "branch": self.branch,
            "reference_rule": self.reference_rule,
            "decay_interval_seconds": self.decay_interval,
            "factor_min": min(self.factors),
            "factor_max": max(self.factors),
            "tags": dict(sorted(self.tags.items())),
            "warnings": [dict(warning) for warning in self.warnings],
        }


@dataclass(frozen=True, kw_only=True)
class _Factors:
    """What one branch of the table gives."""

    factors: tuple[float, ...]
    branch: str
    suv_type: str | None = None
    reference_rule: str = "none"
    decay_interval: float | None = None


def compute_suv(slices: Sequence[PetSlice]) -> Suv:
    """The factors to SUVbw of the slices of one classic PET series.

    Parameters
    ----------
    slices
        All of them; their order matters only for that of the factors.

    Raises
    ------
    InputError
        If there is no slice.
    Refused
        As `check_usable`; ``inconsistent-series`` if slices disagree about what holds for the series; ``bad-time``; or
        with one of the ``suv-`` codes if SUV cannot be computed without guessing.

    Examples
    --------
    >>> slice_ = PetSlice(units="GML", suv_type="BW", weight="71", corrected_image=("ATTN",))
    >>> compute_suv([slice_]).factors
    (1.0,)
    """
    if not slices:
        raise InputError("a PET series without slices has no SUV; give at least one slice")
    check_usable(slices)
    series = PetSeries(slices)
    for name in SAME_IN_A_SERIES:
        series.text(name)
    units = series.term("units", UNITS, reason="suv-units")
    if units not in _BRANCHES:
        named = "Units is missing" if units is None else f"Units is {units}"
        raise Refused("suv-units", f"{named}: SUV can be computed from BQML, CNTS, GML and CM2ML only")
    _check_corrections(series)
    _check_intercept(series)
    found = _BRANCHES[units](series, body_weight(series))
    if not all(math.isfinite(factor) and factor > 0 for factor in found.factors):
        raise Refused("unreadable", "the numbers of the PET image give no finite, positive factor to SUV")
    return Suv(
        factors=found.factors,
        units=units,
        suv_type=found.suv_type,
        decay_correction=_decay_correction(series),
        branch=found.branch,
        reference_rule=found.reference_rule,
        decay_interval=found.decay_interval,
        tags=series.tags,
        warnings=series.warnings,
    )


def _check_corrections(series: PetSeries) -> None:
    listed = set.intersection(*(set(slice_.corrected_image) for slice_ in series.slices))
    series.tags["CorrectedImage"] = [name for name in CORRECTIONS if name in listed]
    correction = _decay_correction(series)
    if correction in ("START", "ADMIN") and "DECY" not in listed:
        raise Refused("suv-decay", f"DecayCorrection is {correction}, yet CorrectedImage does not list DECY")
    if correction == "NONE" and "DECY" in listed:
        series.warn("decay-listed", "DecayCorrection is NONE, yet CorrectedImage lists DECY: taken as not corrected")


def _check_intercept(series: PetSeries) -> None:
    if any(series.numbers("rescale_intercept", reason="unreadable")):
        series.warn("rescale-intercept", "RescaleIntercept is not 0, as the standard demands for PET; it is applied")


def _decay_correction(series: PetSeries) -> str | None:
    """The term if it is a defined one; whether it must be is for the branch to say."""
    correction = series.text("decay_correction")
    return correction if correction in DECAY_CORRECTIONS else None


def _suv_type(series: PetSeries, units: str, *, default: str) -> str:
    suv_type = series.term("suv_type", SUV_TYPES, reason="suv-units") or default
    if (suv_type == "BSA") != (units == "CM2ML"):
        raise Refused("suv-units", f"SUVType {suv_type} contradicts Units {units}")
    return suv_type


def _from_mass(series: PetSeries, weight: float) -> _Factors:
    """Values that are SUV already, normalised to the body weight or another mass."""
    suv_type = _suv_type(series, "GML", default="BW")
    factor = 1.0
    if suv_type in MASSES_FROM_HEIGHT:
        factor = weight / normalising_mass(suv_type, weight=weight, height=body_height(series), sex=sex_of(series))
    return _Factors(factors=(factor,) * len(series.slices), branch=f"GML, {suv_type}", suv_type=suv_type)


def _from_surface(series: PetSeries, weight: float) -> _Factors:
    """Values that are SUV already, normalised to the body surface."""
    suv_type = _suv_type(series, "CM2ML", default="BSA")
    surface = body_surface_area(weight=weight, height=body_height(series)) * 1e4
    factor = weight * GRAMS_PER_KILOGRAM / surface
    return _Factors(factors=(factor,) * len(series.slices), branch="CM2ML, BSA", suv_type=suv_type)


def _from_counts(series: PetSeries, weight: float) -> _Factors:
    """Counts, with one of the two factors that Philips adds."""
    to_suv = _philips_factors(series, "philips_suv_scale_factor")
    to_activity = _philips_factors(series, "philips_activity_scale_factor")
    if to_suv is not None:
        if to_activity is not None:
            _compare_philips_factors(series, weight, to_suv, to_activity)
        return _Factors(factors=to_suv, branch="CNTS, Philips SUV scale factor")
    if to_activity is None:
        raise Refused("suv-scale-factor", "Units is CNTS, and there is neither of the scale factors that Philips adds")
    found = _from_activity(series, weight)
    return _Factors(
        factors=_products(found.factors, to_activity),
        branch=f"CNTS, Philips activity concentration scale factor, then {found.branch}",
        reference_rule=found.reference_rule,
        decay_interval=found.decay_interval,
    )


def _philips_factors(series: PetSeries, name: str) -> tuple[float, ...] | None:
    """A factor per slice; None if no slice has one that is not 0."""
    values = [value or 0.0 for value in series.numbers(name, reason="suv-scale-factor")]
    if not any(values):
        return None
    if min(values) <= 0:
        raise Refused("suv-scale-factor", "Philips' scale factor is missing or not positive in some slices")
    return tuple(values)


def _compare_philips_factors(
    series: PetSeries, weight: float, to_suv: tuple[float, ...], to_activity: tuple[float, ...]
) -> None:
    try:
        others = _products(_from_activity(PetSeries(series.slices), weight).factors, to_activity)
    except Refused:
        # the factor that is used needs neither activity nor times, so their lack is no reason to refuse
        return
    ratios = [other / used for other, used in zip(others, to_suv, strict=True)]
    difference, ratio = max((abs(ratio - 1), ratio) for ratio in ratios)
    if difference > PHILIPS_FACTORS_AGREE:
        detail = (
            f"by the activity concentration scale factor SUV would be {ratio:.4f} times what it is by the SUV factor"
        )
        series.warn("philips-factors-differ", detail)


def _products(first: Sequence[float], second: Sequence[float]) -> tuple[float, ...]:
    return tuple(a * b for a, b in zip(first, second, strict=True))


def _from_activity(series: PetSeries, weight: float) -> _Factors:
    """Activity concentration in Bq/ml."""
    correction = series.term("decay_correction", DECAY_CORRECTIONS, reason="suv-decay")
    if correction is None:
        raise Refused("suv-decay", "DecayCorrection is missing")
    per_activity = weight * GRAMS_PER_KILOGRAM / injected_activity(series)
    if correction == "ADMIN":
        return _Factors(factors=(per_activity,) * len(series.slices), branch="BQML, ADMIN")
    half_life = half_life_of(series)
    intervals = decay_intervals(series, decay_correction=correction, half_life=half_life)
    warn_of_unusual_uptake(series, min(intervals.seconds))
    within_frame = _decay_within_frames(series, half_life) if correction == "NONE" else (1.0,) * len(series.slices)
    decayed = [2 ** (seconds / half_life) for seconds in intervals.seconds]
    factors = tuple(per_activity * frame * decay for frame, decay in zip(within_frame, decayed, strict=True))
    rule = f", rule {intervals.rule}" if correction == "START" else ""
    return _Factors(
        factors=factors,
        branch=f"BQML, {correction}{rule}",
        reference_rule=intervals.rule,
        decay_interval=min(intervals.seconds),
    )


def _decay_within_frames(series: PetSeries, half_life: float) -> tuple[float, ...]:
    durations = series.numbers("actual_frame_duration", reason="suv-frame-time")
    if any(duration is None or duration <= 0 for duration in durations):
        raise Refused("suv-frame-time", "ActualFrameDuration is missing or not positive, and decay is not corrected")
    return tuple(mean_decay(duration / 1000, half_life=half_life) for duration in durations if duration is not None)


_BRANCHES = {"GML": _from_mass, "CM2ML": _from_surface, "CNTS": _from_counts, "BQML": _from_activity}
