"""Arrays of NumPy (``.npy``, or the only one in an ``.npz``), with a sidecar that says what their axes are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.numpy_array.axes_sidecar import CHANNEL, SPACE, AxesSidecar, read_axes_sidecar
from fuseflow.formats.numpy_array.npy import read_array_file
from fuseflow.formats.planes import ONE_SLICE, plane_image, plane_spacing, refuse_channels
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark, StoredVolume, surplus
from fuseflow.volume import Data

FORMAT = "NumPy"


def read_numpy_array(path: Path) -> tuple[StoredVolume | FlatImage]:
    """The image in an array.

    Returns
    -------
    tuple
        One image: axes ``x`` and ``y`` of uint8 or uint16, perhaps with a ``channel`` of three, are a flat image,
        everything else is a volume. Its geometry is ``world`` if the sidecar gives an affine, ``spacing`` if it gives
        spacings, else ``unknown``.

    Raises
    ------
    Refused
        As `fuseflow.formats.numpy_array.npy.read_array_file` and
        `fuseflow.formats.numpy_array.axes_sidecar.read_axes_sidecar`; ``colour``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.npy"
    >>> np.save(path, np.zeros((4, 3, 2), np.int16))
    >>> _ = path.with_suffix(".json").write_text('{"axes": ["z", "y", "x"], "spacing": [1.0, 1.0, 2.5]}')
    >>> read_numpy_array(path)[0].data.shape
    (2, 3, 4)
    """
    array, following = read_array_file(path)
    sidecar = read_axes_sidecar(path.with_suffix(".json"))
    if array.ndim != len(sidecar.axes):
        raise Refused("no-axes", f"the array has {array.ndim} axes and its sidecar names {len(sidecar.axes)}")
    data = _in_order(array, sidecar)
    remarks = surplus(following)
    if "z" not in sidecar.axes and sidecar.fourth_axis is None:
        spacing, on_place = _plane_geometry(sidecar)
        return (plane_image(data, format_name=FORMAT, spacing=spacing, remarks=[*remarks, *on_place]),)
    if CHANNEL in sidecar.axes:
        refuse_channels(array.shape[sidecar.axes.index(CHANNEL)], array.dtype)
    return (_volume(data, sidecar, remarks),)


def sidecar_there(path: Path) -> tuple[Path, ...]:
    """The sidecar of an array, if there is one.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.json"
    >>> path.touch()
    >>> [found.name for found in sidecar_there(path.with_suffix(".npy"))]
    ['CT.json']
    """
    sidecar = path.with_suffix(".json")
    return (sidecar,) if sidecar.is_file() else ()


def _in_order(array: Data, sidecar: AxesSidecar) -> Data:
    """The array with its axes in the order x, y, z, other."""
    order = {name: place for place, name in enumerate(SPACE)}
    places = [order.get(name, len(order)) for name in sidecar.axes]
    return array.transpose(np.argsort(places, kind="stable").tolist())


def _volume(data: Data, sidecar: AxesSidecar, remarks: list[Remark]) -> StoredVolume:
    volume = StoredVolume(
        format=FORMAT,
        data=data,
        affine=sidecar.affine,
        geometry=sidecar.geometry,
        fourth_axis=sidecar.fourth_axis,
        remarks=remarks,
    )
    if "z" in sidecar.axes:
        return volume
    spacing, on_place = _plane_geometry(sidecar)
    if spacing is None:
        return replace(volume, data=data[:, :, None])
    affine = np.diag([*spacing, 1.0, 1.0])
    more = [*on_place, ONE_SLICE]
    return replace(volume, data=data[:, :, None], affine=affine, geometry="spacing", remarks=[*remarks, *more])


def _plane_geometry(sidecar: AxesSidecar) -> tuple[list[float] | None, list[Remark]]:
    """The spacing along x and y, if it is known."""
    if sidecar.affine is None:
        return None, []
    return plane_spacing(sidecar.affine[:3, :2], origin=sidecar.affine[:3, 3].tolist())


READER = Reader(
    name="numpy",
    endings=".npy .npz",
    signature="934e554d5059",
    read=read_numpy_array,
    companions=sidecar_there,
)
