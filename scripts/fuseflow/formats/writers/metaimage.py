"""Writing MetaImage files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from isal import isal_zlib

from fuseflow.errors import Refused
from fuseflow.formats.metaimage_header import ELEMENT_TYPES
from fuseflow.formats.registry import Writer
from fuseflow.volume import Volume, is_rigid

COMPRESSION_LEVEL = 1
"""Of isal, 0 to 3."""
RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])
TYPES = {
    np.dtype(code): name
    for name, code in ELEMENT_TYPES.items()
    if name not in ("MET_ASCII_CHAR", "MET_LONG", "MET_ULONG")
}


def write_metaimage(path: Path, volume: Volume) -> None:
    """Write a volume as ``.mha`` with voxels compressed by zlib; equal volumes give equal bytes.

    Parameters
    ----------
    path
        Where to; written in place.
    volume
        Positions are written in LPS. Of the geometry ``spacing`` ElementSpacing only is written, of ``unknown`` not
        even that, and both are read back as what they are. The format has no place for what a fourth axis is: its step
        is kept if it has one and the spacing is known, else 1 is written; the name and the unit are not.

    Raises
    ------
    Refused
        ``sheared`` if the axes are not perpendicular, which readers of the format do not expect.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.mha"
    >>> write_metaimage(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> path.read_bytes().splitlines()[5]
    b'TransformMatrix = -1.0 0.0 0.0 0.0 -1.0 0.0 0.0 0.0 1.0'
    """
    if volume.geometry == "world" and not is_rigid(volume.affine, volume.data.shape):
        raise Refused(
            "sheared", "the axes of the grid are not perpendicular, which MetaImage does not hold; use nifti or nrrd"
        )
    little = volume.data.astype(volume.data.dtype.newbyteorder("<"), copy=False)
    packed = isal_zlib.compress(little.tobytes(order="F"), COMPRESSION_LEVEL)
    lines = [
        "ObjectType = Image",
        f"NDims = {volume.data.ndim}",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        *_geometry(volume),
        f"DimSize = {_joined(volume.data.shape)}",
        f"CompressedDataSize = {len(packed)}",
        f"ElementType = {TYPES[volume.data.dtype.newbyteorder('=')]}",
        "ElementDataFile = LOCAL",
    ]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("ascii") + packed)


def _geometry(volume: Volume) -> list[str]:
    if volume.geometry == "unknown":
        return []
    axes = volume.data.ndim
    sides = np.linalg.norm(volume.affine[:3, :3], axis=0)
    step = volume.fourth_axis.step if volume.fourth_axis else None
    spacing = f"ElementSpacing = {_joined([*sides, step or 1.0][:axes])}"
    if volume.geometry == "spacing":
        return [spacing]
    directions = np.eye(axes)
    directions[:3, :3] = (RAS_TO_LPS[:, None] * volume.affine[:3, :3] / sides).T
    origin = [*(RAS_TO_LPS * volume.affine[:3, 3]), 0.0][:axes]
    return [f"TransformMatrix = {_joined(directions.flat)}", f"Offset = {_joined(origin)}", spacing]


def _joined(numbers: Iterable[float]) -> str:
    # adding zero makes minus zero plain
    return " ".join(str(number) if isinstance(number, int) else repr(float(number) + 0.0) for number in numbers)


WRITER = Writer(name="metaimage", ending=".mha", write=write_metaimage)
