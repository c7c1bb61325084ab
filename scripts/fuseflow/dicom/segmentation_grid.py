"""The grid of a SEG itself, from the positions of its frames: planes without a frame are part of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fuseflow.dicom.frames import Frame
from fuseflow.dicom.geometry import canonical_grid
from fuseflow.dicom.grouping import ORIENTATION_TOLERANCE, SPACING_TOLERANCE
from fuseflow.dicom.label_grid import Indices, LabelGrid, Points
from fuseflow.dicom.lengths import is_length
from fuseflow.dicom.segmentation import Segmentation
from fuseflow.dicom.stacking import EVEN_MM, EVEN_SHARE, Slice, Stack, normal_of
from fuseflow.errors import Refused
from fuseflow.formats.stored import Remark

SAME_PLANE_MM = 0.01
"""Frames nearer to each other across their planes are of the same plane."""
MOST_PLANES, MOST_VOXELS = 1 << 16, 1 << 29
"""A few frames far from each other span a grid that no memory can hold."""


def own_grid(segmentation: Segmentation) -> LabelGrid:
    """The canonical form of the grid that a segmentation spans itself, for want of the images it was drawn on.

    Raises
    ------
    Refused
        As `own_stack`.
    """
    canonical = canonical_grid(own_stack(segmentation))
    detail = "the images that it was drawn on are not there; the grid is the segmentation's own"
    return LabelGrid(
        affine=canonical.affine,
        shape=(canonical.shape[0], canonical.shape[1], canonical.shape[2]),
        remarks=(Remark(code="no-reference", detail=detail),),
    )


def own_stack(segmentation: Segmentation) -> Stack:
    """The planes of a segmentation as a stack: one slice per plane, with and without frames.

    The distance between planes is the smallest between frames, unless the file states one that divides all of them:
    empty planes have no frames. If the others are no multiples of it, it is the thickness. Positions say how large the
    step is exactly; it must place every frame within 2 % of itself, and 0.1 mm.

    Raises
    ------
    Refused
        ``inconsistent-series`` if frames differ in direction or pixel spacing, ``uneven-spacing`` if no distance fits,
        ``no-spacing`` if all frames lie in one plane and nothing says how thick it is, ``impossible-size``.
    """
    frames = [item.frame for item in segmentation.frames]
    first = frames[0]
    _check_alike(frames)
    places = _places(frames, normal_of(first))
    numbers, step, deviation = _regular(
        places, normal_of(first), distance=segmentation.slice_distance, thickness=first.instance.thickness
    )
    count = int(numbers[-1]) + 1
    if count > MOST_PLANES or count * first.rows * first.columns > MOST_VOXELS:
        raise Refused(
            "impossible-size",
            f"the frames span {count} planes of {first.columns} x {first.rows}, more than can be kept",
        )
    return Stack(
        phases=((first,),),
        positions=tuple((places @ normal_of(first)).tolist()),
        first=places[0],
        step=step,
        slices=(Slice(0, 0),) * count,
        deviation=deviation,
    )


def _check_alike(frames: Sequence[Frame]) -> None:
    directions = np.array([frame.orientation for frame in frames])
    spacings = np.array([frame.spacing for frame in frames])
    turned = np.abs(directions - directions[0]).max() > ORIENTATION_TOLERANCE
    scaled = (np.abs(spacings - spacings[0]) > SPACING_TOLERANCE * spacings[0]).any()
    if turned or scaled:
        raise Refused("inconsistent-series", "the frames do not all have the same directions and pixel spacings")


def _places(frames: Sequence[Frame], normal: Points) -> Points:
    """Positions along the normal, one for each plane."""
    places = np.array([frame.position for frame in frames], np.float64)
    places = places[np.argsort(places @ normal, kind="stable")]
    new = np.diff(places @ normal, prepend=-np.inf) > SAME_PLANE_MM
    return np.asarray(places[new])


def _regular(
    places: Points, normal: Points, *, distance: float | None, thickness: float | None
) -> tuple[Indices, Points, float]:
    """Numbers of the planes in a regular grid, the step of the grid, and how far a place is from it at most."""
    between = np.diff(places @ normal)
    tried = [length for length in (distance, min(between, default=None), thickness) if length and is_length(length)]
    if len(places) == 1:
        if not tried:
            raise Refused("no-spacing", "all frames lie in one plane, and nothing says how thick it is")
        return np.zeros(1, np.int64), normal * tried[0], 0.0
    for length in tried:
        # summed up over the way: small differences between distances must not add up
        numbers = np.concatenate([[0], np.cumsum(np.rint(between / length))])
        if numbers[-1] < len(between):
            continue
        step = (places[-1] - places[0]) / numbers[-1]
        deviation = float(np.linalg.norm(places - places[0] - numbers[:, None] * step, axis=1).max())
        if deviation <= min(EVEN_SHARE * float(np.linalg.norm(step)), EVEN_MM):
            return numbers.astype(np.int64), step, deviation
    raise Refused("uneven-spacing", "the distances between the frames are no multiples of one distance")
