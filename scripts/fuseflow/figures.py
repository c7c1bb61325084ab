"""Quality pictures: what a person looks at to see whether the volumes of a case lie on each other.

One row per direction (axial, coronal, sagittal), through where most is labelled, else through the middle of the volume;
one column per volume, one with the second in colour over the first, and the outline of the labels on all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fuseflow.dicom.modalities import CT
from fuseflow.flat import Pixels
from fuseflow.normalization.methods.ct_window import window_limits
from fuseflow.normalization.suitability import NORMALIZED
from fuseflow.volume import Volume, spacing_of

DIRECTIONS = (("axial", 2), ("coronal", 1), ("sagittal", 0))
"""Name of a slice, and the axis that it is perpendicular to."""
WINDOWS = {CT: window_limits("soft-tissue")}
"""Modality -> range of values that is shown, HU. Others are shown between two percentiles of their own."""
PERCENTILES = (1.0, 99.5)
COLUMN, GAP, MARGIN, TITLE = 176, 6, 20, 22
"""In pixels: width of a column, between columns and rows, for the names at the left, and for those at the top."""
DOTS_PER_INCH = 80
OVERLAY_OPACITY = 0.45
OVERLAY_COLOURS = "autumn"
"""Red to yellow: its brightest colour is not one of the grey values below."""

OUTLINE = "cyan"

Slice = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A volume in a picture: what it is called and the range of values that is shown."""

    name: str
    volume: Volume
    span: tuple[float, float]


def quality_picture(volumes: Mapping[str, Volume], *, labels: Mapping[str, Volume]) -> Pixels:
    """A picture of volumes that share a grid.

    Parameters
    ----------
    volumes
        Name -> volume, at least one, all on one grid; of volumes with four axes the first phase is shown.
    labels
        Name -> label volume on the same grid; their outlines are drawn.

    Returns
    -------
    numpy.ndarray
        RGB, uint8, shape (rows, columns, 3); the same for the same volumes.

    Raises
    ------
    ValueError
        If the grids differ in size.
    """
    layers = [Layer(name=name, volume=volume, span=span_of(volume)) for name, volume in volumes.items()]
    masks = [_three_axes(volume.data) > 0 for volume in labels.values()]
    shapes = {_three_axes(layer.volume.data).shape for layer in layers} | {mask.shape for mask in masks}
    if len(shapes) != 1:
        raise ValueError(f"a picture shows volumes of one grid, not of {sorted(shapes)}")
    # what somebody chose for other figures must not change these
    with style.context("default"):
        canvas = FigureCanvasAgg(_figure(layers, masks, middle_of(masks, shapes.pop())))
        canvas.draw()
    drawn: Pixels = np.asarray(canvas.buffer_rgba(), np.uint8)[..., :3].copy()
    return drawn


def _figure(layers: Sequence[Layer], masks: Sequence[Mask], place: tuple[int, int, int]) -> Figure:
    """Rows of slices through a voxel."""
    overlaid = len(layers) > 1
    columns = len(layers) + overlaid
    heights = [round(COLUMN * _height(layers[0].volume, axis)) for _, axis in DIRECTIONS]
    width, height = MARGIN + columns * (COLUMN + GAP), TITLE + sum(heights) + len(heights) * GAP
    figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)
    grid: list[list[Axes]] = []
    bottom = height - TITLE
    # Places in whole pixels, and no solver that finds them: its last digits are not the same in every process.
    for rows in heights:
        bottom -= rows
        places = [MARGIN + column * (COLUMN + GAP) for column in range(columns)]
        boxes = [(left / width, bottom / height, COLUMN / width, rows / height) for left in places]
        grid.append([figure.add_axes(box) for box in boxes])
        bottom -= GAP
    for row, (direction, axis) in zip(grid, DIRECTIONS, strict=True):
        for axes, layer in zip(row, layers, strict=False):
            _show(axes, layer, axis, place[axis])
        if overlaid:
            _show(row[-1], layers[0], axis, place[axis])
            _overlay(row[-1], layers[1], axis, place[axis])
        for axes in row:
            _outline(axes, masks, axis, place[axis])
            axes.set(xticks=[], yticks=[])
        row[0].set_ylabel(direction, fontsize=8)
    for axes, layer in zip(grid[0], layers, strict=False):
        axes.set_title(layer.name, fontsize=8)
    if overlaid:
        grid[0][-1].set_title(f"{layers[1].name} on {layers[0].name}", fontsize=8)
    return figure


