"""Whether images on a disk are what others read in the files that they were made of."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from reference_readings import Reading, reference_readings

from fuseflow.files import read_json
from fuseflow.formats.canonical import sidecar_of
from fuseflow.formats.nifti import read_nifti
from fuseflow.formats.png import read_png_file
from fuseflow.volume import Volume

NEAR_MM = 1e-3
"""How far a voxel may lie from where another library has it: those write rounded numbers."""
FARTHEST_MM = 1e6
"""No patient is that large."""
ROUNDING = 1e-6
"""Of float32 and of slopes, relative."""
OTHER_AFFINE = {"direction-length"}
"""Warnings of files of which other libraries make what the format's own does not."""


class Unclear(Exception):
    """Nothing else tells what the result should be."""


def differences_of_files(sources: Sequence[Path], results: Sequence[Path]) -> list[str]:
    """What differs between images and what the format's own library reads in the first file; it may raise anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        readings = reference_readings(sources[0])
    if len(readings) != len(results):
        return [f"{len(results)} images and not {len(readings)}"]
    return [found for reading, result in zip(readings, results, strict=True) for found in _differences(reading, result)]


def _differences(reading: Reading, result: Path) -> list[str]:
    if result.name.endswith(".png"):
        return same_values(as_grey(reading.values), read_png_file(result)) if reading.is_flat else ["a flat image"]
    volume = read_nifti(result)
    if reading.is_flat:
        return ["a volume and no flat image"]
    codes = {warning["code"] for warning in read_json(sidecar_of(result))["warnings"]}
    if "not-finite" in codes and np.isfinite(reading.values).all():
        raise Unclear("values that float32 does not hold became infinite")
    if volume.geometry == "world" and np.abs(volume.affine).max() > FARTHEST_MM:
        raise Unclear("a grid so large that rounding errors are, too")
    if volume.geometry != "world" or reading.affine is None:
        return _without_place(reading, volume)
    return _with_place(reading, volume, other_affine=bool(codes & OTHER_AFFINE))


def _four_axes(values: np.ndarray) -> np.ndarray:
    """(i, j, k, all others), with axes of one voxel where there are fewer."""
    values = values.reshape((*values.shape, *[1] * (4 - values.ndim)))
    return values.reshape((*values.shape[:3], -1), order="F")


def _without_place(reading: Reading, volume: Volume) -> list[str]:
    expected, found = _four_axes(reading.values), _four_axes(volume.data)
    if volume.geometry != "spacing" or reading.affine is None:
        return same_values(expected, found)
    sides = np.linalg.norm(reading.affine[:3, :3], axis=0)
    # axes are put into the order x, y, z, and none is turned round
    order = np.argsort(np.abs(reading.affine[:3, :3] / sides).argmax(axis=0), kind="stable")
    expected, sides, own = expected.transpose(*order, 3), sides[order], np.diag(volume.affine)[:3]
    if found.shape == (*expected.shape[:2], 1, expected.shape[2]):
        # the last axis of the three is none in space
        return same_values(expected[..., 0], found[:, :, 0])
    counts = np.array(found.shape[:3]) > 1
    spacing = [] if np.allclose(sides[counts], own[counts], rtol=1e-5) else [f"spacings {own} and not {sides}"]
    return same_values(expected, found) + spacing


def _with_place(reading: Reading, volume: Volume, *, other_affine: bool) -> list[str]:
    """Every voxel has the value that the other library has at its position."""
    assert reading.affine is not None
    expected, found = _four_axes(reading.values), _four_axes(volume.data)
    if other_affine:
        return same_values(np.sort(expected, axis=None), np.sort(found, axis=None))
    indices = np.stack(np.meshgrid(*map(np.arange, found.shape[:3]), indexing="ij"), axis=-1)
    # offsets are subtracted first, so that large ones do not hide small differences
    from_corner = indices @ volume.affine[:3, :3].T + (volume.affine[:3, 3] - reading.affine[:3, 3])
    places = from_corner @ np.linalg.inv(reading.affine[:3, :3]).T
    nearest = np.rint(places).astype(int)
    away = np.abs(nearest @ reading.affine[:3, :3].T - from_corner).max()
    if (
        away > max(NEAR_MM, ROUNDING * np.abs(from_corner).max())
        or (nearest < 0).any()
        or (nearest >= expected.shape[:3]).any()
    ):
        return [f"a voxel lies elsewhere, by {away:.3g} mm or more"]
    if found.size != expected.size or len(np.unique(nearest.reshape(-1, 3), axis=0)) != found[..., 0].size:
        return [f"shape {volume.data.shape} and not {reading.values.shape}"]
    return same_values(expected[tuple(np.moveaxis(nearest, -1, 0))], found)


def as_grey(pixels: np.ndarray) -> np.ndarray:
    """Pixels of three equal channels as one."""
    is_grey = pixels.ndim == 3 and pixels.shape[2] == 3 and (pixels == pixels[..., :1]).all()
    return pixels[..., 0] if is_grey else pixels


def same_values(expected: np.ndarray, found: np.ndarray, *, within: float = 0.0) -> list[str]:
    """What is to be said if values are not equal: whole numbers exactly, others but for rounding."""
    if expected.shape != found.shape:
        return [f"shape {found.shape} and not {expected.shape}"]
    if expected.dtype.kind in "iub" and found.dtype.kind in "iub" and not within:
        return [] if (expected == found).all() else [f"{(expected != found).sum()} of {found.size} values differ"]
    wanted, had = expected.astype(float), found.astype(float)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.abs(wanted[np.isfinite(wanted)])
        tolerance = within or 1e-9 * float(finite.max(initial=0.0))
        same = np.isclose(wanted, had, rtol=ROUNDING, atol=min(tolerance, 1e300), equal_nan=True)
    return [] if same.all() else [f"{(~same).sum()} of {found.size} values differ"]
