"""What both versions of MINC have in common: how voxels become real values, and where they lie.

Source: "MINC 1 Programmer's Guide" and "MINC 2.0 File Format Reference" (McConnell Brain Imaging Centre,
https://en.wikibooks.org/wiki/MINC/Reference): dimension variables, `image`, `image-max`, `image-min`, `valid_range`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.piecewise import count_outside, is_too_small, scaled
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.formats.units import MILLIMETRES, NO_UNITS, SECONDS
from fuseflow.volume import Affine, FourthAxis, Geometry

SPACE = ("xspace", "yspace", "zspace")
"""To the right, to the front and upwards, unless direction cosines say otherwise."""
REGULAR, IRREGULAR = "regular__", "irregular"
TIME, VECTOR = "time", "vector_dimension"
UNIT_LENGTH = 1e-3
"""How much the length of a direction may differ from 1."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The real values of the largest and the smallest voxel, per slice or for all.

    Parameters
    ----------
    dimensions
        Names of the dimensions along which they differ: the first ones of the image, or none.
    highest, lowest
        `image-max` and `image-min`, of the shape of these dimensions.
    """

    dimensions: tuple[str, ...]
    highest: npt.NDArray[Any]
    lowest: npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class MincImage:
    """An image as a file of either version holds it.

    Parameters
    ----------
    format
        ``MINC-1`` or ``MINC-2``.
    voxels
        As stored.
    dimensions
        Names of its axes.
    axes
        Name -> attributes of the dimension: text as str, numbers as arrays.
    attributes
        Of the voxels.
    limits
        None if the file does not state them.
    remarks
        On the file.
    """

    format: str
    voxels: npt.NDArray[Any]
    dimensions: tuple[str, ...]
    axes: Mapping[str, Mapping[str, Any]]
    attributes: Mapping[str, Any]
    limits: Limits | None
    remarks: Sequence[Remark] = ()


def check_dimensions(dimensions: Sequence[str]) -> None:
    """Make sure that an image has three axes in space, and time at most besides.

    Raises
    ------
    Refused
        ``colour`` or ``unsupported-dimensions``.

    Examples
    --------
    >>> check_dimensions(["time", "zspace", "yspace", "xspace"])
    >>> check_dimensions(["yspace", "xspace"])
    Traceback (most recent call last):
    fuseflow.errors.Refused: unsupported-dimensions: the image has 2 axes, not three in space and at most one of time
    """
    if VECTOR in dimensions:
        raise Refused("colour", "the voxels are vectors, such as colours, and those of a volume are numbers")
    if sorted(set(dimensions) - {TIME}) != list(SPACE) or len(set(dimensions)) != len(dimensions):
        count = f"the image has {len(dimensions)} axes"
        raise Refused("unsupported-dimensions", f"{count}, not three in space and at most one of time")


def stored_volume(image: MincImage) -> StoredVolume:
    """The volume: real values, time as the last axis.

    Raises
    ------
    Refused
        ``unreadable``, ``no-geometry``, ``uneven-spacing``, ``colour`` or ``unsupported-dimensions``.

    Examples
    --------
    >>> names = ("zspace", "yspace", "xspace")
    >>> image = MincImage(
    ...     format="MINC-2",
    ...     voxels=np.zeros((4, 3, 2), np.float32),
    ...     dimensions=names,
    ...     axes={name: {"step": 2.0, "units": "mm"} for name in names},
    ...     attributes={},
    ...     limits=None,
    ... )
    >>> stored_volume(image).affine[:3, :3].tolist()
    [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]]
    """
    check_dimensions(image.dimensions)
    if str(image.attributes.get("complete", "")).startswith("false"):
        raise Refused("unreadable", "the file says that it has not been written to the end")
    values, scale_remarks = _real_values(image)
    space = [name for name in image.dimensions if name != TIME]
    values, fourth_axis, time_remarks = _with_time_last(values, image)
    affine, geometry, grid_remarks = _grid(space, image.axes)
    return StoredVolume(
        format=image.format,
        data=values,
        affine=affine,
        geometry=geometry,
        fourth_axis=fourth_axis,
        facts={
            "stored_data_type": image.voxels.dtype.newbyteorder("=").name,
            "dimensions": list(image.dimensions),
        },
        remarks=[*image.remarks, *scale_remarks, *time_remarks, *grid_remarks],
    )


def _with_time_last(
    values: npt.NDArray[Any], image: MincImage
) -> tuple[npt.NDArray[Any], FourthAxis | None, list[Remark]]:
    if TIME not in image.dimensions:
        return values, None, []
    values = np.moveaxis(values, image.dimensions.index(TIME), -1)
    if values.shape[-1] > 1:
        return values, _time(image.axes.get(TIME, {})), []
    remark = Remark(code="singleton-axes", detail="the axis of time has the length 1 and is left out")
    return values[..., 0], None, [remark]


def _real_values(image: MincImage) -> tuple[npt.NDArray[Any], list[Remark]]:
    """Voxels between the ends of the valid range become values between `image-min` and `image-max`."""
    voxels = image.voxels
    if voxels.dtype.kind == "f":
        return voxels, []
    if image.limits is None:
        detail = "the file does not state the real values of its voxels (image-max, image-min); they are kept as stored"
        return voxels, [Remark(code="no-real-range", detail=detail)]
    low, high = _valid_range(image)
    slope, intercept = _scale(image.limits, image, low=low, high=high)
    outside = count_outside(voxels, low, high)
    remarks = []
    if outside:
        detail = f"{outside} voxels lie outside of the range that the file calls valid; they are set to its ends"
        remarks.append(Remark(code="outside-valid-range", detail=detail))
    elif (slope == 1).all() and (intercept == 0).all():
        return voxels, []
    return scaled(voxels, slope=slope, intercept=intercept, within=(low, high)), remarks


def _valid_range(image: MincImage) -> tuple[float, float]:
    kind = np.iinfo(image.voxels.dtype)
    stated = [image.attributes.get("valid_min"), image.attributes.get("valid_max")]
    found = image.attributes.get("valid_range", stated if None not in stated else [kind.min, kind.max])
    numbers = _numbers(found, 2)
    if numbers is None or not kind.min <= numbers[0] < numbers[1] <= kind.max:
        raise Refused("unreadable", "the range of valid voxels is none of the type that the voxels have")
    return float(numbers[0]), float(numbers[1])


def _scale(
    limits: Limits, image: MincImage, *, low: float, high: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Slopes and intercepts, of a shape that can be multiplied with the voxels."""
    count = len(limits.dimensions)
    shape = image.voxels.shape[:count]
    if limits.dimensions != image.dimensions[:count] or not limits.highest.shape == limits.lowest.shape == shape:
        raise Refused("unreadable", "image-max and image-min do not have the first dimensions of the image")
    broad = (*shape, *[1] * (image.voxels.ndim - count))
    highest, lowest = (limit.astype(np.float64).reshape(broad) for limit in (limits.highest, limits.lowest))
    if not (np.isfinite(highest).all() and np.isfinite(lowest).all()):
        raise Refused("unreadable", "image-max or image-min holds a value that is no finite number")
    slope = (highest - lowest) / (high - low)
    if is_too_small(slope):
        raise Refused("unreadable", "image-max and image-min are so near that all values would be the same")
    return slope, lowest - low * slope


