"""Writing MetaImage files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.metaimage.header import ELEMENT_TYPES
from fuseflow.formats.registry import Writer
from fuseflow.formats.text_headers.writing import packed, spelled, write_with_header
from fuseflow.volume import LPS_TO_RAS, Volume, is_rigid, spacing_of

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
    voxels = packed(volume.data, "zlib")
    lines = [
        "ObjectType = Image",
        f"NDims = {volume.data.ndim}",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        *_geometry(volume),
        f"DimSize = {spelled(volume.data.shape)}",
        f"CompressedDataSize = {len(voxels)}",
        f"ElementType = {TYPES[volume.data.dtype.newbyteorder('=')]}",
        "ElementDataFile = LOCAL",
    ]
    write_with_header(path, lines, voxels)


def _geometry(volume: Volume) -> list[str]:
    if volume.geometry == "unknown":
        return []
    axes = volume.data.ndim
    sides = spacing_of(volume.affine)
    step = volume.fourth_axis.step if volume.fourth_axis else None
    spacing = f"ElementSpacing = {spelled([*sides, step or 1.0][:axes])}"
    if volume.geometry == "spacing":
        return [spacing]
    directions = np.eye(axes)
    lps = LPS_TO_RAS @ volume.affine
    directions[:3, :3] = (lps[:3, :3] / sides).T
    origin = [*lps[:3, 3], 0.0][:axes]
    return [f"TransformMatrix = {spelled(directions.flat)}", f"Offset = {spelled(origin)}", spacing]


WRITER = Writer(name="metaimage", ending=".mha", write=write_metaimage)
