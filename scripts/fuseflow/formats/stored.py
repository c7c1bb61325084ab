"""Volumes as their files hold them, and the one way in which they become canonical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.piecewise import count_not_finite, in_single_precision
from fuseflow.volume import Affine, Data, FourthAxis, Geometry, Volume, spans_volume, to_named_axes, to_ras

FARTHEST = 1e6
"""In mm, one kilometre: no patient is as large, and no scanner's origin as far away."""
LARGEST_ITEM = 8
"""Bytes per voxel; wider floats exist on some machines only."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something a user should know about a file that could be read: a code and one sentence."""

    code: str
    detail: str


def surplus(count: int) -> list[Remark]:
    """The remark on bytes that follow the image in its file; none if there are none.

    Examples
    --------
    >>> [remark.code for remark in surplus(4)], surplus(0)
    (['surplus-data'], [])
    """
    return [Remark(code="surplus-data", detail=f"{count} bytes follow the image and were not used")] if count else []


@dataclass(frozen=True, kw_only=True)
class StoredVolume:
    """A volume as a reader of some format finds it.

    Parameters
    ----------
    format
        The format by its common name, such as ``NIfTI-1``.
    data
        Values, any byte order, shape (i, j), (i, j, k) or (i, j, k, fourth), with i the axis that `affine` maps by its
        first column. If the format scales them, as `fuseflow.formats.piecewise.scaled` gives them.
    affine
        Voxel indices -> positions, RAS+ in mm; None if nothing at all is known of the grid.
    geometry
        What is known of the grid.
    fourth_axis
        What the fourth axis is; None of volumes with fewer.
    facts
        What the header says besides, as JSON values, without anything that identifies a person.
    remarks
        What is wrong or ambiguous in the header.
    """

    format: str
    data: Data
    affine: Affine | None
    geometry: Geometry = "world"
    fourth_axis: FourthAxis | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[Remark] = ()


def canonical_volume(stored: StoredVolume) -> Volume:
    """The canonical form of a volume: axes RAS+, native byte order, the smallest type that holds every value.

    A volume that is not known to lie anywhere keeps the direction of its axes: to turn them would say more than is
    known.
    Integers keep their type, so that labels stay integers. Floats become float32 where that holds every value exactly,
    else they stay float64.

    Raises
    ------
    Refused
        ``unsupported-dimensions``, ``unsupported-pixels`` or ``no-geometry``.

    Examples
    --------
    >>> stored = StoredVolume(format="NRRD", data=np.zeros((2, 3, 4), ">i2"), affine=np.diag([-1.0, 1, 2, 1]))
    >>> volume = canonical_volume(stored)
    >>> volume.data.dtype, volume.affine[0, 0].item(), volume.sidecar["data_type"]
    (dtype('int16'), 1.0, 'int16')
    """
    data = _of_four_axes_at_most(stored)
    affine = np.eye(4) if stored.affine is None else np.asarray(stored.affine, np.float64)
    if not spans_volume(affine):
        raise Refused("no-geometry", "the directions and spacings of the grid do not span a volume")
    if np.abs(affine[:3]).max() > FARTHEST:
        raise Refused("no-geometry", f"the grid has positions or spacings of more than {FARTHEST:g} mm")
    turned = _in_canonical_type(data)
    turned, affine = (to_ras if stored.geometry == "world" else to_named_axes)(turned, affine)
    remarks = [*stored.remarks, *_remarks_on_values(turned)]
    sidecar = {
        "format": stored.format,
        "shape": list(turned.shape),
        "axes": ["x", "y", "z", *([stored.fourth_axis.name] if stored.fourth_axis else [])],
        "fourth_axis": asdict(stored.fourth_axis) if stored.fourth_axis else None,
        "geometry": stored.geometry,
        "affine": affine.tolist() if stored.geometry != "unknown" else None,
        "data_type": str(turned.dtype),
        "stored_data_type": str(data.dtype.newbyteorder("=")),
        **stored.facts,
        "warnings": [asdict(remark) for remark in remarks],
    }
    return Volume(data=turned, affine=affine, geometry=stored.geometry, fourth_axis=stored.fourth_axis, sidecar=sidecar)


def _of_four_axes_at_most(stored: StoredVolume) -> Data:
    data = stored.data
    if data.ndim < 3:
        data = data.reshape(*data.shape, *[1] * (3 - data.ndim))
    if data.ndim != (4 if stored.fourth_axis else 3) or 0 in data.shape:
        raise Refused(
            "unsupported-dimensions",
            f"the {stored.format} volume has the shape {' x '.join(map(str, data.shape))}; three or four axes can be"
            " kept, none of them empty",
        )
    return data


def _in_canonical_type(data: Data) -> Data:
    kind, size = data.dtype.kind, data.dtype.itemsize
    if kind not in "biuf" or size > LARGEST_ITEM:
        raise Refused("unsupported-pixels", f"the voxels are of the type {data.dtype}, not integers or real numbers")
    if kind == "b":
        return data.astype(np.uint8)
    if kind in "iu":
        return data.astype(data.dtype.newbyteorder("="), copy=False)
    if size <= np.dtype(np.float32).itemsize:
        return data.astype(np.float32, copy=False)
    single = in_single_precision(data)
    return data.astype(np.float64, copy=False) if single is None else single


def _remarks_on_values(data: Data) -> list[Remark]:
    if data.dtype.kind != "f":
        return []
    missing, infinite = count_not_finite(data)
    if not missing + infinite:
        return []
    return [Remark(code="not-finite", detail=f"{missing} voxels are NaN and {infinite} infinite, of {data.size}")]
