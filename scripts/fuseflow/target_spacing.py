"""One spacing for a data set: found once from the grids of all of its images, kept in a file, used for every case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fuseflow.cases import Case
from fuseflow.errors import InputError
from fuseflow.files import read_json, write_json
from fuseflow.formats.canonical import is_volume, sidecar_of
from fuseflow.grids import Shape, Spacing, target_spacing_median, target_spacing_nnunet
from fuseflow.volume import spacing_of

RULES: Mapping[str, Callable[[Sequence[Spacing], Sequence[Shape]], Spacing]] = {
    "median": lambda spacings, _shapes: target_spacing_median(spacings),
    "nnunet": target_spacing_nnunet,
}
"""Name of a rule -> spacings and shapes of all cases -> the spacing."""
SMALLEST, LARGEST = 0.001, 1000.0
"""In mm: what spacings can be asked for. Others are slips of the pen, and make grids that no memory or format holds."""


def fit_spacing(cases: Sequence[Case], *, rule: str, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Find the spacing of a data set.

    Parameters
    ----------
    cases
        With canonical volumes; their sidecars are read and not their voxels.
    rule
        One of `RULES`.
    leave_out
        Roles that do not count, such as labels.

    Returns
    -------
    dict
        ``rule``, ``spacing`` (x, y, z in mm), ``images`` (how many it was found from); as JSON values.

    Raises
    ------
    InputError
        If a case is there twice, a sidecar cannot be read, or there is no volume whose spacing is known.
    """
    if len({case.id for case in cases}) < len(cases):
        raise InputError("a case is in several of the tables; give each table once")
    known = [
        _grid(sidecar_of(case.folder / file.path))
        for case in cases
        for file in case.files
        if is_volume(file) and file.role not in leave_out
    ]
    grids = [grid for grid in known if grid is not None]
    if not grids:
        raise InputError("none of the cases has a volume whose spacing is known; give tables of cases with volumes")
    spacings, shapes = zip(*grids, strict=True)
    return {"rule": rule, "spacing": list(RULES[rule](spacings, shapes)), "images": len(grids)}


def _grid(path: Path) -> tuple[Spacing, Shape] | None:
    """Spacing and shape of a volume, as its sidecar says them; None if nobody knows how large its voxels are."""
    sidecar = read_json(path)
    try:
        if sidecar["affine"] is None:
            return None
        x, y, z = spacing_of(np.array(sidecar["affine"], float).reshape(4, 4)).tolist()
        columns, rows, slices = map(int, sidecar["shape"][:3])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path} says nothing of the grid of its volume; rerun the stage that writes it") from None
    return (x, y, z), (columns, rows, slices)


def write_spacing(path: Path, found: Mapping[str, Any]) -> None:
    """Write what `fit_spacing` found."""
    write_json(path, dict(found))


def read_spacing(path: Path) -> Spacing:
    """The spacing in a file of `write_spacing`.

    Raises
    ------
    InputError
        If it is no such file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "spacing.json"
    >>> write_spacing(path, {"rule": "median", "spacing": [1, 1, 2.5], "images": 3})
    >>> read_spacing(path)
    (1.0, 1.0, 2.5)
    """
    found = read_json(path)
    spacing = found.get("spacing") if isinstance(found, dict) else None
    if not isinstance(spacing, list) or len(spacing) != 3 or not all(map(is_spacing, spacing)):
        raise InputError(f"{path} holds no spacing; write it with --fit")
    x, y, z = map(float, spacing)
    return x, y, z


def is_spacing(value: object) -> bool:
    """Whether something is a number of mm that a spacing of medical images can be.

    Examples
    --------
    >>> is_spacing(0.5), is_spacing(0), is_spacing("1")
    (True, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and SMALLEST <= value <= LARGEST
