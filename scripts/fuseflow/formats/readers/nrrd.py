"""NRRD files (``.nrrd``, ``.nhdr`` with data files), the format of teem and 3D Slicer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import numpy as np

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.file_bytes import opened
from fuseflow.formats.limits import file_beside
from fuseflow.formats.nrrd.axes import RGB_KINDS, axes_of
from fuseflow.formats.nrrd.header import NrrdHeader, read_nrrd_header
from fuseflow.formats.planes import ONE_SLICE, plane_image
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.formats.text_headers.data_files import files_there
from fuseflow.formats.text_headers.voxels import FROM_END, Packing, Piece, voxel_bytes, voxels_of_text
from fuseflow.volume import Data

FORMAT = "NRRD"


def read_nrrd(path: Path) -> tuple[StoredVolume | FlatImage]:
    """The image in an NRRD file.

    Returns
    -------
    tuple
        One image: two axes of uint8 or uint16, grey or RGB, are a flat image, everything else is a volume. Its geometry
        is ``world`` in the spaces RAS, LAS and LPS, with directions and an origin; in other spaces and without one it
        is ``spacing``, without spacings ``unknown``.

    Raises
    ------
    Refused
        As `fuseflow.formats.nrrd.header.read_nrrd_header`, `fuseflow.formats.nrrd.axes.axes_of` and
        `fuseflow.formats.text_headers.voxels.voxel_bytes`; ``outside-path``, ``colour``.

    Examples
    --------
    >>> import tempfile
    >>> from fuseflow.formats.writers.nrrd import write_nrrd
    >>> from fuseflow.volume import Volume
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> write_nrrd(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> read_nrrd(path)[0].data.shape
    (2, 3, 4)
    """
    header = read_nrrd_header(path)
    axes = axes_of(header)
    kind = header.kinds[axes.order[-1]]
    if axes.colour and (axes.spatial == 3 or kind not in RGB_KINDS):
        raise Refused("colour", f"{header.sizes[axes.order[-1]]} numbers of each voxel are a colour")
    stored, on_data = _samples(path, header)
    data = stored.transpose(axes.order)
    remarks = [*header.remarks, *axes.remarks, *on_data]
    if axes.spatial == 2 and axes.fourth is None:
        spacing = None if axes.affine is None else np.diag(axes.affine)[:2].tolist()
        return (plane_image(data, format_name=FORMAT, spacing=spacing, remarks=remarks),)
    if axes.spatial == 2:
        data = data[:, :, None]
        remarks += [ONE_SLICE] if axes.geometry == "spacing" else []
    return (
        StoredVolume(
            format=FORMAT,
            data=data,
            affine=axes.affine,
            geometry=axes.geometry,
            fourth_axis=axes.fourth,
            remarks=remarks,
        ),
    )


def data_files(path: Path) -> tuple[Path, ...]:
    """The data files that a header names, as far as they are there and in its folder.

    Examples
    --------
    >>> data_files(Path("nothing.nhdr"))
    ()
    """
    try:
        names = read_nrrd_header(path).data_files
    except Refused:
        return ()
    return files_there(path, names)


def _samples(path: Path, header: NrrdHeader) -> tuple[Data, list[Remark]]:
    """Samples, with the axes as in the file."""
    if header.byte_skip < FROM_END or header.line_skip < 0:
        raise Refused("unreadable", "the fields line skip and byte skip do not say where the samples begin")
    files = [file_beside(path, name) for name in header.data_files] or [path]
    start = 0 if header.data_files else header.end
    text = header.packing == "text"
    pieces = [
        Piece(
            path=file,
            start=_after_lines(file, start, header.line_skip),
            skip=header.byte_skip,
            packing="raw" if text else cast(Packing, header.packing),
        )
        for file in files
    ]
    count = math.prod(header.sizes)
    if text:
        numbers, remarks = voxels_of_text(pieces, dtype=header.dtype, count=count)
    else:
        stored, remarks = voxel_bytes(pieces, declared=count * header.dtype.itemsize)
        numbers = stored.view(header.dtype)
    return numbers.reshape(header.sizes, order="F"), remarks


def _after_lines(path: Path, start: int, lines: int) -> int:
    """Where the line begins that is so many lines behind a position."""
    if not lines:
        return start
    with opened(path) as file:
        file.seek(start)
        for _ in range(lines):
            if not file.readline():
                raise Refused("unreadable", f"the data file does not have the {lines} lines that are to be skipped")
        return file.tell()


READER = Reader(
    name="nrrd",
    endings=".nrrd .nhdr",
    signature="4e525244",
    read=read_nrrd,
    companions=data_files,
)