def span_of(volume: Volume) -> tuple[float, float]:
    """The range of values that a volume is shown in: a soft tissue window of CT, else between two percentiles.

    Examples
    --------
    >>> span_of(Volume(data=np.zeros((2, 2, 2)), affine=np.eye(4), sidecar={"modality": "CT"}))
    (-160.0, 240.0)
    >>> span_of(Volume(data=np.zeros((2, 2, 2)), affine=np.eye(4)))
    (0.0, 1.0)
    """
    if NORMALIZED not in volume.sidecar and volume.sidecar.get("modality") in WINDOWS:
        return WINDOWS[volume.sidecar["modality"]]
    values = _three_axes(volume.data)[::2, ::2, ::2]
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, PERCENTILES).tolist() if finite.size else (0.0, 0.0)
    return (low, high) if high > low else (low, low + max(1.0, abs(low)))


def middle_of(masks: Sequence[Mask], shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The voxel through which slices are shown: the one with most labels along each axis, else the middle.

    Examples
    --------
    >>> mask = np.zeros((5, 6, 7), bool)
    >>> mask[1, 2, 3:5] = True
    >>> middle_of([mask], mask.shape), middle_of([], (5, 6, 7))
    ((1, 2, 3), (2, 3, 3))
    """
    found = np.zeros(shape, bool)
    for mask in masks:
        found |= mask
    if not found.any():
        return shape[0] // 2, shape[1] // 2, shape[2] // 2
    x, y, z = (int(found.sum(axis=tuple(other for other in range(3) if other != axis)).argmax()) for axis in range(3))
    return x, y, z


def _three_axes(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return data[..., 0] if data.ndim == 4 else data


def _slice(data: npt.NDArray[Any], axis: int, number: int) -> Slice:
    """A slice as it is shown: superior or anterior up, right of the patient on the left."""
    return np.asarray(_three_axes(data).take(number, axis).T[:, ::-1], np.float64)


def _height(volume: Volume, axis: int) -> float:
    """How high a slice is for a width of 1, within what fits on a page."""
    across, up = (
        spacing * length
        for other, (spacing, length) in enumerate(zip(spacing_of(volume.affine), volume.data.shape, strict=False))
        if other != axis
    )
    return float(np.clip(up / across, 0.2, 3))


def _aspect(volume: Volume, axis: int) -> float:
    across, up = (spacing for other, spacing in enumerate(spacing_of(volume.affine)) if other != axis)
    return float(up / across)


def _show(axes: Axes, layer: Layer, axis: int, number: int) -> None:
    axes.imshow(
        _slice(layer.volume.data, axis, number),
        cmap="gray",
        vmin=layer.span[0],
        vmax=layer.span[1],
        aspect=_aspect(layer.volume, axis),
        origin="lower",
        interpolation="nearest",
    )


def _overlay(axes: Axes, layer: Layer, axis: int, number: int) -> None:
    shown = _slice(layer.volume.data, axis, number)
    low, high = layer.span
    strength = np.clip((shown - low) / (high - low), 0, 1)
    axes.imshow(
        shown,
        cmap=OVERLAY_COLOURS,
        vmin=low,
        vmax=high,
        alpha=OVERLAY_OPACITY * np.nan_to_num(strength),
        aspect=_aspect(layer.volume, axis),
        origin="lower",
        interpolation="nearest",
    )


def _outline(axes: Axes, masks: Sequence[Mask], axis: int, number: int) -> None:
    axes.autoscale(enable=False)
    for mask in masks:
        # nothing around it, so that what reaches the border has an outline there, and one line of voxels has one too
        drawn = np.pad(_slice(mask, axis, number), 1)
        if drawn.any():
            rows, columns = (np.arange(size) - 1 for size in drawn.shape)
            axes.contour(columns, rows, drawn, levels=[0.5], colors=OUTLINE, linewidths=0.7)
