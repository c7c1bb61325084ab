"""Measures of the body by which SUV is normalised, from weight, height and sex.

Sources: DICOM PS3.3, C.8.9.1 (PET Series module: the terms of SUVType); body surface area, D. Du Bois and E. F. Du
Bois, Arch. Intern. Med. 17 (1916) 863, doi:10.1001/archinte.1916.00080130010002; lean body mass, D. J. Morgan and
K. M. Bray, Clin. Pharmacokinet. 26 (1994) 292, doi:10.2165/00003088-199426040-00005, W. P. T. James, Research on
Obesity, London 1976, and S. Janmahasatian et al., Clin. Pharmacokinet. 44 (2005) 1051,
doi:10.2165/00003088-200544100-00004; ideal body weight, Y. Sugawara et al., Radiology 213 (1999) 521,
doi:10.1148/radiology.213.2.r99nv37521.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fuseflow.errors import Refused

Sex = Literal["M", "F", "O"]
_Formula = Callable[[float, float], float]


def _morgan_or_james(share: float, loss: float) -> _Formula:
    return lambda weight, height: share * weight - loss * (weight / height) ** 2


def _janmahasatian(constant: float, per_body_mass_index: float) -> _Formula:
    def mass(weight: float, height: float) -> float:
        body_mass_index = weight / (height / 100) ** 2
        return 9270 * weight / (constant + per_body_mass_index * body_mass_index)

    return mass


def _ideal(at_152_cm: float, per_cm: float) -> _Formula:
    return lambda _, height: at_152_cm + per_cm * (height - 152)


_MASSES = {
    "LBM": (_morgan_or_james(1.10, 120), _morgan_or_james(1.07, 148)),
    "LBMJAMES128": (_morgan_or_james(1.10, 128), _morgan_or_james(1.07, 148)),
    "LBMJANMA": (_janmahasatian(6680, 216), _janmahasatian(8780, 244)),
    "IBW": (_ideal(48, 1.06), _ideal(45.5, 0.91)),
}
"""SUVType -> formulas of a male and a female body: weight in kg and height in cm to kg."""

MASSES_FROM_HEIGHT = frozenset(_MASSES)
"""The values of SUVType that stand for a mass computed from weight, height and sex."""


def normalising_mass(suv_type: str, *, weight: float, height: float, sex: Sex) -> float:
    """The mass that takes the place of the weight in SUV of a given type.

    Parameters
    ----------
    suv_type
        One of `MASSES_FROM_HEIGHT`: LBM (lean body mass after Morgan), LBMJAMES128 (after James), LBMJANMA (after
        Janmahasatian), IBW (ideal body weight).
    weight
        In kg.
    height
        In cm.
    sex
        M, F, or O for the mean of both.

    Returns
    -------
    float
        In kg.

    Raises
    ------
    Refused
        ``suv-height`` if the formula gives no positive mass, which happens far outside the bodies it was made for.

    Examples
    --------
    >>> round(normalising_mass("LBMJANMA", weight=82, height=174, sex="F"), 6)
    49.396516
    """
    male, female = (formula(weight, height) for formula in _MASSES[suv_type])
    mass = {"M": male, "F": female, "O": (male + female) / 2}[sex]
    if mass <= 0:
        raise Refused("suv-height", f"the formula {suv_type} gives no positive mass for this weight and height")
    return mass


def body_surface_area(*, weight: float, height: float) -> float:
    """Body surface area after Du Bois, in m^2, from the weight in kg and the height in cm.

    Examples
    --------
    >>> round(body_surface_area(weight=82, height=174), 6)
    1.9685
    """
    return float(0.007184 * height**0.725 * weight**0.425)
