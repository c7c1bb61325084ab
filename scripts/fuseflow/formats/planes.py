"""Images with two axes in formats of volumes: flat images where their pixels allow it, else volumes of one slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.flat_images import described
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.volume import SINGULAR, Data

RGB = 3
COLOUR_CHANNELS = (3, 4)
ONE_SLICE = Remark(
    code="no-slice-spacing", detail="the image has two axes in space; 1 mm stands in for the spacing along the third"
)

POSITION_LEFT_OUT = Remark(
    code="position-left-out",
    detail="the header says where the image lies or which way its axes run; of an image with two axes only the spacing"
    " is kept",
)


def plane_spacing(
    steps: npt.NDArray[np.float64], *, origin: Sequence[float] | None
) -> tuple[list[float], list[Remark]]:
    """The spacing of an image with two axes, and a remark if its header states more about its place than that.

    Parameters
    ----------
    steps
        From one pixel to the next along x (first column) and along y, in mm, shape (2, 2), or (3, 2) in space.
    origin
        Position of the first pixel; None if it is not known.

    Returns
    -------
    tuple
        Distances along x and y in mm; the remark if the axes do not run along those of the space, or the first pixel
        does not lie at its origin.

    Raises
    ------
    Refused
        ``no-geometry`` if the steps do not span a plane.

    Examples
    --------
    >>> spacing, remarks = plane_spacing(np.array([[0.0, 2.0], [0.5, 0.0]]), origin=(0, 0))
    >>> spacing, [remark.code for remark in remarks]
    ([0.5, 2.0], ['position-left-out'])
    """
    spacing = np.linalg.norm(steps, axis=0)
    if not np.isfinite(spacing).all() or spacing.min() == 0 or np.linalg.matrix_rank(steps / spacing, SINGULAR) < 2:
        raise Refused("no-geometry", "the directions and spacings of the image do not span a plane")
    upright = np.count_nonzero(steps) == 2 and np.diag(steps).min() > 0
    return spacing.tolist(), [] if upright and not any(origin or ()) else [POSITION_LEFT_OUT]


def plane_image(
    data: Data, *, format_name: str, spacing: Sequence[float] | None, remarks: Sequence[Remark]
) -> FlatImage | StoredVolume:
    """The image in two-dimensional data.

    Parameters
    ----------
    data
        Pixels, shape (x, y), or (x, y, 3) of colour images.
    format_name
        The format by its common name.
    spacing
        Between pixels along x and y, in mm, positive; None if it is not known.
    remarks
        On the header.

    Returns
    -------
    FlatImage or StoredVolume
        A flat image of grey or RGB pixels of uint8 or uint16. Other grey pixels are a volume of one slice, of which the
        spacing is known at most.

    Raises
    ------
    Refused
        ``unsupported-pixels`` if there are channels that are not RGB of uint8 or uint16.

    Examples
    --------
    >>> image = plane_image(np.zeros((4, 3), "u1"), format_name="NRRD", spacing=(0.5, 2.0), remarks=())
    >>> image.pixels.shape, image.sidecar["spacing"]
    ((3, 4), [2.0, 0.5])
    """
    if data.dtype.kind == "u" and data.dtype.itemsize <= 2 and data.shape[2:] in ((), (RGB,)):
        return described(
            _pixels(data),
            source=format_name,
            photometric="RGB" if data.ndim == RGB else "grey",
            bits=8 * data.dtype.itemsize,
            lossy=False,
            facts={"spacing": None if spacing is None else [spacing[1], spacing[0]]},
            remarks=remarks,
        )
    if data.ndim > 2:
        raise Refused(
            "unsupported-pixels", f"the pixels are {data.shape[2]} x {data.dtype}, not grey or RGB of 8 or 16 bits"
        )
    if spacing is None:
        return StoredVolume(format=format_name, data=data, affine=None, geometry="unknown", remarks=remarks)
    return StoredVolume(
        format=format_name,
        data=data,
        affine=np.diag([*spacing, 1.0, 1.0]),
        geometry="spacing",
        remarks=[*remarks, ONE_SLICE],
    )


def _pixels(data: Data) -> Any:
    if 0 in data.shape:
        raise Refused("unsupported-dimensions", f"the image has {data.shape[0]} x {data.shape[1]} pixels")
    return np.ascontiguousarray(data.swapaxes(0, 1), data.dtype.newbyteorder("="))


def refuse_channels(channels: int, dtype: np.dtype[Any]) -> None:
    """Refuse a volume whose voxels consist of several numbers.

    Raises
    ------
    Refused
        ``colour`` of three or four uint8, else ``unsupported-pixels``.

    Examples
    --------
    >>> refuse_channels(3, np.dtype("u1"))
    Traceback (most recent call last):
    fuseflow.errors.Refused: colour: the voxels of the volume are colours of 3 x uint8
    """
    if channels in COLOUR_CHANNELS and dtype == np.uint8:
        raise Refused("colour", f"the voxels of the volume are colours of {channels} x uint8")
    raise Refused("unsupported-pixels", f"the voxels of the volume are {channels} x {dtype}, not single numbers")
