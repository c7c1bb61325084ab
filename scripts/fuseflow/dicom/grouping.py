"""Which slices belong to one volume: those of one series that share size, spacing, direction, kind and stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.dicom.frames import Frame

ORIENTATION_TOLERANCE = 1e-4 + 1e-9
"""Files round to four digits, and the difference of two rounded numbers is rounded again."""
SPACING_TOLERANCE = 1e-4
"""Relative."""


@dataclass(frozen=True)
class Group:
    """Slices that may form one volume; at least one."""

    frames: tuple[Frame, ...]

    @property
    def first(self) -> Frame:
        """The frame that speaks for all where they agree."""
        return self.frames[0]

    @property
    def paths(self) -> frozenset[Path]:
        """The files that hold the frames; two of them may have the same bytes."""
        return frozenset(frame.instance.path for frame in self.frames)

    @property
    def sha256(self) -> tuple[str, ...]:
        """The files that hold the frames, sorted, each once."""
        return tuple(sorted({frame.instance.sha256 for frame in self.frames}))


def group_frames(frames: Iterable[Frame]) -> list[Group]:
    """Slices by series, and inside a series by all that the slices of a volume share.

    Parameters
    ----------
    frames
        Accepted slices, in an order that does not depend on names.

    Returns
    -------
    list of Group
        In the order of series number, then of series and first file.
    """
    frames = list(frames)
    said = _said_of_series(frames)
    alike: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        alike[_kind(frame, said[frame.instance.series_uid])].append(frame)
    groups = [Group(tuple(members)) for kind in sorted(alike, key=repr) for members in _by_direction(alike[kind])]
    return sorted(groups, key=_order)


def _said_of_series(frames: Iterable[Frame]) -> Mapping[str, tuple[set[str], set[str]]]:
    """Series -> the frames of reference and third values of ImageType that its slices name."""
    said: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for frame in frames:
        for found, value in zip(said[frame.instance.series_uid], _may_be_missing(frame), strict=True):
            found |= {value} - {""}
    return said


def _may_be_missing(frame: Frame) -> tuple[str, str]:
    return frame.instance.frame_of_reference_uid, frame.image_type[2] if len(frame.image_type) > 2 else ""


def _kind(frame: Frame, said: tuple[set[str], set[str]]) -> tuple[object, ...]:
    """What slices of a volume share; one that does not say it goes with the others if these all say the same."""
    instance = frame.instance
    reference, third = (
        next(iter(found)) if not value and len(found) == 1 else value
        for value, found in zip(_may_be_missing(frame), said, strict=True)
    )
    return (
        instance.series_uid,
        reference,
        instance.modality,
        instance.sop_class,
        frame.rows,
        frame.columns,
        third,
        frame.stack,
    )


def _by_direction(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Frames whose directions and spacings agree with those of the first of their list."""
    found: list[list[Frame]] = []
    for frame in frames:
        for members in found:
            if _same_plane(frame, members[0]):
                members.append(frame)
                break
        else:
            found.append([frame])
    return found


def _same_plane(frame: Frame, other: Frame) -> bool:
    assert frame.orientation
    assert other.orientation
    assert frame.spacing
    assert other.spacing
    directions = zip(sum(frame.orientation, ()), sum(other.orientation, ()), strict=True)
    spacings = zip(frame.spacing, other.spacing, strict=True)
    return all(abs(a - b) <= ORIENTATION_TOLERANCE for a, b in directions) and all(
        abs(a - b) <= SPACING_TOLERANCE * b for a, b in spacings
    )


def _order(group: Group) -> tuple[object, ...]:
    instance = group.first.instance
    number = instance.series_number
    return (number is None, number or 0, instance.series_uid, group.sha256[0], group.first.index)
