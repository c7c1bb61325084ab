"""The quantities that SUV is computed from: taken from a PET series, checked, and in the units of the formulas.

Each function notes in the series what it used and what is odd about it, and raises `Refused` with
``inconsistent-series`` if the slices disagree.
"""

from __future__ import annotations

from fuseflow.dicom.body import Sex
from fuseflow.dicom.pet_series import PetSeries
from fuseflow.dicom.radionuclide import HALF_LIVES, is_fdg, nuclide_of
from fuseflow.errors import Refused

GRAMS_PER_KILOGRAM = 1000.0
HEAVIEST = 1000.0
"""A weight above this many kg is one in grams."""
TALLEST = 3.0
"""A height above this many metres is in another unit."""
SMALLEST_ACTIVITY = 1e5
"""An activity below this many Bq is one in MBq."""
HALF_LIVES_AGREE = 0.02
"""By which fraction a half-life may differ from the known one without a warning."""
USUAL_UPTAKE_MINUTES = (30.0, 120.0)
"""Of FDG."""


def body_weight(series: PetSeries) -> float:
    """PatientWeight in kg.

    Raises
    ------
    Refused
        ``suv-weight`` if it is missing, not positive or no number.

    Examples
    --------
    >>> from fuseflow.dicom.pet import PetSlice
    >>> body_weight(PetSeries([PetSlice(weight="71000")]))
    71.0
    """
    weight = series.number("weight", reason="suv-weight")
    if weight is None or weight <= 0:
        raise Refused("suv-weight", "PatientWeight is missing or not positive")
    if weight <= HEAVIEST:
        return weight
    series.warn("weight-in-grams", f"PatientWeight is above {HEAVIEST:g} and was taken as grams instead of kilograms")
    return weight / GRAMS_PER_KILOGRAM


def body_height(series: PetSeries) -> float:
    """PatientSize in cm.

    Raises
    ------
    Refused
        ``suv-height`` if it is missing, not positive, no number, or not in metres.
    """
    height = series.number("height", reason="suv-height")
    if height is None or height <= 0:
        raise Refused("suv-height", "PatientSize is missing or not positive, and the formula needs it")
    if height > TALLEST:
        raise Refused("suv-height", f"PatientSize is above {TALLEST:g}, which is no height in metres")
    return height * 100


def sex_of(series: PetSeries) -> Sex:
    """PatientSex; O, and a warning, if it is missing or another text."""
    stated = series.text("sex")
    sexes: tuple[Sex, ...] = ("M", "F", "O")
    for sex in sexes:
        if stated == sex:
            series.note("sex", sex)
            return sex
    series.warn("sex-unknown", "PatientSex is not M, F or O: the mean of the formulas for both sexes was used")
    return "O"


def injected_activity(series: PetSeries) -> float:
    """RadionuclideTotalDose in Bq.

    Raises
    ------
    Refused
        ``suv-dose`` if it is missing, not positive, no number, or there are several injections.
    """
    if any(slice_.injections > 1 for slice_ in series.slices):
        raise Refused(
            "suv-dose", "RadiopharmaceuticalInformationSequence has several items; which one counts is unknown"
        )
    activity = series.number("dose", reason="suv-dose")
    if activity is None or activity <= 0:
        raise Refused("suv-dose", "RadionuclideTotalDose is missing or not positive")
    if activity >= SMALLEST_ACTIVITY:
        return activity
    series.warn("dose-in-megabecquerel", f"RadionuclideTotalDose is below {SMALLEST_ACTIVITY:g} and was taken as MBq")
    return activity * 1e6


def half_life_of(series: PetSeries) -> float:
    """RadionuclideHalfLife in s; if it is missing, that of the nuclide, and a warning.

    Raises
    ------
    Refused
        ``suv-half-life`` if it is not positive, no number, or missing with an unknown nuclide.
    """
    nuclides = {nuclide_of(code=item.radionuclide_code, meaning=item.radionuclide_meaning) for item in series.slices}
    if len(nuclides) > 1:
        raise Refused("inconsistent-series", "RadionuclideCodeSequence differs between the slices of one series")
    nuclide = nuclides.pop()
    stated = series.number("half_life", reason="suv-half-life")
    if nuclide is not None:
        series.tags["RadionuclideCodeSequence"] = nuclide
    if stated is not None and stated <= 0:
        raise Refused("suv-half-life", "RadionuclideHalfLife is not positive")
    if nuclide is None:
        if stated is None:
            raise Refused("suv-half-life", "RadionuclideHalfLife is missing and RadionuclideCodeSequence does not help")
        return stated
    known = HALF_LIVES[nuclide]
    if stated is None:
        series.warn("half-life-from-table", f"RadionuclideHalfLife is missing: {known:g} s of {nuclide} was used")
        return known
    if abs(stated / known - 1) > HALF_LIVES_AGREE:
        detail = f"RadionuclideHalfLife, which was used, is {stated:g} s, and that of {nuclide} is {known:g} s"
        series.warn("half-life-unusual", detail)
    return stated


def warn_of_unusual_uptake(series: PetSeries, seconds: float) -> None:
    """Warn if FDG had an unusually short or long time between injection and reference."""
    shortest, longest = USUAL_UPTAKE_MINUTES
    fdg = any(
        is_fdg(code=item.radiopharmaceutical_code, names=(item.radiopharmaceutical_meaning, item.radiopharmaceutical))
        for item in series.slices
    )
    if fdg and not shortest <= seconds / 60 <= longest:
        detail = f"FDG was taken up for {seconds / 60:.1f} min; {shortest:g} to {longest:g} min are usual"
        series.warn("fdg-uptake-time", detail)
