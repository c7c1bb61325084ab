"""A volume on a new grid: its voxels, and of its sidecar what still holds and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fuseflow.grids import Grid, grid_of
from fuseflow.volume import Data, Volume

STILL_HOLDS = (
    "format",
    "fourth_axis",
    "frame_of_reference",
    "modality",
    "phases",
    "reference",
    "series",
    "sha256",
    "source",
    "unit",
)
"""Entries of a sidecar that are as true on another grid; lists of slices and the like are not."""
SEGMENT_COUNTS = {"contours", "outside", "volume_ml", "voxels"}
"""Entries of a segment that hold only on the grid that it was drawn on."""
SLICE_FACTORS = {"factors"}
"""Entries about SUV that have one value per slice."""
GRID_WARNINGS = {"sheared", "tilted"}
"""Codes of warnings that say something of the grid."""


def passed_on(volume: Volume, target: Grid, done: Mapping[str, Any]) -> Volume:
    """A volume that lies on the target grid already: the same voxels, and its whole sidecar still holds.

    Parameters
    ----------
    volume
        Whose grid differs by rounding noise at most.
    target
        The grid, whose affine it gets.
    done
        What the entry ``resampled`` of its sidecar says.

    Examples
    --------
    >>> import numpy as np
    >>> volume = Volume(data=np.zeros((2, 2, 2)), affine=np.eye(4), sidecar={"slices": [1, 2]})
    >>> passed_on(volume, grid_of(volume), {"reference": "PET"}).sidecar["resampled"]
    {'reference': 'PET', 'unchanged': True}
    """
    sidecar = {**volume.sidecar, "affine": target.affine.tolist(), "resampled": {**done, "unchanged": True}}
    return Volume(
        data=volume.data,
        affine=target.affine,
        geometry=volume.geometry,
        fourth_axis=volume.fourth_axis,
        sidecar=sidecar,
    )


def on_grid(volume: Volume, data: Data, target: Grid, done: Mapping[str, Any]) -> Volume:
    """A volume with other voxels, those of the target grid.

    Parameters
    ----------
    volume
        What it was made of.
    data
        Its voxels on the target grid.
    target
        The grid.
    done
        What the entry ``resampled`` of its sidecar says, besides shape and affine of the source.

    Examples
    --------
    >>> import numpy as np
    >>> volume = Volume(data=np.zeros((2, 2, 2)), affine=np.eye(4), sidecar={"slices": [1, 2], "modality": "PT"})
    >>> finer = Grid(affine=np.diag([0.5, 0.5, 0.5, 1.0]), shape=(4, 4, 4))
    >>> sorted(on_grid(volume, np.zeros((4, 4, 4)), finer, {}).sidecar)
    ['affine', 'axes', 'data_type', 'geometry', 'modality', 'resampled', 'shape', 'warnings']
    """
    source = grid_of(volume)
    sidecar = {
        **_still_holding(volume.sidecar),
        "shape": list(data.shape),
        "axes": ["x", "y", "z", *([volume.fourth_axis.name] if volume.fourth_axis else [])],
        "geometry": volume.geometry,
        "affine": target.affine.tolist(),
        "data_type": str(data.dtype),
        "resampled": {
            **done,
            "unchanged": False,
            "source_shape": list(volume.data.shape),
            "source_affine": source.affine.tolist(),
        },
    }
    return Volume(
        data=data,
        affine=target.affine,
        geometry=volume.geometry,
        fourth_axis=volume.fourth_axis,
        sidecar=sidecar,
    )


def _still_holding(sidecar: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: sidecar[key] for key in STILL_HOLDS if key in sidecar}
    if "suv" in sidecar:
        kept["suv"] = _without(sidecar["suv"], SLICE_FACTORS)
    if "segments" in sidecar:
        kept["segments"] = [_without(segment, SEGMENT_COUNTS) for segment in sidecar["segments"]]
    kept["warnings"] = [warning for warning in sidecar.get("warnings", []) if warning["code"] not in GRID_WARNINGS]
    return kept


def _without(entries: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key not in keys}
