"""Sidecars of arrays: JSON files beside them that say what their axes are, and where the grid lies.

The sidecars that are written beside volumes are such files, so that an array and its sidecar can be read back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from fuseflow.errors import Refused
from fuseflow.volume import Affine, FourthAxis, Geometry

SIDECAR_LIMIT = 2**22
"""Bytes; those of DICOM series name every slice."""
SPACE = ("x", "y", "z")
CHANNEL = "channel"
ADVICE = 'must name the axes in their order, such as {"axes": ["z", "y", "x"], "spacing": [1.0, 1.0, 2.5]}'
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_UNIT = re.compile(r"[A-Za-z%/0-9]{0,8}")


@dataclass(frozen=True, kw_only=True)
class AxesSidecar:
    """What a sidecar says.

    Parameters
    ----------
    axes
        Names of the array's axes, in their order: ``x``, ``y``, ``z``, ``channel``, or that of a fourth axis.
    affine
        Voxel indices in the order x, y, z -> positions, RAS+ in mm; None if nothing is known of the grid.
    geometry
        What is known of it.
    fourth_axis
        What the axis is that has another name, if there is one.
    """

    axes: tuple[str, ...]
    affine: Affine | None
    geometry: Geometry
    fourth_axis: FourthAxis | None


def read_axes_sidecar(path: Path) -> AxesSidecar:
    """Read the sidecar of an array.

    Raises
    ------
    Refused
        ``no-axes`` if there is none or it does not name the axes, ``unreadable`` if it is no JSON or holds values of
        other types than expected, ``no-geometry``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.json"
    >>> _ = path.write_text('{"axes": ["z", "y", "x"], "spacing": [1.0, 1.0, 2.5]}')
    >>> sidecar = read_axes_sidecar(path)
    >>> sidecar.axes, sidecar.geometry, sidecar.affine.diagonal().tolist()
    (('z', 'y', 'x'), 'spacing', [1.0, 1.0, 2.5, 1.0])
    """
    content = _content(path)
    axes = content.get("axes")
    if not isinstance(axes, list):
        raise Refused("no-axes", f"the sidecar {ADVICE}")
    if not all(isinstance(name, str) and _WORD.fullmatch(name) for name in axes) or len(set(axes)) < len(axes):
        raise Refused("unreadable", '"axes" in the sidecar is no list of different lower-case names')
    affine, geometry = _geometry(content)
    others = [name for name in axes if name not in (*SPACE, CHANNEL)]
    if not {"x", "y"} <= set(axes) or len(others) > 1 or len(axes) > 4:
        raise Refused("unsupported-dimensions", "the axes must be x, y, perhaps z, and at most one other axis")
    return AxesSidecar(
        axes=tuple(axes),
        affine=affine,
        geometry=geometry,
        fourth_axis=_fourth(content, others[0]) if others else None,
    )


def _content(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise Refused(
            "no-axes", f"an array needs a file beside it, of the same name with the ending .json, that {ADVICE}"
        )
    try:
        with path.open("rb") as file:
            text = file.read(SIDECAR_LIMIT + 1)
        content = json.loads(text) if len(text) <= SIDECAR_LIMIT else None
    except OSError as error:
        raise Refused("unreadable", f"the sidecar of the array cannot be opened ({error.strerror})") from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refused("unreadable", f"the sidecar of the array is no JSON object of at most {SIDECAR_LIMIT} bytes")
    return content


def _geometry(content: Mapping[str, Any]) -> tuple[Affine | None, Geometry]:
    affine, spacing = content.get("affine"), content.get("spacing")
    stated = content.get("geometry")
    if stated is not None and stated not in get_args(Geometry):
        raise Refused("unreadable", '"geometry" in the sidecar is none of world, spacing and unknown')
    if stated == "unknown" or (affine is None and spacing is None):
        return None, "unknown"
    if affine is not None:
        matrix = _numbers(affine, shape=(4, 4), name="affine")
        if matrix[3].tolist() != [0, 0, 0, 1]:
            raise Refused("no-geometry", 'the last row of "affine" in the sidecar is not 0, 0, 0, 1')
        return matrix, cast(Geometry, stated or "world")
    sides = _numbers(spacing, shape=(3,), name="spacing")
    if sides.min() <= 0:
        raise Refused("no-geometry", '"spacing" in the sidecar is not positive')
    return np.diag([*sides, 1.0]), "spacing"


def _numbers(value: Any, *, shape: tuple[int, ...], name: str) -> Affine:
    try:
        # of objects, so that texts and truth values do not become numbers
        items = np.array(value, dtype=object)
        if items.shape == shape and all(type(item) in (int, float) for item in items.flat):
            numbers = items.astype(np.float64)
            if np.isfinite(numbers).all():
                return numbers
    except (ValueError, OverflowError):
        pass
    raise Refused("unreadable", f'"{name}" in the sidecar is not made of {" x ".join(map(str, shape))} finite numbers')


def _fourth(content: Mapping[str, Any], name: str) -> FourthAxis:
    stated = content.get("fourth_axis")
    if stated is None:
        return FourthAxis(name=name)
    step, unit = (stated.get("step"), stated.get("unit", "")) if isinstance(stated, dict) else (None, None)
    if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
        raise Refused("unreadable", '"fourth_axis" in the sidecar does not hold a step and a unit')
    return FourthAxis(
        name=name, step=None if step is None else float(_numbers([step], shape=(1,), name="step")[0]), unit=unit
    )