def _grid(space: list[str], axes: Mapping[str, Mapping[str, Any]]) -> tuple[Affine, Geometry, list[Remark]]:
    """The affine, one column per axis as the file orders them."""
    affine = np.eye(4)
    remarks = []
    for column, name in enumerate(space):
        attributes = axes.get(name, {})
        remarks += _remarks_on_spacing(attributes)
        direction, direction_remarks = _direction(name, attributes)
        remarks += direction_remarks
        affine[:3, column] = direction * _number(attributes, "step", missing=1.0)
        affine[:3, 3] += direction * _number(attributes, "start", missing=0.0)
    without_step = sum("step" not in axes.get(name, {}) for name in space)
    if without_step:
        detail = f"the spacing along {without_step} axes is not stated; 1 mm stands in for it"
        return affine, "unknown", [*remarks, Remark(code="no-spacing", detail=detail)]
    return affine, "world", [*remarks, *_remarks_on_units([axes[name] for name in space])]


def _remarks_on_spacing(attributes: Mapping[str, Any]) -> list[Remark]:
    spacing = str(attributes.get("spacing", REGULAR))
    if spacing == IRREGULAR:
        raise Refused("uneven-spacing", "an axis in space is not evenly spaced")
    if spacing == REGULAR:
        return []
    detail = "an axis is said to be neither regular nor irregular; it is taken as regular"
    return [Remark(code="odd-spacing", detail=detail)]


def _remarks_on_units(axes: Sequence[Mapping[str, Any]]) -> list[Remark]:
    units = {str(attributes.get("units", "")).strip().lower() for attributes in axes}
    if any(MILLIMETRES.get(unit) != 1 for unit in units - {""}):
        raise Refused("no-geometry", "an axis in space is stated in another unit than mm")
    return [NO_UNITS] if "" in units else []


def _direction(name: str, attributes: Mapping[str, Any]) -> tuple[npt.NDArray[np.float64], list[Remark]]:
    if "direction_cosines" not in attributes:
        return np.eye(3)[SPACE.index(name)], []
    direction = _numbers(attributes["direction_cosines"], 3)
    length = 0.0 if direction is None else float(np.linalg.norm(direction))
    if direction is None or length == 0:
        raise Refused("no-geometry", "the direction of an axis is not made of three finite numbers, or all are 0")
    if abs(length - 1) <= UNIT_LENGTH:
        return direction, []
    detail = f"the direction of an axis has the length {length:.4g}; it is made 1"
    return direction / length, [Remark(code="direction-length", detail=detail)]


def _number(attributes: Mapping[str, Any], name: str, *, missing: float) -> float:
    numbers = _numbers(attributes.get(name, missing), 1)
    if numbers is None:
        raise Refused("no-geometry", f"the {name} of an axis is no finite number")
    return float(numbers[0])


def _time(attributes: Mapping[str, Any]) -> FourthAxis:
    step = _numbers(attributes.get("step"), 1)
    seconds = SECONDS.get(str(attributes.get("units", "")).strip().lower())
    regular = str(attributes.get("spacing", REGULAR)) == REGULAR
    if step is None or step[0] <= 0 or seconds is None or not regular:
        return FourthAxis(name="time")
    return FourthAxis(name="time", step=float(step[0]) * seconds, unit="s")


def _numbers(found: Any, count: int) -> npt.NDArray[np.float64] | None:
    """Finite numbers, if there are as many as expected."""
    try:
        numbers = np.asarray(found, np.float64).reshape(-1)
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count and all(map(math.isfinite, numbers)) else None
