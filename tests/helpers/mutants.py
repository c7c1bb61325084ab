"""Damaged files for the fuzz test: sound files of every format, and one seeded way after the other to break them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import container_mutations as container
import dicom_mutations
import numpy as np
import text_mutations as text
from byte_mutations import GENERAL, Random
from header_mutations import header_fields
from sound_dicom import dicom_files
from sound_flat import Files, flat_files
from sound_volumes import volume_files

Way = Callable[[bytes, Random], bytes]

SPECIAL: Mapping[str, tuple[Way, ...]] = {
    ".dcm": dicom_mutations.WAYS,
    ".nii": (header_fields,),
    ".nii.gz": (
        container.inside_gzip(header_fields),
        container.inside_gzip(header_fields),
        *container.PACKED,
        container.other_members,
        container.gzip_frame,
    ),
    ".hdr": (header_fields,),
    ".mha": (text.metaimage_field, text.metaimage_field, text.other_word, text.other_lines),
    ".mhd": (text.metaimage_field, text.metaimage_field, text.other_word, text.other_lines),
    ".nrrd": (text.nrrd_field, text.nrrd_field, text.other_word, text.other_lines),
    ".nhdr": (text.nrrd_field, text.nrrd_field, text.other_word, text.other_lines),
    ".png": (container.png_header, container.png_chunk),
    ".jpg": (container.jpeg_segment,),
    ".tif": (container.tiff_entry, container.tiff_entry, container.tiff_chain),
    ".npy": (container.npy_header,),
    ".npz": (container.npy_header, container.central_directory, container.central_directory),
    ".json": (text.axes_field,),
}
"""Ending of a name -> ways to break such files beside those for all files."""
OFTEN_SPECIAL = 0.6
OFTEN_FIRST = 0.75


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A damaged file with its companions, and how it came to be."""

    number: int
    origin: str
    way: str
    files: Files


def sound_files(folder: Path) -> dict[str, Files]:
    """Files of every format, by a name that begins with the format's; `folder` is used to write some of them."""
    return {f"dicom {name}": files for name, files in dicom_files().items()} | volume_files(folder) | flat_files()


def unbroken(number: int, sound: Mapping[str, Files]) -> Mutant:
    """A sound file as it is, by the number of its name."""
    origin = sorted(sound)[number]
    return Mutant(number=number, origin=origin, way="none", files=sound[origin])


def mutant(number: int, sound: Mapping[str, Files], *, seed: int) -> Mutant:
    """The mutant of a number: the same for the same sound files and seed."""
    random = np.random.default_rng([seed, number])
    origins = sorted(sound)
    origin = origins[number % len(origins)]
    files = dict(sound[origin])
    first, *others = files
    name = first if not others or random.random() < OFTEN_FIRST else others[random.integers(len(others))]
    way = _way_for(name, random)
    # what is a pickle is a mutant already
    if "pickle" not in origin or random.random() < 0.7:
        with warnings.catch_warnings():
            # pydicom warns of values that it writes all the same
            warnings.simplefilter("ignore")
            files[name] = way(files[name], random)
    return Mutant(number=number, origin=origin, way=way.__name__, files=files)


def _way_for(name: str, random: Random) -> Way:
    _, _, ending = name.partition(".")
    special = SPECIAL.get(f".{ending}", ())
    ways = special if special and random.random() < OFTEN_SPECIAL else GENERAL
    return ways[random.integers(len(ways))]
