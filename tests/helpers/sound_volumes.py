"""Sound files of volumes for the fuzz test: every format and encoding, on grids where every mistake shows."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import zlib
from pathlib import Path

import nibabel
import numpy as np
from minc_files import axes_on, write_minc
from nifti_files import header_of, stored
from sound_flat import Files
from world_positions import LPS_TO_RAS, oblique_affine

VOXELS = np.arange(7 * 6 * 5, dtype=np.int16).reshape(7, 6, 5) - 50
SERIES = np.stack([VOXELS, VOXELS * 2, VOXELS * 3 + 1], axis=-1)
AFFINE = oblique_affine(angle=0.3)
PLAIN = np.diag([-2.0, 2.0, 3.0, 1.0])


class Payload:
    """What unpickling would do: leave a trace in the working folder."""

    def __reduce__(self):
        return (open, ("executed", "w"))


def volume_files(folder: Path) -> dict[str, Files]:
    """Files by their format and what is in them; `folder` is used to write some of them."""
    return _nifti_files() | _analyze_files() | _metaimage_files() | _nrrd_files() | _minc_files(folder) | _array_files()


def _nifti(layout=nibabel.Nifti1Header, *, single=True, **options) -> bytes:
    header = _nifti_header(layout, single=single, **options)
    return header + bytes(4) + stored(options.get("data", VOXELS), options.get("byte_order", "<"))


def _nifti_header(layout=nibabel.Nifti1Header, *, affine=AFFINE, **options) -> bytes:
    """Both forms of an affine in the header."""
    header = header_of(layout, **{"data": VOXELS} | options)
    header.set_qform(affine, code=1)
    header.set_sform(affine, code=1)
    return header.binaryblock


def _nifti_files() -> dict[str, Files]:
    four = _nifti(data=SERIES, xyzt_units=2 + 8, scl_slope=0.5, scl_inter=-3)
    return {
        "nifti plain": {"a.nii": _nifti()},
        "nifti gz": {"a.nii.gz": _packed(_nifti(affine=PLAIN))},
        "nifti big": {"a.nii": _nifti(byte_order=">", affine=PLAIN)},
        "nifti two": {"a.nii.gz": _packed(_nifti(nibabel.Nifti2Header))},
        "nifti series": {"a.nii": four},
        "nifti pair": {"a.hdr": _nifti_header(single=False), "a.img": stored(VOXELS)},
    }


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _analyze_files() -> dict[str, Files]:
    # where SPM writes its slope
    spm = header_of(nibabel.AnalyzeHeader, byte_order=">", data=VOXELS, single=False, funused1=0.5)
    plain = header_of(nibabel.AnalyzeHeader, data=VOXELS, single=False)
    for header in (spm, plain):
        header.set_zooms((2, 2, 3))
    return {
        "analyze plain": {"a.hdr": plain.binaryblock, "a.img": stored(VOXELS)},
        "analyze spm": {"a.hdr": spm.binaryblock, "a.img": stored(VOXELS, ">")},
    }


def _lines(fields: dict[str, str], *, separator: str) -> bytes:
    return "".join(f"{name}{separator}{value}\n" for name, value in fields.items()).encode()


def _words(numbers: np.ndarray) -> str:
    return " ".join(f"{number:.10g}" for number in np.ravel(numbers))


def _metaimage(data: np.ndarray = VOXELS, **changes: str) -> bytes:
    lps = LPS_TO_RAS @ AFFINE
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    fields = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": _words((lps[:3, :3] / spacing).T),
        "Offset": _words(lps[:3, 3]),
        "ElementSpacing": _words(spacing),
        "DimSize": _words(np.array(data.shape)),
        "ElementType": "MET_SHORT",
        **changes,
    }
    return _lines(fields | {"ElementDataFile": changes.get("ElementDataFile", "LOCAL")}, separator=" = ")


def _metaimage_files() -> dict[str, Files]:
    raw = stored(VOXELS)
    packed = zlib.compress(raw)
    flat = {"NDims": "4", "TransformMatrix": _words(np.eye(4)), "Offset": "1 2 3 0", "ElementSpacing": "1 2 3 4"}
    slices = {f"{number}.raw": stored(VOXELS[..., number]) for number in range(VOXELS.shape[2])}
    listed = _metaimage(ElementDataFile="LIST").replace(b"LIST\n", b"LIST\n" + "\n".join(slices).encode() + b"\n")
    size = {"CompressedData": "True", "CompressedDataSize": str(len(packed))}
    return {
        "metaimage mha": {"a.mha": _metaimage(**size) + packed},
        "metaimage mhd": {"a.mhd": _metaimage(ElementDataFile="a.raw"), "a.raw": raw},
        "metaimage big": {"a.mha": _metaimage(BinaryDataByteOrderMSB="True") + stored(VOXELS, ">")},
        "metaimage ascii": {"a.mha": _metaimage(BinaryData="False") + _text(VOXELS)},
        "metaimage list": {"a.mhd": listed, **slices},
        "metaimage series": {"a.mha": _metaimage(SERIES, **flat) + stored(SERIES)},
    }


def _text(data: np.ndarray) -> bytes:
    return _words(data.ravel(order="F")).encode() + b"\n"


def _nrrd(**changes: str) -> bytes:
    columns = AFFINE[:3, :3].T
    fields = {
        "type": "short",
        "dimension": "3",
        "sizes": _words(np.array(VOXELS.shape)),
        "space": "right-anterior-superior",
        "space directions": " ".join(f"({_words(column).replace(' ', ',')})" for column in columns),
        "space origin": f"({_words(AFFINE[:3, 3]).replace(' ', ',')})",
        "encoding": "raw",
        "endian": "little",
        **changes,
    }
    return b"NRRD0005\n" + _lines(fields, separator=": ")


def _nrrd_files() -> dict[str, Files]:
    raw = stored(VOXELS)
    plain = {"space": "left-posterior-superior", "space directions": "(2,0,0) (0,2,0) (0,0,3)"}
    series = {
        "dimension": "4",
        "sizes": _words(np.array([3, *VOXELS.shape])),
        "kinds": "list domain domain domain",
        "space directions": "none (1,0,0) (0,2,0) (0,0,3)",
    }
    slices = {f"{number}.raw": stored(VOXELS[..., number]) for number in range(VOXELS.shape[2])}
    listed = _nrrd(**{"data file": "LIST"}) + "\n".join(slices).encode() + b"\n"
    return {
        "nrrd raw": {"a.nrrd": _nrrd(**plain) + b"\n" + raw},
        "nrrd gzip": {"a.nrrd": _nrrd(encoding="gzip") + b"\n" + _packed(raw)},
        "nrrd bzip2": {"a.nrrd": _nrrd(encoding="bzip2") + b"\n" + bz2.compress(raw)},
        "nrrd ascii": {"a.nrrd": _nrrd(encoding="ascii") + b"\n" + _text(VOXELS)},
        "nrrd hex": {"a.nrrd": _nrrd(encoding="hex") + b"\n" + raw.hex().encode()},
        "nrrd big": {"a.nrrd": _nrrd(endian="big") + b"\n" + stored(VOXELS, ">")},
        "nrrd detached": {"a.nhdr": _nrrd(**{"data file": "a.raw"}), "a.raw": raw},
        "nrrd list": {"a.nhdr": listed, **slices},
        "nrrd series": {"a.nrrd": _nrrd(**series) + b"\n" + stored(np.moveaxis(SERIES, -1, 0))},
    }


def _minc_files(folder: Path) -> dict[str, Files]:
    ends = np.linspace(0, 1, VOXELS.shape[0])
    scaled = {"limits": (-3.0 - ends, 5.0 + ends), "along": ("zspace",), "valid_range": np.array([-50.0, 159.0])}
    space = axes_on(AFFINE)
    time = {"time": {"step": 2.0, "start": 0.0, "units": b"s", "spacing": b"regular__"}}
    series = np.moveaxis(SERIES, -1, 0).astype(np.float32)
    path = folder / "a.mnc"
    found = {}
    for version in (1, 2):
        write_minc(path, version, VOXELS, axes=space, **scaled)
        found[f"minc {version}"] = {"a.mnc": path.read_bytes()}
        write_minc(path, version, series, axes=time | space, limits=(0.0, 1.0))
        found[f"minc {version} series"] = {"a.mnc": path.read_bytes()}
    return found


def _saved(save, *arguments, **options) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *arguments, **options)
    return buffer.getvalue()


def _array_files() -> dict[str, Files]:
    axes = json.dumps({"axes": ["x", "y", "z"], "affine": AFFINE.tolist()}).encode()
    series = json.dumps({"axes": ["time", "z", "y", "x"], "spacing": [1, 2, 3]}).encode()
    objects = np.empty(1, object)
    objects[0] = Payload()
    return {
        "array npy": {"a.npy": _saved(np.save, VOXELS), "a.json": axes},
        "array fortran": {"a.npy": _saved(np.save, np.asfortranarray(VOXELS)), "a.json": axes},
        "array series": {"a.npy": _saved(np.save, SERIES.T), "a.json": series},
        "array npz": {"a.npz": _saved(np.savez_compressed, VOXELS), "a.json": axes},
        "array several": {"a.npz": _saved(np.savez, VOXELS, other=VOXELS + 1), "a.json": axes},
        "array pickle.npy": {"a.npy": _saved(np.save, objects, allow_pickle=True), "a.json": axes},
        "array pickle.npz": {"a.npz": _saved(np.savez, objects), "a.json": axes},
        "array bare pickle": {"a.npy": pickle.dumps(Payload()), "a.json": axes},
    }
