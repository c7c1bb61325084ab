"""The contact sheet of the report: quality pictures of a data set, with the numbers that matter beside them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fuseflow.cases import Case
from fuseflow.errors import InputError
from fuseflow.files import read_json
from fuseflow.formats.canonical import sidecar_of
from fuseflow.layout import QUALITY

SHOWN = 12
"""Cases on a sheet; all of them have a picture in the results."""


@dataclass(frozen=True)
class QualityRow:
    """One volume of a case, as text for a table."""

    role: str
    shape: str
    spacing: str
    span: str
    overlap: str
    labels: str


@dataclass(frozen=True)
class QualityPicture:
    """A case: its picture as base64 of a PNG, and its volumes."""

    case: str
    data: str
    rows: tuple[QualityRow, ...]


def contact_sheet(cases: Mapping[str, Case]) -> tuple[QualityPicture, ...]:
    """The pictures of some cases, evenly chosen from all.

    Parameters
    ----------
    cases
        Id -> case with a quality picture.

    Raises
    ------
    InputError
        If a picture or its sidecar cannot be read.
    """
    return tuple(_picture(cases[case]) for case in evenly(sorted(cases), SHOWN))


def evenly(ids: Sequence[str], most: int) -> list[str]:
    """The first, the last and others at equal distances between them, at most `most`.

    Examples
    --------
    >>> evenly("abcdefg", 3), evenly("ab", 3)
    (['a', 'd', 'g'], ['a', 'b'])
    """
    if len(ids) <= most:
        return list(ids)
    return [ids[round(place * (len(ids) - 1) / (most - 1))] for place in range(most)]


def _picture(case: Case) -> QualityPicture:
    path = case.path(QUALITY)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"the quality picture of case {case.id} cannot be read ({error.strerror})") from None
    volumes = read_json(sidecar_of(path))["volumes"]
    return QualityPicture(case.id, base64.b64encode(data).decode("ascii"), tuple(map(_row, volumes)))


def _row(volume: Mapping[str, Any]) -> QualityRow:
    low, high = volume["range"]
    return QualityRow(
        role=volume["role"],
        shape=" x ".join(map(str, volume["shape"])),
        spacing=" x ".join(f"{length:g}" for length in volume["spacing"]),
        span=f"{low:.4g} to {high:.4g}",
        overlap="" if volume["overlap"] is None else f"{100 * volume['overlap']:.1f} %",
        labels=", ".join(map(_label, volume["labels"])),
    )


def _label(change: Mapping[str, Any]) -> str:
    lost = f", {change['lost']} lost" if change["lost"] else ""
    return f"{change['label']}: {change['ml_before']:.3g} to {change['ml_after']:.3g} ml{lost}"
