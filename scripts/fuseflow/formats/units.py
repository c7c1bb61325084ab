"""Units of length and time as headers spell them, in mm and s."""

from __future__ import annotations

from fuseflow.formats.stored import Remark

MILLIMETRES = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
    "um": 1e-3,
    "cm": 10.0,
    "m": 1e3,
}
"""Unit of length -> mm."""
SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec"), 1e-3),
    "us": 1e-6,
}
"""Unit of time -> seconds."""
NO_UNITS = Remark(code="no-units", detail="the header does not name one unit of length; mm are taken")


def in_millimetres(unit: str) -> tuple[float, list[Remark]]:
    """How many mm a unit is, 1 if it is not known, and a remark unless it is mm.

    Examples
    --------
    >>> in_millimetres("mm"), in_millimetres("cm")[0], in_millimetres("")[1][0].code
    ((1.0, []), 10.0, 'no-units')
    """
    factor = MILLIMETRES.get(unit)
    if factor is None:
        return 1.0, [NO_UNITS]
    if factor == 1:
        return factor, []
    return factor, [Remark(code="units-converted", detail=f"lengths are stated in {unit} and converted to mm")]
