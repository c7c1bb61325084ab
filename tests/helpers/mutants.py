"""Damaged files for the fuzz test: sound files of every format, and one seeded way after the other to break them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import SimpleITK
import tifffile
from dicom_series import AXIAL, Geometry, enhanced_ct, pet_elements, slice_dataset
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

Random = np.random.Generator
Files = dict[str, bytes]
"""Name -> bytes; the first is the one that is broken and read."""

VOXELS = np.arange(7 * 6 * 5, dtype=np.int16).reshape(7, 6, 5) - 50
ABSURD = (0, 1, -1, 2**15 - 1, 2**16 - 1, 2**31 - 1, -(2**31), 2**32 - 1)
WORDS = ("-1", "0", "1e308", "nan", "99999999999", "", "4294967296", "../../../etc/passwd", "/etc/passwd", "x" * 5000)
DEPTH = 3000
"""Of sequences inside each other."""


class Payload:
    """What unpickling would do: leave a trace in the working folder."""

    def __reduce__(self):
        return (open, ("executed", "w"))


def _dicom(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _radiograph(**changes) -> bytes:
    dataset = slice_dataset(Geometry(), 0, signed=False, bits=12, stored=np.abs)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.Modality = "CR"
    for name, value in changes.items():
        setattr(dataset, name, value)
    return _dicom(dataset)


def _ultrasound() -> bytes:
    pixels = np.arange(5 * 6 * 3, dtype=np.uint8)
    return _radiograph(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.6.1",
        Modality="US",
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelData=pixels.tobytes(),
    )


def _dicom_files() -> dict[str, Files]:
    plain = slice_dataset(Geometry(), 0)
    packed = slice_dataset(Geometry(), 0)
    packed.compress(RLELossless)
    deflated = slice_dataset(Geometry(), 0)
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    tilted = slice_dataset(Geometry(orientation=(*AXIAL[:3], 0, 0.8, -0.6)), 0, **pet_elements())
    found = {
        "ct": _dicom(plain),
        "rle": _dicom(packed),
        "deflated": _dicom(deflated),
        "pet": _dicom(tilted),
        "enhanced": _dicom(enhanced_ct(Geometry(), [0, 2, 1])),
        "radiograph": _radiograph(PhotometricInterpretation="MONOCHROME1"),
        "ultrasound": _ultrasound(),
    }
    return {name: {f"{name}.dcm": data} for name, data in found.items()}


def _nifti(kind=nibabel.Nifti1Image, *, big: bool = False, packed: bool = False) -> bytes:
    affine = np.diag([-2.0, 2.0, 3.0, 1.0])
    header = kind.header_class(endianness=">" if big else "<")
    header.set_data_dtype(np.int16)
    image = kind(VOXELS, affine, header)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_xyzt_units("mm")
    data = image.to_bytes()
    return gzip.compress(data, mtime=0) if packed else data


def _written_by_simpleitk(folder: Path) -> dict[str, Files]:
    image = SimpleITK.GetImageFromArray(VOXELS)
    image.SetSpacing((2.0, 2.0, 3.0))
    found = {}
    for name, packed in (("a.mha", True), ("a.mhd", False), ("a.nrrd", True), ("a.nhdr", False)):
        for path in folder.iterdir():
            path.unlink()
        SimpleITK.WriteImage(image, str(folder / name), useCompression=packed)
        names = sorted((path.name for path in folder.iterdir()), key=lambda other: other != name)
        found[name[2:]] = {other: (folder / other).read_bytes() for other in names}
    return found


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def _flat_files() -> dict[str, Files]:
    grey = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9)
    deep = grey.astype(np.uint16) * 500
    colour = np.stack([grey, grey[::-1], 255 - grey], axis=-1)
    palette = Image.fromarray(colour).quantize(16)
    found = {
        "grey.png": _saved(lambda file: Image.fromarray(grey).save(file, "PNG")),
        "deep.png": _saved(lambda file: Image.fromarray(deep).save(file, "PNG")),
        "palette.png": _saved(lambda file: palette.save(file, "PNG")),
        "colour.jpg": _saved(lambda file: Image.fromarray(colour).save(file, "JPEG", quality=90)),
    }
    for name, pixels, options in (
        ("plain.tif", deep, {}),
        ("lzw.tif", colour, {"compression": "lzw"}),
        ("deflate.tif", deep, {"compression": "zlib", "predictor": True}),
        ("tiled.tif", np.tile(grey, (4, 4)), {"tile": (16, 16)}),
        ("pages.tif", np.stack([grey, grey[::-1]]), {"photometric": "minisblack"}),
    ):
        found[name] = _saved(lambda file, p=pixels, o=options: tifffile.imwrite(file, p, **o))
    return {name: {name: data} for name, data in found.items()}


def _array_files() -> dict[str, Files]:
    axes = json.dumps({"axes": ["x", "y", "z"], "spacing": [1, 2, 3]}).encode()
    objects = np.empty(1, object)
    objects[0] = Payload()
    return {
        "npy": {"a.npy": _saved(lambda file: np.save(file, VOXELS)), "a.json": axes},
        "npz": {"a.npz": _saved(lambda file: np.savez_compressed(file, VOXELS)), "a.json": axes},
        "pickle.npy": {"a.npy": _saved(lambda file: np.save(file, objects, allow_pickle=True)), "a.json": axes},
        "pickle.npz": {"a.npz": _saved(lambda file: np.savez(file, objects)), "a.json": axes},
        "bare pickle": {"a.npy": pickle.dumps(Payload()), "a.json": axes},
    }


def sound_files(folder: Path) -> dict[str, Files]:
    """Files of every format, by a name that begins with the format's; `folder` is used to write some of them."""
    found = {f"dicom {name}": files for name, files in _dicom_files().items()}
    found |= {
        "nifti plain": {"a.nii": _nifti()},
        "nifti gz": {"a.nii.gz": _nifti(packed=True)},
        "nifti big": {"a.nii": _nifti(big=True)},
        "nifti two": {"a.nii.gz": _nifti(nibabel.Nifti2Image, packed=True)},
    }
    found |= {f"volume {name}": files for name, files in _written_by_simpleitk(folder).items()}
    found |= {f"flat {name}": files for name, files in _flat_files().items()}
    return found | {f"array {name}": files for name, files in _array_files().items()}


