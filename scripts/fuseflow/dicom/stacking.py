"""From slices to a stack: order, duplicates, phases, spacing; right to the last slice, or refused.

Where a slice lies is said by ImagePositionPatient alone: never by InstanceNumber, the file name, SliceThickness,
SpacingBetweenSlices or PatientPosition.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from fuseflow.dicom.frames import Frame
from fuseflow.dicom.grouping import Group
from fuseflow.errors import Refused

SAME_POSITION_MM = 1e-3
SAME_POSITION_SHARE = 0.01
"""Of the median distance: slices nearer to each other are at the same position."""
EVEN_SHARE = 0.02
EVEN_MM = 0.1
"""How far a slice may be from the regular grid: this share of the spacing, and never more than that many mm."""
SMALLEST_STEP_MM = 0.5
"""The finest grid that uneven slices are resampled to."""
NAMED_POSITIONS = 5
IDENTICAL = "identical"

Vector = npt.NDArray[np.float64]
Fingerprint = Callable[[Frame], str]


@dataclass(frozen=True)
class Slice:
    """A slice of the output: between two slices of the input, `weight` of the way from `lower` to `upper`."""

    lower: int
    upper: int
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Slices in order.

    Parameters
    ----------
    phases
        Phase -> slices, ordered along the normal; all phases have the same positions.
    phase_element, phase_values
        The element that tells the phases apart and its value for each, ascending; empty if there is one phase.
    positions
        Of the slices along the normal, mm.
    first, step
        Position of the first slice, and from one slice of the output to the next; LPS, mm.
    slices
        The slices of the output.
    deviation
        Largest distance of a slice from the regular grid through the first and the last, mm.
    dropped
        Exact copies of other slices, left out.
    """

    phases: tuple[tuple[Frame, ...], ...]
    phase_element: str = ""
    phase_values: tuple[float, ...] = ()
    positions: tuple[float, ...]
    first: Vector
    step: Vector
    slices: tuple[Slice, ...]
    deviation: float
    dropped: tuple[Frame, ...] = ()

    @property
    def resampled(self) -> bool:
        """Whether slices of the output lie between those of the input."""
        return any(slice_.weight for slice_ in self.slices)

    @property
    def tilt(self) -> float:
        """Angle between the way from slice to slice and the normal of the slices, in degrees."""
        cosine = float(normal_of(self.phases[0][0]) @ self.step / np.linalg.norm(self.step))
        return float(np.degrees(np.arccos(min(1.0, cosine))))


def normal_of(frame: Frame) -> Vector:
    """The unit normal of a slice, LPS: row direction x column direction."""
    assert frame.orientation
    along_row, down_column = frame.orientation
    normal = np.cross(along_row, down_column)
    return np.asarray(normal / np.linalg.norm(normal), np.float64)


def stack_slices(
    group: Group,
    *,
    uneven: Literal["refuse", "resample"],
    single_slices: Literal["keep", "refuse"],
    fingerprint: Fingerprint,
) -> Stack:
    """Order the slices of a group.

    Parameters
    ----------
    group
        Slices that share size, spacing and direction.
    uneven
        What to do where slices are missing or not evenly spaced: ``resample`` interpolates linearly along the stack to
        the smallest distance between slices that is at least 0.5 mm.
    single_slices
        Whether a single slice is a volume.
    fingerprint
        Slice -> text that is equal for equal values; called for slices at the same position only.

    Raises
    ------
    Refused
        ``single-slice``, ``duplicate-position``, ``incomplete-phases``, ``missing-slices``, ``uneven-spacing`` or
        ``shifted-slices``.
    """
    normal = normal_of(group.first)
    frames = sorted(group.frames, key=lambda frame: (_along(frame, normal), *_tie(frame)))
    piles = _piles(frames, normal)
    piles, dropped = _without_copies(piles, fingerprint)
    element, values, phases = _phases(piles, fingerprint)
    if element == IDENTICAL:
        element, kept = "", set(map(id, phases[0]))
        dropped = (*dropped, *(frame for pile in piles for frame in pile if id(frame) not in kept))
    places = np.array([frame.position for frame in phases[0]], np.float64)
    positions = places @ normal
    _check_phases(phases, places, normal)
    if len(places) == 1:
        if single_slices == "refuse":
            raise Refused("single-slice", "the series has one slice only")
        grid = _Regular(normal * _thickness(phases[0][0]), (Slice(0, 0),), 0.0)
    else:
        grid = _grid(places, positions, uneven)
    return Stack(
        phases=tuple(phases),
        phase_element=element,
        phase_values=values,
        positions=tuple(positions.tolist()),
        first=places[0],
        step=grid.step,
        slices=grid.slices,
        deviation=grid.deviation,
        dropped=tuple(dropped),
    )


