"""A PET series as evidence: values that must hold for all of its slices, what was used of them, and what is odd.

Everything that is noted here goes into a sidecar. So only numbers, terms that the standard defines, and differences of
times are noted, never text of the file as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from math import isfinite

from fuseflow.dicom.pet import ELEMENT_NAMES, PetSlice
from fuseflow.errors import Refused

Noted = str | float | list[str] | list[float]

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class PetSeries:
    """The slices of a series, with the notes that are made while they are looked at.

    Parameters
    ----------
    slices
        At least one; their order does not matter, except that values per slice come in it.

    Attributes
    ----------
    tags
        What was used: name of the element -> numeric string, defined term, or seconds; a list where slices differ.
    warnings
        Code and sentence for each thing that a user should look at.

    Examples
    --------
    >>> series = PetSeries([PetSlice(weight="71.0"), PetSlice(weight="71")])
    >>> series.number("weight", reason="suv-weight"), series.tags
    (71.0, {'PatientWeight': '71'})
    """

    def __init__(self, slices: Sequence[PetSlice]) -> None:
        self.slices = tuple(slices)
        self.tags: dict[str, Noted] = {}
        self.warnings: list[dict[str, str]] = []

    def text(self, field: str) -> str | None:
        """What all slices say, not noted; None if the element is missing.

        Raises
        ------
        Refused
            ``inconsistent-series`` if slices differ, or only some of them say it.
        """
        found = self.texts(field)
        if len({_comparable(value) for value in found}) > 1:
            raise Refused("inconsistent-series", f"{ELEMENT_NAMES[field]} differs between the slices of one series")
        # numbers may be equal and spelled differently; the order of the slices must not choose the spelling
        return min((value for value in found if value is not None), default=None)

    def texts(self, field: str) -> tuple[str | None, ...]:
        """What each slice says, not noted."""
        return tuple(getattr(slice_, field) for slice_ in self.slices)

    def term(self, field: str, defined: Collection[str], *, reason: str) -> str | None:
        """A term that all slices agree on and the standard defines; None if the element is missing.

        Raises
        ------
        Refused
            ``inconsistent-series``, or `reason` if it is no defined term.
        """
        found = self.text(field)
        if found is not None and found not in defined:
            raise Refused(reason, f"{ELEMENT_NAMES[field]} is an unknown term, none that the standard defines")
        if found is not None:
            self.note(field, found)
        return found

    def number(self, field: str, *, reason: str) -> float | None:
        """A number that all slices agree on; None if the element is missing.

        Raises
        ------
        Refused
            ``inconsistent-series``, or `reason` if it is no number.
        """
        found = self.text(field)
        if found is None:
            return None
        value = _number(found, field, reason)
        self.note(field, found)
        return value

    def numbers(self, field: str, *, reason: str) -> tuple[float | None, ...]:
        """A number of each slice; None where the element is missing.

        Raises
        ------
        Refused
            `reason` if one of them is no number.
        """
        found = self.texts(field)
        values = tuple(None if value is None else _number(value, field, reason) for value in found)
        spellings = sorted({value for value in found if value is not None}, key=lambda value: (float(value), value))
        if spellings:
            self.note(field, spellings[0] if len(spellings) == 1 else spellings)
        return values

    def note(self, field: str, value: Noted) -> None:
        """Remember that an element was used, under its name."""
        self.tags[ELEMENT_NAMES[field]] = value

    def warn(self, code: str, detail: str) -> None:
        """Remember something that a user should look at."""
        self.warnings.append({"code": code, "detail": detail})


def _number(text: str, field: str, reason: str) -> float:
    value = float(text) if _DECIMAL.fullmatch(text) else float("nan")
    if not isfinite(value):
        raise Refused(reason, f"{ELEMENT_NAMES[field]} does not hold a number; correct the element")
    return value


def _comparable(text: str | None) -> str | Decimal | None:
    return Decimal(text) if text is not None and _DECIMAL.fullmatch(text) else text