def _truncate(data: bytes, random: Random) -> bytes:
    return data[: random.integers(len(data))]


def _flip_bits(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    # headers come first and matter most
    reach = len(data) if random.random() < 0.5 else min(len(data), 400)
    for place in random.integers(reach, size=random.integers(1, 9)):
        changed[place] ^= 1 << random.integers(8)
    return bytes(changed)


def _overwrite(data: bytes, random: Random) -> bytes:
    start = int(random.integers(len(data)))
    filler = random.choice([b"\xff", b"\x00", b"A"])
    return data[:start] + filler * int(random.integers(1, 40)) + data[start:][40:]


def _absurd_number(data: bytes, random: Random) -> bytes:
    width, order = random.choice([2, 4]), random.choice(["<", ">"])
    place = int(random.integers(max(1, min(len(data) - 4, 600))))
    number = int(random.choice(ABSURD)) % 2 ** (8 * width)
    return data[:place] + struct.pack(f"{order}{'H' if width == 2 else 'I'}", number) + data[place + width :]


def _repeat(data: bytes, random: Random) -> bytes:
    start, end = sorted(int(place) for place in random.integers(len(data) + 1, size=2))
    return data[:end] + data[start:]


def _word(data: bytes, random: Random) -> bytes:
    """Another value of one line ``key = value`` or ``key: value`` of a text header."""
    lines = list(re.finditer(rb"^[A-Za-z ]+(?:=|:) ?(.*)$", data[:2000], re.MULTILINE))
    if not lines:
        return _flip_bits(data, random)
    line = lines[random.integers(len(lines))]
    word = random.choice(WORDS).encode()
    if random.random() < 0.5 and line[1]:
        parts = line[1].split(b" ")
        parts[random.integers(len(parts))] = word
        word = b" ".join(parts)
    return data[: line.start(1)] + word + data[line.end(1) :]


def _inside_gzip(data: bytes, random: Random) -> bytes:
    mutated = random.choice([_flip_bits, _absurd_number, _truncate])(gzip.decompress(data), random)
    return gzip.compress(mutated, mtime=0)


def _png_header(data: bytes, random: Random) -> bytes:
    """Another size, depth or colour type, with the right checksum."""
    body = bytearray(data[16:29])
    place = random.choice([0, 4, 8, 9, 12])
    body[place : place + 1] = bytes([int(random.integers(256))])
    return data[:16] + bytes(body) + struct.pack(">I", zlib.crc32(b"IHDR" + bytes(body))) + data[33:]


def _npy_header(data: bytes, random: Random) -> bytes:
    found = re.search(rb"\{.*\}", data[:200])
    if not found:
        return _flip_bits(data, random)
    word = random.choice(
        [
            b"{'descr': '<i2', 'fortran_order': False, 'shape': (99999, 99999, 99999), }",
            b"{'descr': '|O', 'fortran_order': False, 'shape': (7, 6, 5), }",
            b"{'descr': '<i2', 'fortran_order': False, 'shape': (-7, 6, 5), }",
            b"{'descr': '<i2', 'fortran_order': 7, 'shape': (7, 6, 5), }",
            b"{'descr': '<f8', 'fortran_order': True, 'shape': (7, 6, 5), }",
            b"{'descr': '<i2', 'shape': (7, 6, 5), }",
            b"__import__('os').system('touch executed')",
            b"(" * 60,
        ]
    )
    return data[: found.start()] + word.ljust(len(found[0])) + data[found.end() :]


def _without_element(data: bytes, random: Random) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(data))
    tags = sorted(dataset.keys())
    for _ in range(random.integers(1, 4)):
        dataset.pop(tags[random.integers(len(tags))], None)
    return _resaved(dataset)


