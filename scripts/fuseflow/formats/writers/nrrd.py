"""Writing NRRD files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fuseflow.formats.nrrd.axes import FOURTH_AXES
from fuseflow.formats.nrrd.header import TYPES
from fuseflow.formats.registry import Writer
from fuseflow.formats.text_headers.writing import packed, spelled, write_with_header
from fuseflow.volume import LPS_TO_RAS, Volume, spacing_of

NAMES = {np.dtype(code): names[0] for code, names in TYPES.items()} | {np.dtype("i1"): "int8"}


def write_nrrd(path: Path, volume: Volume) -> None:
    """Write a volume as ``.nrrd`` with samples compressed by gzip; equal volumes give equal bytes.

    Parameters
    ----------
    path
        Where to; written in place.
    volume
        Positions are written in LPS, also those of a sheared grid. Of the geometry ``spacing`` spacings are written
        without a space, of ``unknown`` not even these. A fourth axis is of the kind ``list``, also if it is time, since
        ITK refuses four axes of a domain in a space of three. Its name is the label if it is one of
        `fuseflow.formats.nrrd.axes.FOURTH_AXES`, its step a spacing; its unit is written if it is seconds.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> write_nrrd(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> path.read_bytes().splitlines()[7]
    b'space directions: (-1.0,0.0,0.0) (0.0,-1.0,0.0) (0.0,0.0,1.0)'
    """
    lines = [
        "NRRD0004",
        f"type: {NAMES[volume.data.dtype.newbyteorder('=')]}",
        f"dimension: {volume.data.ndim}",
        f"sizes: {' '.join(map(str, volume.data.shape))}",
        "endian: little",
        "encoding: gzip",
        *_geometry(volume),
        *_fourth(volume),
        "",
    ]
    write_with_header(path, lines, packed(volume.data, "gzip"))


def _geometry(volume: Volume) -> list[str]:
    if volume.geometry != "world":
        return []
    lps = LPS_TO_RAS @ volume.affine
    other = " none" if volume.fourth_axis else ""
    return [
        "space: left-posterior-superior",
        f"space directions: {' '.join(map(_vector, lps[:3, :3].T))}{other}",
        'space units: "mm" "mm" "mm"',
        f"space origin: {_vector(lps[:3, 3])}",
    ]


def _fourth(volume: Volume) -> list[str]:
    """Kinds, spacings, units and labels, of which the last are there for a fourth axis."""
    known = volume.geometry == "spacing"
    sides = spacing_of(volume.affine) if known else np.full(3, np.nan)
    axis = volume.fourth_axis
    if axis is None:
        return ["kinds: domain domain domain", *([f"spacings: {spelled(sides)}"] if known else [])]
    step = np.nan if axis.step is None else axis.step
    label = axis.name if axis.name in FOURTH_AXES else ""
    length = '"mm"' if known else '""'
    return [
        "kinds: domain domain domain list",
        f"spacings: {spelled([*sides, step])}",
        f'units: {length} {length} {length} "{"s" if axis.unit == "s" else ""}"',
        f'labels: "x" "y" "z" "{label}"',
    ]


def _vector(numbers: Iterable[float]) -> str:
    return f"({spelled(numbers).replace(' ', ',')})"


WRITER = Writer(name="nrrd", ending=".nrrd", write=write_nrrd)