def _check_phases(phases: Sequence[tuple[Frame, ...]], places: Vector, normal: Vector) -> None:
    """All phases must lie at the same places, not only at the same distances along the normal."""
    for phase in phases[1:]:
        aside = np.linalg.norm(np.array([frame.position for frame in phase], np.float64) - places, axis=1)
        if aside.max() > EVEN_MM:
            where = _millimetres([float(places[int(aside.argmax())] @ normal)])
            raise Refused(
                "shifted-slices", f"slices of two phases are {aside.max():.2f} mm beside each other, at {where}"
            )


def _along(frame: Frame, normal: Vector) -> float:
    return float(np.array(frame.position) @ normal)


def _tie(frame: Frame) -> tuple[int, str, int]:
    return (frame.number, frame.instance.sha256, frame.index)


def _thickness(frame: Frame) -> float:
    """The extent of a single slice across itself: nothing else says how thick a volume of one slice is."""
    return frame.instance.thickness if frame.instance.thickness and frame.instance.thickness > 0 else 1.0


def _piles(frames: Sequence[Frame], normal: Vector) -> list[list[Frame]]:
    """Slices at the same position together."""
    positions = [_along(frame, normal) for frame in frames]
    distances = [later - earlier for earlier, later in pairwise(positions)]
    near = max(SAME_POSITION_MM, min(EVEN_MM, SAME_POSITION_SHARE * _usual(distances)))
    piles = [[frames[0]]]
    for frame, distance in zip(frames[1:], distances, strict=True):
        if distance <= near:
            piles[-1].append(frame)
        else:
            piles.append([frame])
    return piles


def _usual(distances: Sequence[float]) -> float:
    """The distance that half of the stack is made of: jitter between phases, short by nature, does not count."""
    passed, whole = 0.0, sum(distances)
    for distance in sorted(distances):
        passed += distance
        if passed >= whole / 2:
            return distance
    return 0.0


def _without_copies(piles: list[list[Frame]], fingerprint: Fingerprint) -> tuple[list[list[Frame]], tuple[Frame, ...]]:
    """Drop slices that agree with another of their pile in pixels and in everything that may tell phases apart."""
    kept_piles, dropped = [], []
    for pile in piles:
        kept: dict[tuple[object, ...], Frame] = {}
        phases = [tuple(sorted(frame.phase.items())) for frame in pile]
        alike = Counter(phases)
        for frame, phase in zip(pile, phases, strict=True):
            key = (phase, fingerprint(frame) if alike[phase] > 1 else "")
            if key in kept:
                dropped.append(frame)
            else:
                kept[key] = frame
        kept_piles.append(list(kept.values()))
    return kept_piles, tuple(dropped)


def _phases(
    piles: list[list[Frame]], fingerprint: Fingerprint
) -> tuple[str, tuple[float, ...], list[tuple[Frame, ...]]]:
    """The element that tells the phases apart, its values, and the slices of each phase.

    The element is `IDENTICAL` if slices at the same position differ in no pixel: they are copies of one phase.
    """
    if all(len(pile) == 1 for pile in piles):
        return "", (), [tuple(pile[0] for pile in piles)]
    if all(len({fingerprint(frame) for frame in pile}) == 1 for pile in piles):
        return IDENTICAL, (), [tuple(pile[0] for pile in piles)]
    ordered = list(dict.fromkeys(element for pile in piles for frame in pile for element in frame.phase))
    separated = {element: _by_value(piles, element) for element in ordered}
    complete = {
        element: by_value
        for element, by_value in separated.items()
        if by_value and all(len(pile) == len(by_value) for pile in piles)
    }
    if len({frozenset(frozenset(map(id, phase)) for phase in by_value.values()) for by_value in complete.values()}) > 1:
        raise Refused("ambiguous-phases", f"{' and '.join(complete)} divide the slices into different phases")
    for element, by_value in complete.items():
        values = sorted(by_value)
        return element, tuple(values), [tuple(by_value[value]) for value in values]
    position = _named([index for index, pile in enumerate(piles) if len(pile) > 1], piles)
    if any(separated.values()):
        raise Refused(
            "incomplete-phases", f"the phases do not have the same positions; several slices lie at {position}"
        )
    raise Refused("duplicate-position", f"different images claim the same position, at {position}")


