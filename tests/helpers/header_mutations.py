"""Seeded ways to make NIfTI and Analyze headers contradict themselves: their fields by name, with plausible values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from byte_mutations import Random, flipped_bits
from nibabel import analyze, nifti1, nifti2

LAYOUTS = (nifti1.header_dtype, nifti2.header_dtype, analyze.header_dtype)
LENGTHS = (-1, 0, 1, 2, 5, 6, 7, 210)
SIZES = (-2.0, 0.0, 0.5, 4.0, 1e30, np.nan, np.inf)
POSITIONS = (0.0, 0.5, -7.25, 1e30, np.nan)
FACTORS = (0.0, 1.0, 2.0, -1.0, 1e38, 1e-40, np.nan, np.inf)

VALUES: Mapping[str, Sequence[Any]] = {
    "sizeof_hdr": (348, 540, 349),
    "vox_offset": (0, 348, 350, 352.5, 354, 368, -352, np.nan, 1e30),
    "datatype": (0, 1, 2, 4, 8, 16, 32, 64, 128, 132, 136, 256, 512, 768, 1024, 1280, 1536, 2304),
    "bitpix": (1, 8, 16, 32),
    "scl_slope": FACTORS,
    "scl_inter": (0.0, -1024.0, 1e38, np.nan, np.inf),
    "funused1": FACTORS,
    "funused2": (0.0, 3.0, np.nan),
    "sform_code": (-1, 0, 1, 2, 4, 7, 100),
    "qform_code": (-1, 0, 1, 2, 4, 7),
    "quatern_b": (0.0, 0.5, 1.0, -1.0, 1.5, np.nan),
    "quatern_c": (0.0, 0.5, 1.0, -1.0, 1.5, np.nan),
    "quatern_d": (0.0, 0.5, 1.0, -1.0, 1.5, np.nan),
    "qoffset_x": POSITIONS,
    "qoffset_z": POSITIONS,
    "xyzt_units": (0, 1, 2, 3, 8, 10, 18, 26, 40, 255),
    "intent_code": (0, 3, 1002, 1005, 1007, 2001, 2003),
    "magic": (b"n+1", b"ni1", b"n+2", b"", b"ni2"),
    "dim_info": (0, 57, 255),
    "slice_code": (1, 9),
    "slice_duration": (-1.0, 1e30),
    "cal_max": (1.0, np.nan),
    "glmax": (255,),
    "extents": (16384,),
    "regular": (b"x",),
    "orient": (b"\1", b"\3"),
}
ELEMENTS: Mapping[str, Sequence[Any]] = {
    "dim": LENGTHS,
    "pixdim": SIZES,
    "srow_x": POSITIONS,
    "srow_y": POSITIONS,
    "srow_z": POSITIONS,
}
"""Field -> values of one of its elements."""


def header_fields(data: bytes, random: Random) -> bytes:
    """One to three fields with other values; now and then two elements of a field that have changed places."""
    layout = _layout_of(data)
    if layout is None:
        return flipped_bits(data, random)
    record = np.frombuffer(data, layout, 1).copy()[0]
    names = [name for name in (*VALUES, *ELEMENTS, *ELEMENTS, *ELEMENTS) if name in (layout.names or ())]
    for _ in range(random.integers(1, 4)):
        name = names[random.integers(len(names))]
        if name in VALUES:
            record[name] = _fitting(VALUES[name][random.integers(len(VALUES[name]))], layout[name])
        else:
            _change_element(record[name], ELEMENTS[name], random)
    return record.tobytes() + data[layout.itemsize :]


def _layout_of(data: bytes) -> np.dtype[Any] | None:
    """The layout of a header, in the byte order of the file."""
    for fields in LAYOUTS:
        for order in "<>":
            layout = fields.newbyteorder(order)
            if len(data) < layout.itemsize or int(np.frombuffer(data, layout["sizeof_hdr"], 1)[0]) != layout.itemsize:
                continue
            if "magic" not in (layout.names or ()) or np.frombuffer(data, layout, 1)[0]["magic"][:1] == b"n":
                return layout
    return None


def _fitting(value: Any, kind: np.dtype[Any]) -> Any:
    """What can be stored in a field: some hold whole numbers in one version and reals in another."""
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        return int(np.clip(np.nan_to_num(value), limits.min, min(limits.max, 2**40)))
    return value


def _change_element(values: np.ndarray, others: Sequence[Any], random: Random) -> None:
    first, second = random.integers(len(values), size=2)
    if random.random() < 0.3:
        values[[first, second]] = values[[second, first]]
    else:
        values[first] = others[random.integers(len(others))]
