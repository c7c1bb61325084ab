"""Where the voxels of NIfTI files lie: sform, qform, spacings and units.

Source: the NIfTI-1 header (https://nifti.nimh.nih.gov/nifti-1), "3D image (volume) orientation and location in space",
methods 1 to 3, and the fields `pixdim` and `xyzt_units`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from nibabel.quaternions import quat2mat

from fuseflow.errors import Refused
from fuseflow.formats.stored import Remark
from fuseflow.formats.units import SECONDS, in_millimetres
from fuseflow.volume import Affine, FourthAxis, Geometry, spans_volume

LENGTH_UNITS = {1: "m", 2: "mm", 3: "um"}
"""Codes of the unit of the first three axes."""
TIME_UNITS = {8: "s", 16: "ms", 24: "us"}
"""Codes of the unit of the fourth axis, if that is time."""
SPATIAL, TEMPORAL = 0x07, 0x38
"""The bits of `xyzt_units` for each."""
TIME_SERIES = 2001
"""The intent code that says that the fourth axis is time."""
CONFLICT = 1e-4
"""Distance in mm from which sform and qform are said to disagree, beyond what single precision leaves open."""
SINGLE = float(np.finfo(np.float32).eps)
HALF_TURN = 1e-7
"""How far below 1 the squared length of a quaternion's last three numbers means a half turn, as in nifti1_io.c."""
LONG_QUATERNION = 1e-6
"""What rounding adds to a squared length of 1 at most."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One of the two ways in which a header can place its grid.

    Parameters
    ----------
    affine
        Voxel indices -> positions, RAS+ in mm.
    play
        How far a voxel may be off, relative to its distance from the first one: rotations are rounded when stored.
    """

    affine: Affine
    play: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What a header says of its grid, as in `fuseflow.formats.stored.StoredVolume`."""

    affine: Affine | None
    geometry: Geometry
    remarks: Sequence[Remark] = ()


def millimetres(units: int) -> tuple[float, list[Remark]]:
    """How many mm the unit of positions is, and a remark if that is not stated or not 1.

    Parameters
    ----------
    units
        The field `xyzt_units`.

    Examples
    --------
    >>> millimetres(1)[0], millimetres(2), millimetres(0)[1][0].code
    (1000.0, (1.0, []), 'no-units')
    """
    return in_millimetres(LENGTH_UNITS.get(units & SPATIAL, ""))


def sform(rows: npt.ArrayLike) -> Form:
    """The affine that is stored as it is.

    Parameters
    ----------
    rows
        The fields `srow_x`, `srow_y` and `srow_z` in mm, shape (3, 4).

    Raises
    ------
    Refused
        ``no-geometry``.

    Examples
    --------
    >>> sform(np.zeros((3, 4)))
    Traceback (most recent call last):
    fuseflow.errors.Refused: no-geometry: the sform does not span a volume
    """
    affine = np.vstack([np.asarray(rows, np.float64), [0, 0, 0, 1]])
    if not np.isfinite(affine).all():
        raise Refused("no-geometry", "the sform holds a value that is no finite number")
    if not spans_volume(affine):
        raise Refused("no-geometry", "the sform does not span a volume")
    return Form(affine=affine)


def qform(vector: Sequence[float], *, offset: npt.ArrayLike, spacings: npt.ArrayLike, sign: float) -> Form:
    """The affine of a rotation, spacings and the position of the first voxel.

    Parameters
    ----------
    vector
        The last three numbers of the unit quaternion; the first follows from them and is not negative.
    offset
        Of the first voxel, in mm.
    spacings
        Three, in mm.
    sign
        The field `pixdim[0]`: -1 if the third axis runs the other way; 0 means 1.

    Raises
    ------
    Refused
        ``no-geometry``.

    Examples
    --------
    >>> qform([0, 0, 1], offset=[5, 6, 7], spacings=[1, 2, 3], sign=-1).affine.tolist()
    [[-1.0, 0.0, 0.0, 5.0], [0.0, -2.0, 0.0, 6.0], [0.0, 0.0, -3.0, 7.0], [0.0, 0.0, 0.0, 1.0]]
    """
    sizes = np.asarray(spacings, np.float64)
    squared = sum(component**2 for component in vector)
    if not np.isfinite([squared, sign, *sizes, *np.asarray(offset, np.float64)]).all():
        raise Refused("no-geometry", "the qform holds a value that is no finite number")
    if squared > 1 + LONG_QUATERNION:
        raise Refused("no-geometry", "the qform has a quaternion that is longer than 1")
    if sign not in (-1, 0, 1):
        raise Refused("no-geometry", "the qform has a factor of the third axis that is neither 1 nor -1")
    if sizes.min() <= 0:
        raise Refused("no-geometry", "the qform has a spacing that is not positive")
    first = math.sqrt(max(0.0, 1 - squared))
    if 1 - squared < HALF_TURN:
        # the rest is rounding noise of a half turn, whose root would be a rotation of its own
        first, vector = 0.0, [component / math.sqrt(squared) for component in vector]
    affine = np.eye(4)
    affine[:3, :3] = quat2mat([first, *vector]) * sizes
    affine[:3, 2] *= -1 if sign < 0 else 1
    affine[:3, 3] = offset
    # A rounding error of the squared length is one of its root, and large where the root is small
    return Form(affine=affine + 0.0, play=2 * SINGLE / max(first, math.sqrt(SINGLE)))


def grid_of_forms(forms: Mapping[str, Form], shape: tuple[int, ...]) -> Grid:
    """The grid of a header that places it: by its sform, else by its qform.

    Parameters
    ----------
    forms
        Those that are set and usable, at least one, under the names ``sform`` and ``qform``.
    shape
        Voxels along the axes; as many as there are.

    Examples
    --------
    >>> apart = Form(affine=np.diag([1.0, 1.0, 2.0, 1.0]))
    >>> grid = grid_of_forms({"sform": apart, "qform": Form(affine=np.eye(4))}, (2, 2, 2))
    >>> grid.remarks[0].detail
    'sform and qform place a corner of the grid 1 mm apart; the sform is taken'
    """
    chosen = forms.get("sform") or forms["qform"]
    remarks = _conflict(forms["sform"], forms["qform"], shape) if len(forms) == 2 else []
    return Grid(affine=chosen.affine, geometry="world", remarks=remarks)


def _conflict(one: Form, other: Form, shape: tuple[int, ...]) -> list[Remark]:
    last = [length - 1 for length in _lengths(shape)]
    corners = np.array([[*corner, 1] for corner in product(*((0, index) for index in last))], np.float64).T
    apart = np.linalg.norm(((one.affine - other.affine) @ corners)[:3], axis=0)
    distances = np.linalg.norm((other.affine @ corners)[:3] - other.affine[:3, 3:], axis=0)
    if (apart <= CONFLICT + other.play * distances).all():
        return []
    detail = f"sform and qform place a corner of the grid {apart.max():.4g} mm apart; the sform is taken"
    return [Remark(code="sform-qform-conflict", detail=detail)]


def spacings_along(stated: Sequence[float], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Three spacings, with 1 in the place of one that is not positive, along an axis where it does not matter.

    Parameters
    ----------
    stated
        The fields `pixdim[1]` to `pixdim[3]`.
    shape
        Voxels along the axes; as many as there are.

    Examples
    --------
    >>> spacings_along([2, 2, 0], (64, 64)).tolist()
    [2.0, 2.0, 1.0]
    """
    lengths, sizes = _lengths(shape), np.array(stated, np.float64)
    sizes[(np.array(lengths) == 1) & ~(sizes > 0)] = 1
    return sizes


