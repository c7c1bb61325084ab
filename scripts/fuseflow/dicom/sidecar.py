"""What is known about a volume besides its voxels: facts and numbers only, nothing that identifies a person.

Files are named by the sha256 of their bytes, series and frames of reference by salted hashes; there is no date, no time
of day, no name and no free text of the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from fuseflow.dicom.assembling import Voxels
from fuseflow.dicom.decoders import packages_for
from fuseflow.dicom.frames import Frame
from fuseflow.dicom.geometry import Grid
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.modalities import CT
from fuseflow.dicom.pixels import padding_of
from fuseflow.dicom.stacking import Stack
from fuseflow.identity import pseudonym
from fuseflow.provenance import versions_of
from fuseflow.volume import FourthAxis

TILTED_DEGREES = 0.05
"""From this angle on a series counts as tilted."""
PHASE_AXES = {
    "AcquisitionNumber": "acquisition",
    "TemporalPositionIdentifier": "time",
    "EchoTime": "echo",
    "TriggerTime": "time",
    "DiffusionBValue": "b-value",
    "FrameReferenceTime": "time",
}
"""Element that tells phases apart -> what the axis from phase to phase is called."""


def describe(group: Group, stack: Stack, voxels: Voxels, grid: Grid, *, salt: str) -> dict[str, Any]:
    """The sidecar of a volume, as JSON values.

    Parameters
    ----------
    group, stack, voxels, grid
        What the volume was made of.
    salt
        Secret for the pseudonyms; if it is empty, the sidecar has none.

    Returns
    -------
    dict
        ``format``, ``series``, ``frame_of_reference`` (pseudonyms or None), ``modality``, ``shape``, ``axes``,
        ``geometry``, ``affine`` (RAS+, mm), ``data_type``, ``transfer_syntaxes``; ``slice_axis`` (the axis of the
        volume that runs from slice to slice); ``slices`` (per phase the files in the order of that axis, with frame
        number and position in mm along the normal), ``dropped_duplicates``, ``filled_slices`` (numbers on that axis of
        slices that were interpolated), ``phases`` (element and values), ``spacing`` (distances between slices in mm:
        smallest, median, largest, and the largest deviation from the regular grid), ``tilt_degrees``, ``rescale``
        (range of slopes and intercepts), ``padding`` (stored values and number of voxels), ``warnings``, ``versions``.
    """
    frames = [frame for phase in stack.phases for frame in phase]
    instance = group.first.instance
    return {
        "format": "DICOM",
        "series": pseudonym(instance.series_uid, salt=salt) if salt else None,
        "frame_of_reference": _frame_of_reference(group, salt),
        "modality": instance.modality,
        "shape": list(voxels.data.shape),
        "axes": ["x", "y", "z", *([axis.name] if (axis := phase_axis(stack)) else [])],
        "geometry": "world",
        "affine": grid.affine.tolist(),
        "data_type": str(voxels.data.dtype),
        "transfer_syntaxes": _transfer_syntaxes(frames),
        "slice_axis": grid.slice_axis,
        "slices": [
            grid.in_order([_file(*place) for place in zip(phase, stack.positions, strict=True)])
            for phase in stack.phases
        ],
        "dropped_duplicates": [{"sha256": frame.instance.sha256, "frame": frame.index} for frame in stack.dropped],
        "filled_slices": [number for number, slice_ in enumerate(grid.in_order(stack.slices)) if slice_.weight],
        "phases": {"element": stack.phase_element, "values": list(stack.phase_values)} if stack.phase_element else None,
        "spacing": _spacing(stack),
        "tilt_degrees": stack.tilt,
        "rescale": {
            "slope": _range([frame.slope for frame in frames]),
            "intercept": _range([frame.intercept for frame in frames]),
        },
        "padding": {"stored": _padding(frames), "voxels": voxels.padded},
        "warnings": _warnings(frames, stack),
        "versions": versions_of(["numpy", "pydicom", *packages_for(_transfer_syntaxes(frames))]),
    }


def phase_axis(stack: Stack) -> FourthAxis | None:
    """What the fourth axis of a volume with several phases runs along."""
    return FourthAxis(name=PHASE_AXES.get(stack.phase_element, "phase")) if stack.phase_element else None


def _transfer_syntaxes(frames: Sequence[Frame]) -> list[str]:
    return sorted({frame.instance.pixels.transfer_syntax for frame in frames if frame.instance.pixels})


def _frame_of_reference(group: Group, salt: str) -> str | None:
    uids = {frame.instance.frame_of_reference_uid for frame in group.frames}
    uid = uids.pop() if len(uids) == 1 else ""
    return pseudonym(uid, salt=salt) if uid and salt else None


def _file(frame: Frame, position: float) -> dict[str, Any]:
    described: dict[str, Any] = {"sha256": frame.instance.sha256, "position": position}
    if frame.instance.pixels and frame.instance.pixels.frames > 1:
        described["frame"] = frame.index
    if frame.tile is not None:
        described["tile"] = [frame.tile.row, frame.tile.column]
    return described


def _spacing(stack: Stack) -> dict[str, float] | None:
    if len(stack.positions) < 2:
        return None
    distances = [later - earlier for earlier, later in pairwise(stack.positions)]
    return {
        "smallest": min(distances),
        "median": median(distances),
        "largest": max(distances),
        "largest_deviation": stack.deviation,
    }


def _range(values: Sequence[float]) -> list[float]:
    return [min(values), max(values)]


def _padding(frames: Sequence[Frame]) -> list[list[int]]:
    formats = {frame.instance.pixels for frame in frames if frame.instance.pixels}
    return [list(values) for values in sorted({padding_of(pixels) for pixels in formats if pixels.padding})]


def _warnings(frames: Sequence[Frame], stack: Stack) -> list[dict[str, str]]:
    """What a user should know, though the volume is right."""
    inverted = any(frame.instance.pixels and frame.instance.pixels.photometric == "MONOCHROME1" for frame in frames)
    modality = frames[0].instance.modality
    mosaic = any(frame.tile for frame in frames)
    found = {
        "monochrome1": inverted and "stored values were inverted, since the photometric interpretation is MONOCHROME1",
        "mosaic": mosaic and "the distance between slices is the mosaic's own statement; tiles have no positions",
        "tilted": stack.tilt > TILTED_DEGREES
        and "the slices are not perpendicular to the stack; the affine is sheared",
        "resampled": stack.resampled and "slices were interpolated along the stack, see filled_slices",
        "no-rescale": modality == CT
        and not all(frame.rescaled for frame in frames)
        and "the files have no rescale slope and intercept; the values are those stored and perhaps not HU",
        "surplus-data": any(frame.instance.pixels and frame.instance.pixels.surplus for frame in frames)
        and "there are some bytes behind the pixels that were not used",
        "single-slice": len(stack.positions) == 1
        and "the extent across the slice is its nominal thickness, or 1 mm if that is unknown",
    }
    return [{"code": code, "detail": detail} for code, detail in found.items() if isinstance(detail, str)]
