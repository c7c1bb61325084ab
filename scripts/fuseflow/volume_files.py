"""One volume from a file of any format to a file of any format, as programs by hand read and write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuseflow.convert import read_file
from fuseflow.errors import InputError, Refused
from fuseflow.files import atomic_path, check_not_input, read_json
from fuseflow.formats.canonical import sidecar_of, write_volume
from fuseflow.formats.reading import companions_of
from fuseflow.formats.registry import WRITERS
from fuseflow.volume import Volume

FACTS: Mapping[str, type] = {"modality": str, "unit": str, "frame_of_reference": str, "normalized": list}
"""What the sidecar beside a file may say of it that the file itself does not, and of what type that is."""


def read_volume_file(path: Path) -> Volume:
    """The one volume in a file.

    Its sidecar also says what the one beside the file knows of its meaning, if there is one: see `FACTS`.

    Raises
    ------
    InputError
        If the file or its sidecar cannot be read, or the file holds no volume or several.
    """
    try:
        images = read_file(path)
    except Refused as refusal:
        raise InputError(f"{path} cannot be read: {refusal.detail}") from None
    if len(images) != 1:
        raise InputError(f"{path} holds {len(images)} images; give a file with one volume")
    (image,) = images
    if not isinstance(image, Volume):
        raise InputError(f"{path} holds a flat image; give a file with a volume")
    return replace(image, sidecar={**image.sidecar, **_facts_beside(path)})


def _facts_beside(path: Path) -> dict[str, Any]:
    beside = sidecar_of(path)
    known = read_json(beside) if beside.is_file() else None
    if not isinstance(known, dict):
        return {}
    return {key: known[key] for key, kind in FACTS.items() if isinstance(known.get(key), kind)}


def check_output_file(path: Path, inputs: Iterable[Path]) -> None:
    """Make sure that a volume can be written to a file, and replaces nothing that is read.

    Parameters
    ----------
    path
        Where the volume shall go; its sidecar goes beside it.
    inputs
        Images and other files that are read.

    Raises
    ------
    InputError
        If the ending of the name stands for no format, the path is that of a folder or of an input, or a sidecar there
        would be taken for that of an input.

    Examples
    --------
    >>> check_output_file(Path("new.nii.gz"), [Path("CT.mha")])
    >>> check_output_file(Path("new.nii"), [Path("CT.mha")])
    Traceback (most recent call last):
    fuseflow.errors.InputError: new.nii has none of the endings .mha, .nii.gz, .npy, .nrrd, which say the format
    """
    format_for(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file")
    read = list(inputs)
    check_not_input([path], [file for image in read for file in (image, *companions_of(image))])
    for file in read:
        if file.is_file() and sidecar_of(file).resolve() == sidecar_of(path).resolve():
            raise InputError(f"the sidecar of {path} would be taken for that of {file}; give it another name")


def write_volume_file(path: Path, volume: Volume) -> None:
    """Write a volume in the format that the ending of the name stands for, and its sidecar beside it.

    Raises
    ------
    InputError
        If the ending stands for no format.
    Refused
        If the format cannot hold the volume.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> write_volume_file(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> read_volume_file(path).data.shape
    (2, 3, 4)
    """
    to = format_for(path)
    with atomic_path(path) as temporary:
        write_volume(temporary, volume, to=to)
        sidecar_of(temporary).replace(sidecar_of(path))


def format_for(path: Path) -> str:
    """The format of volumes that the ending of a name stands for.

    Raises
    ------
    InputError
        If it stands for none.

    Examples
    --------
    >>> format_for(Path("CT.NRRD"))
    'nrrd'
    """
    endings = {WRITERS.declared(name, "ending"): name for name in WRITERS.names()}
    found = [name for ending, name in endings.items() if path.name.lower().endswith(ending)]
    if not found:
        raise InputError(f"{path} has none of the endings {', '.join(sorted(endings))}, which say the format")
    return found[0]