def _by_value(piles: Sequence[Sequence[Frame]], element: str) -> dict[float, list[Frame]]:
    """Value of an element -> its slices; empty if it does not tell all slices at one position apart."""
    found: dict[float, list[Frame]] = defaultdict(list)
    for pile in piles:
        values = [frame.phase.get(element) for frame in pile]
        if None in values or len(set(values)) < len(values):
            return {}
        for frame in pile:
            found[frame.phase[element]].append(frame)
    return dict(found)


def _named(indices: Sequence[int], piles: Sequence[Sequence[Frame]]) -> str:
    normal = normal_of(piles[0][0])
    return _millimetres([_along(piles[index][0], normal) for index in indices])


def _millimetres(positions: Sequence[float]) -> str:
    shown = ", ".join(f"{position:.2f}" for position in positions[:NAMED_POSITIONS])
    more = len(positions) - NAMED_POSITIONS
    return f"{shown}{f' and {more} more' if more > 0 else ''} mm along the normal"


@dataclass(frozen=True)
class _Regular:
    """Evenly spaced slices of the output, and how far those of the input are from being so."""

    step: Vector
    slices: tuple[Slice, ...]
    deviation: float


def _grid(places: Vector, positions: Vector, uneven: str) -> _Regular:
    count = len(places)
    whole = places[-1] - places[0]
    step = whole / (count - 1)
    deviation = float(np.linalg.norm(places - (places[0] + np.arange(count)[:, None] * step), axis=1).max())
    spacing = float(np.linalg.norm(step))
    if deviation <= min(EVEN_SHARE * spacing, EVEN_MM):
        return _Regular(step, tuple(Slice(index, index) for index in range(count)), deviation)
    _check_line(places, positions, whole)
    if uneven == "refuse":
        raise _why_uneven(positions, deviation)
    return _resampled(positions, whole, deviation)


def _check_line(places: Vector, positions: Vector, whole: Vector) -> None:
    """Every slice must lie on the line from the first to the last, wherever on it."""
    share = (positions - positions[0]) / (positions[-1] - positions[0])
    aside = np.linalg.norm(places - (places[0] + share[:, None] * whole), axis=1)
    if aside.max() > EVEN_MM:
        index = int(aside.argmax())
        where = _millimetres([float(positions[index])])
        raise Refused("shifted-slices", f"a slice is {aside[index]:.2f} mm beside the line of the others, at {where}")


def _why_uneven(positions: Vector, deviation: float) -> Refused:
    distances = np.diff(positions)
    usual = statistics.median_low(distances.tolist())
    tolerance = min(EVEN_SHARE * usual, EVEN_MM)
    multiples = np.rint(distances / usual)
    if multiples.max() > 1 and (np.abs(distances - multiples * usual) <= multiples * tolerance).all():
        missing = [
            float(positions[index] + number * usual)
            for index, multiple in enumerate(multiples.astype(int).tolist())
            for number in range(1, multiple)
        ]
        return Refused(
            "missing-slices", f"{len(missing)} missing between the first and the last, at {_millimetres(missing)}"
        )
    return Refused(
        "uneven-spacing",
        f"the distances between slices are {distances.min():.4g} to {distances.max():.4g} mm, usually {usual:.4g} mm; "
        f"the largest deviation from an even grid is {deviation:.2g} mm",
    )


def _resampled(positions: Vector, whole: Vector, deviation: float) -> _Regular:
    distances = np.diff(positions)
    fine = distances[distances >= SMALLEST_STEP_MM]
    spacing = float((fine if len(fine) else distances).min())
    extent = float(positions[-1] - positions[0])
    count = int(np.floor(extent / spacing + SAME_POSITION_MM)) + 1
    slices = tuple(_between(positions, positions[0] + spacing * number) for number in range(count))
    return _Regular(whole * (spacing / extent), slices, deviation)


def _between(positions: Vector, target: float) -> Slice:
    upper = int(np.clip(np.searchsorted(positions, target), 1, len(positions) - 1))
    lower = upper - 1
    for index in (lower, upper):
        if abs(positions[index] - target) <= SAME_POSITION_MM:
            return Slice(index, index)
    return Slice(lower, upper, float((target - positions[lower]) / (positions[upper] - positions[lower])))
