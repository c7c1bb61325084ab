"""What the axes of an NRRD image are: which of them run in space, and where the grid lies.

The format knows named spaces, vectors along the axes in them, kinds of axes, and spacings without a space. A volume has
two or three axes in space and one other at most, which comes last here wherever it is in the file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.nrrd.header import NrrdHeader
from fuseflow.formats.planes import plane_spacing
from fuseflow.formats.stored import Remark
from fuseflow.formats.units import SECONDS, in_millimetres
from fuseflow.volume import Affine, FourthAxis, Geometry

SPACES = {
    "right-anterior-superior": (1, 1),
    "ras": (1, 1),
    "left-anterior-superior": (-1, 1),
    "las": (-1, 1),
    "left-posterior-superior": (-1, -1),
    "lps": (-1, -1),
}
"""Anatomical spaces -> signs that make their x and y RAS+; other spaces say nothing about the patient."""
WITH_TIME = {"rast": "ras", "last": "las", "lpst": "lps"}
SPATIAL_KINDS = ("", "domain", "space")
SERIES_KINDS = ("time", "list", "stub", "scalar")
RGB_KINDS = ("rgb-color", "rgbcolor", "rgb")
COLOUR_KINDS = (
    *RGB_KINDS,
    *("rgba-color", "rgbacolor", "rgba", "hsv-color", "hsvcolor", "hsv", "xyz-color", "3-color", "4-color"),
)
FOURTH_AXES = ("time", "echo", "phase", "frame", "energy", "diffusion")
"""Labels that are taken over as names of a fourth axis; any other may be free text."""


@dataclass(frozen=True, kw_only=True)
class NrrdAxes:
    """The axes of an image, sorted out.

    Parameters
    ----------
    order
        Axes of the file in the order x, y, z, fourth.
    spatial
        How many of these run in space, 2 or 3.
    colour
        Whether the last is a colour.
    fourth
        What the last is, if it is neither in space nor a colour.
    affine
        RAS+ in mm; None if nothing is known of the grid.
    geometry
        What is known of it.
    remarks
        What is unusual.
    """

    order: tuple[int, ...]
    spatial: int
    colour: bool
    fourth: FourthAxis | None
    affine: Affine | None
    geometry: Geometry
    remarks: tuple[Remark, ...]


def axes_of(header: NrrdHeader) -> NrrdAxes:
    r"""Sort out the axes that a header describes.

    Raises
    ------
    Refused
        ``unsupported-pixels`` if an axis holds the components of vectors, matrices or complex numbers;
        ``unsupported-dimensions`` if not two or three axes run in space, or more than one does not; ``no-geometry``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fuseflow.formats.nrrd.header import read_nrrd_header
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> lines = ["NRRD0004", "type: short", "dimension: 3", "sizes: 2 3 4", "encoding: raw", "endian: little", "", ""]
    >>> _ = path.write_text("\n".join(lines))
    >>> axes = axes_of(read_nrrd_header(path))
    >>> axes.order, axes.geometry
    ((0, 1, 2), 'unknown')
    """
    _refuse_components(header)
    remarks: list[Remark] = []
    others = [axis for axis in range(len(header.sizes)) if not _is_spatial(header, axis)]
    spatial = [axis for axis in range(len(header.sizes)) if axis not in others]
    if len(spatial) == 4:
        others = [spatial.pop()]
        detail = "the header names no axis that does not run in space; the last is taken for it"
        remarks.append(Remark(code="fourth-axis-assumed", detail=detail))
    if len(spatial) not in (2, 3) or len(others) > 1:
        raise Refused(
            "unsupported-dimensions",
            f"{len(spatial)} axes run in space and {len(others)} do not; two or three and one at most can be kept",
        )
    affine, geometry, on_geometry = _geometry(header, spatial)
    colour = any(header.kinds[axis] in COLOUR_KINDS for axis in others)
    return NrrdAxes(
        order=(*spatial, *others),
        spatial=len(spatial),
        colour=colour,
        fourth=_fourth(header, others[0]) if others and not colour else None,
        affine=affine,
        geometry=geometry,
        remarks=(*remarks, *on_geometry),
    )


def _refuse_components(header: NrrdHeader) -> None:
    for kind, size in zip(header.kinds, header.sizes, strict=True):
        if kind not in (*SPATIAL_KINDS, *SERIES_KINDS, *COLOUR_KINDS):
            raise Refused(
                "unsupported-pixels",
                f"an axis of {size} samples holds the components of vectors, matrices or the like, not single numbers",
            )


def _is_spatial(header: NrrdHeader, axis: int) -> bool:
    if header.kinds[axis] in (*SERIES_KINDS, *COLOUR_KINDS):
        return False
    if header.directions is None:
        return True
    direction = header.directions[axis]
    return direction is not None and any(direction[:3])


def _geometry(header: NrrdHeader, spatial: list[int]) -> tuple[Affine | None, Geometry, list[Remark]]:
    if header.directions is None:
        factor, remarks = _factor([header.units[axis] for axis in spatial])
        affine, geometry, on_spacing = _from_spacings([factor * header.spacings[axis] for axis in spatial])
        return affine, geometry, [*remarks, *on_spacing]
    vectors = [header.directions[axis] or () for axis in spatial]
    plane = len(spatial) == 2
    # only a space without a name may have two dimensions
    dimensions = (2, 3, 4) if plane and not header.space else (3, 4)
    if any(len(vector) not in dimensions or any(vector[3:]) for vector in vectors):
        raise Refused("no-geometry", "the directions are not vectors in space, or mix space and time")
    factor, remarks = _factor(header.space_units[:3])
    columns = factor * np.array([vector[:3] for vector in vectors]).T
    if plane:
        spacing, on_place = plane_spacing(columns, origin=header.origin)
        return np.diag([*spacing, 1.0, 1.0]), "spacing", [*remarks, *on_place]
    name = header.space.removesuffix("-time")
    signs = SPACES.get(WITH_TIME.get(name, name))
    if signs is None:
        detail = "the header does not name an anatomical space; where the grid lies in the patient is not known"
        remarks.append(Remark(code="no-space", detail=detail))
    if signs is None:
        affine, geometry, on_spacing = _from_spacings(np.linalg.norm(columns, axis=0).tolist())
        return affine, geometry, [*remarks, *on_spacing]
    affine = np.eye(4)
    affine[:3, :3] = columns
    if header.origin is not None:
        if len(header.origin) not in (3, 4):
            raise Refused("no-geometry", "the origin is no position in space")
        affine[:3, 3] = factor * np.array(header.origin[:3])
    else:
        remarks.append(Remark(code="no-origin", detail="the header does not say where the first sample lies"))
    return np.diag([*signs, 1.0, 1.0]) @ affine, "spacing" if header.origin is None else "world", remarks


def _from_spacings(spacings: list[float]) -> tuple[Affine | None, Geometry, list[Remark]]:
    """The geometry of axes of which only the spacings are known, in mm."""
    if any(math.isnan(spacing) for spacing in spacings):
        return (
            None,
            "unknown",
            [Remark(code="no-spacing", detail="the header does not state the spacing of every axis")],
        )
    if any(spacing == 0 or math.isinf(spacing) for spacing in spacings):
        raise Refused("no-geometry", "the spacing in the header holds a zero or a value that is not finite")
    detail = "a spacing is negative; its sign is left out"
    remarks = [Remark(code="negative-spacing", detail=detail)] if min(spacings) < 0 else []
    return np.diag([*map(abs, spacings), *[1.0] * (4 - len(spacings))]), "spacing", remarks


def _factor(units: Sequence[str]) -> tuple[float, list[Remark]]:
    """What makes lengths of some axes mm."""
    stated = set(units) - {"", "???"}
    # most headers name none, and mean mm
    return in_millimetres(min(stated, default="mm") if len(stated) < 2 else "")


def _fourth(header: NrrdHeader, axis: int) -> FourthAxis:
    direction = (header.directions or {axis: None})[axis]
    label = header.labels[axis]
    name = label if label in FOURTH_AXES else "unknown"
    if header.kinds[axis] == "time" or (direction and direction[3:]):
        name = "time"
    step = direction[3] if direction and direction[3:] else header.spacings[axis]
    factor = SECONDS.get(header.units[axis])
    if not math.isfinite(step):
        return FourthAxis(name=name)
    return FourthAxis(name=name, step=step * (factor or 1.0), unit="s" if factor else "")