def grid_of_spacings(spacings: npt.NDArray[np.float64]) -> Grid:
    """The grid of a header that states no more than spacings; of nothing, if these are no positive numbers.

    Signs of spacings mean nothing: which way the axes run is not known.

    Parameters
    ----------
    spacings
        Three, in mm, as of `spacings_along`.

    Examples
    --------
    >>> grid_of_spacings(np.array([2, 2, 3])).affine.tolist()
    [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    sizes = np.abs(spacings)
    if not (np.isfinite(sizes).all() and sizes.min() > 0):
        detail = "a spacing is 0 or no finite number; nothing is known of the grid"
        return Grid(affine=None, geometry="unknown", remarks=[Remark(code="no-spacing", detail=detail)])
    affine = np.diag([*sizes, 1.0])
    detail = "a spacing is negative; its sign is left out"
    remarks = [Remark(code="negative-spacing", detail=detail)] if spacings.min() < 0 else []
    return Grid(affine=affine, geometry="spacing", remarks=remarks)


def fourth_axis(step: float, *, units: int, intent: int) -> FourthAxis:
    """What the fourth axis is: time if the unit or the intent says so.

    Parameters
    ----------
    step
        The field `pixdim[4]`.
    units
        The field `xyzt_units`.
    intent
        The field `intent_code`.

    Examples
    --------
    >>> fourth_axis(2500, units=2 | 16, intent=0)
    FourthAxis(name='time', step=2.5, unit='s')
    >>> fourth_axis(2500, units=2, intent=0)
    FourthAxis(name='unknown', step=None, unit='')
    """
    unit = TIME_UNITS.get(units & TEMPORAL)
    if unit is None:
        return FourthAxis(name="time" if intent == TIME_SERIES else "unknown")
    if not math.isfinite(step) or step <= 0:
        return FourthAxis(name="time")
    return FourthAxis(name="time", step=step * SECONDS[unit], unit="s")


def _lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:3], 1, 1, 1)[:3]