def _other_element(data: bytes, random: Random) -> bytes:
    """Elements with another type or absurd values."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    tags = [tag for tag in sorted(dataset.keys()) if tag.group > 2]
    for _ in range(random.integers(1, 4)):
        tag = tags[random.integers(len(tags))]
        kind, value = [
            ("US", int(random.choice([0, 1, 2**16 - 1]))),
            ("LO", str(random.choice(WORDS))[:60]),
            ("OB", bytes(random.integers(256, size=7, dtype=np.uint8))),
            ("FD", float(random.choice([np.nan, np.inf, -1e300]))),
            ("SQ", []),
        ][random.integers(5)]
        dataset[tag] = pydicom.DataElement(tag, kind, value)
    return _resaved(dataset)


def _nested(data: bytes, random: Random) -> bytes:
    """Sequences inside each other, far deeper than any real file, written by hand: pydicom cannot."""
    del random
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    head = sequence + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    place = data.find(b"\x08\x00\x16\x00UI")
    return data[:place] + head * DEPTH + data[place:] if place > 0 else data[:200]


def _resaved(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    try:
        dataset.save_as(buffer, enforce_file_format=False)
    except Exception:
        # what pydicom will not write is no mutant
        return buffer.getvalue() or b"\x08\x00"
    return buffer.getvalue()


GENERAL = (_truncate, _flip_bits, _overwrite, _absurd_number, _repeat)
SPECIAL: Mapping[str, tuple[Callable[[bytes, Random], bytes], ...]] = {
    "dicom": (_without_element, _other_element, _other_element, _nested),
    "nifti gz": (_inside_gzip, _inside_gzip),
    "nifti two": (_inside_gzip,),
    "volume": (_word, _word, _word),
    "flat grey.png": (_png_header,),
    "flat palette.png": (_png_header,),
    "array": (_npy_header, _npy_header),
}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A damaged file with its companions, and how it came to be."""

    number: int
    origin: str
    way: str
    files: Files


def mutant(number: int, sound: Mapping[str, Files], *, seed: int) -> Mutant:
    """The mutant of a number: the same for the same sound files and seed."""
    random = np.random.default_rng([seed, number])
    origins = sorted(sound)
    origin = origins[number % len(origins)]
    special = [way for prefix, ways in SPECIAL.items() if origin.startswith(prefix) for way in ways]
    ways = [*GENERAL, *special]
    way = ways[random.integers(len(ways))]
    # what is a pickle is a mutant already; now and then a companion is broken and not the first file
    files = dict(sound[origin])
    names = list(files)
    name = names[-1] if random.random() < 0.1 else names[0]
    if "pickle" not in origin or random.random() < 0.7:
        chosen = way if name == names[0] or way in GENERAL else _flip_bits
        files[name] = chosen(files[name], random)
    return Mutant(number=number, origin=origin, way=way.__name__.strip("_"), files=files)
