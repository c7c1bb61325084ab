"""Whether volumes, segmentations and flat images are what DICOM files hold, pixel by pixel at its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from comparison import Unclear, as_grey, same_values
from pydicom.uid import JPEGBaseline8Bit
from reference_dicom import (
    ReferenceFrame,
    contours_of,
    dataset_of,
    flat_pixels,
    frames_of,
    segments_of,
    sha256_of,
    syntax_of,
)

from fuseflow.files import read_json
from fuseflow.formats.canonical import sidecar_of
from fuseflow.formats.nifti import read_nifti
from fuseflow.formats.png import read_png_file
from fuseflow.volume import Volume

NEAR = 0.021
"""Of a voxel: series may be that uneven."""
ROUNDED = 0.01
"""Of a voxel: what rounded positions of frames add to that."""
COLOUR = 1
"""Rounding of YBR to RGB, in steps of 8 bits."""
CONTOUR = 1e-3
"""Of a voxel: nearer to a contour, rounding decides."""
LOSSY = (JPEGBaseline8Bit,)
SATURATED = 0.2
"""Share of black and white samples from which a lossy stream counts as damaged."""
UNCLEAR = {"off-grid", "off-plane", "planes-left-out"}
"""Warnings of segmentations that had to be fitted to the grid."""


def differences_of_dicom(sources: Sequence[Path], results: Sequence[Path]) -> list[str]:
    """What differs between the images of a row of the table and the files; whatever pydicom raises may come out."""
    by_hash = {sha256_of(path): path for path in sources}
    found: list[str] = []
    for result in results:
        if result.name.endswith(".png"):
            found += _of_flat(by_hash, result)
        elif "_SEG" in result.name:
            found += _of_segments(by_hash, result)
        else:
            found += _of_volume(by_hash, result)
    return found


def _of_flat(files: Mapping[str, Path], result: Path) -> list[str]:
    # flat images are alone in their mutants
    (path,) = files.values()
    dataset = dataset_of(path)
    expected = as_grey(flat_pixels(dataset))
    if syntax_of(dataset) in LOSSY and np.isin(expected, (0, 255)).mean() > SATURATED:
        raise Unclear("coefficients beyond what pixels hold, which every decoder cuts off in its own way")
    within = COLOUR if str(dataset.PhotometricInterpretation).startswith("YBR") else 0
    return same_values(expected, read_png_file(result), within=within)


def _of_volume(files: Mapping[str, Path], result: Path) -> list[str]:
    volume, sidecar = read_nifti(result), read_json(sidecar_of(result))
    data = volume.data.reshape((*volume.data.shape[:3], -1))
    frames = {name: frames_of(dataset_of(path)) for name, path in files.items() if _is_used(sidecar, name)}
    hit = np.zeros(data.shape, int)
    complaints = []
    for phase, slices in enumerate(sidecar["slices"]):
        for place, entry in enumerate(slices):
            frame = frames[entry["sha256"]][entry.get("frame", 0)]
            voxels, away = _voxels(frame.positions, volume)
            if away > NEAR or (voxels < 0).any() or (voxels >= data.shape[:3]).any():
                complaints.append(f"a slice lies {away:.3g} voxels away")
                continue
            where = (*np.moveaxis(voxels, -1, 0), phase)
            np.add.at(hit, where, 1)
            complaints += same_values(frame.values * _factor(sidecar, phase, place), data[where])
            complaints += _phase_differs(sidecar, phase, frame)
    used = [(entry["sha256"], entry.get("frame", 0)) for slices in sidecar["slices"] for entry in slices]
    used += [(entry["sha256"], entry.get("frame", 0)) for entry in sidecar["dropped_duplicates"]]
    if (hit != 1).any() or len(set(used)) != sum(map(len, frames.values())):
        complaints.append("not every voxel is one pixel of a frame, or a frame is left out")
    return complaints


def _is_used(sidecar: Mapping[str, Any], name: str) -> bool:
    lists = [*sidecar["slices"], sidecar["dropped_duplicates"]]
    return any(entry["sha256"] == name for entries in lists for entry in entries)


def _factor(sidecar: Mapping[str, Any], phase: int, place: int) -> float:
    return sidecar["suv"]["factors"][phase][place] if "suv" in sidecar else 1.0


def _phase_differs(sidecar: Mapping[str, Any], phase: int, frame: ReferenceFrame) -> list[str]:
    stated = sidecar["phases"]
    if not stated:
        return []
    values = stated["values"]
    own = float(frame.elements[stated["element"]].value)
    in_order = values == sorted(values) and own == values[phase]
    return [] if in_order else ["phases are not in their order"]


def _voxels(positions: np.ndarray, volume: Volume) -> tuple[np.ndarray, float]:
    """The voxels at some positions, and how far from their centres these are, in voxels."""
    places = (positions - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    nearest = np.rint(places)
    return nearest.astype(int), float(np.abs(places - nearest).max(initial=0.0))


def _of_segments(files: Mapping[str, Path], result: Path) -> list[str]:
    volume, sidecar = read_nifti(result), read_json(sidecar_of(result))
    if codes := {warning["code"] for warning in sidecar["warnings"]} & UNCLEAR:
        raise Unclear(f"fitted to the grid: {', '.join(sorted(codes))}")
    dataset = dataset_of(files[sidecar["sha256"]])
    complaints = _grid_differs(sidecar, volume, result.parent)
    if sidecar["source"] == "RTSTRUCT":
        shown = _filled(dataset, volume)
    else:
        shown, away = _covered(dataset, volume)
        complaints += [f"pixels lie {away:.3g} voxels away"] if away > NEAR + ROUNDED else []
    for segment in sidecar["segments"]:
        expected, unsure = shown.get(segment["number"], (np.zeros(volume.data.shape, bool), False))
        found = volume.data == segment["label"]
        if ((expected != found) & ~np.asarray(unsure)).any():
            complaints.append(f"segment {segment['number']} has {found.sum()} voxels and not {expected.sum()}")
    unknown = set(np.unique(volume.data)) - {0} - {segment["label"] for segment in sidecar["segments"]}
    return complaints + ([f"labels {unknown} are not described"] if unknown else [])


def _grid_differs(sidecar: Mapping[str, Any], volume: Volume, folder: Path) -> list[str]:
    """Labels on an image have the grid of the image."""
    if not sidecar["reference_image"]:
        return []
    image = read_nifti(folder / sidecar["reference_image"])
    same = image.data.shape[:3] == volume.data.shape and np.allclose(image.affine, volume.affine, atol=1e-6)
    return [] if same else ["the grid is not that of the image"]


Shown = dict[int, tuple[np.ndarray, np.ndarray | bool]]
"""Number of a segment -> its voxels, and where they cannot be told."""


def _covered(dataset: Any, volume: Volume) -> tuple[Shown, float]:
    """Voxels at the positions of pixels, and how far from their centres these are at most."""
    found: Shown = {}
    farthest = 0.0
    for number, positions in segments_of(dataset):
        voxels, away = _voxels(positions, volume)
        farthest = max(farthest, away)
        mask, _ = found.setdefault(number, (np.zeros(volume.data.shape, bool), False))
        inside = ((voxels >= 0) & (voxels < volume.data.shape)).all(axis=1)
        mask[tuple(voxels[inside].T)] = True
    return found, farthest


def _filled(dataset: Any, volume: Volume) -> Shown:
    """Voxels whose centres an odd number of contours of their slice goes around."""
    found: Shown = {}
    for number, contours in contours_of(dataset).items():
        inside, unsure = (np.zeros(volume.data.shape, bool) for _ in range(2))
        for contour in contours:
            corners = (contour - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
            place = round(float(corners[:, 2].mean()))
            if not 0 <= place < volume.data.shape[2]:
                continue
            turned, near = _around(corners[:, :2], volume.data.shape[:2])
            inside[..., place] ^= turned
            unsure[..., place] |= near
        found[number] = (inside, unsure)
    return found


def _around(corners: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels a polygon goes around, by its turns as seen from each, and which lie on it."""
    centres = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)[..., None, :]
    start, end = corners - centres, np.roll(corners, -1, axis=0) - centres
    cross = start[..., 0] * end[..., 1] - start[..., 1] * end[..., 0]
    turns = np.arctan2(cross, (start * end).sum(axis=-1)).sum(axis=-1) / (2 * np.pi)
    along = end - start
    share = np.clip(-(start * along).sum(axis=-1) / np.maximum((along**2).sum(axis=-1), 1e-30), 0, 1)
    distance = np.linalg.norm(start + share[..., None] * along, axis=-1).min(axis=-1)
    return np.rint(turns).astype(int) % 2 == 1, distance < CONTOUR
