"""A synthetic data set as a folder of raw files, named like the ones of the Whole Brain Atlas collections."""

from __future__ import annotations

from pathlib import Path

from fuseflow.errors import InputError
from fuseflow.files import atomic_path, write_bytes, write_json
from fuseflow.formats.png import write_png
from fuseflow.synthesize.generator import Generator, Patient
from fuseflow.synthesize.random_streams import ANATOMY, random_stream

MOST_SLICES = 999
"""The slice number has three digits."""


def write_tree(generator: Generator, *, seed: int, patients: int, slices: int, output: Path) -> None:
    """Write ``<stratum>/<ROLE>/<patient><slice>.png`` for every patient, slice and role, and ``truth.json``.

    Patients and slices count from 1; a slice number has three digits, so ``normal/CT/1002.png`` is slice 2 of
    patient 1.
    ``truth.json`` says what was drawn for each patient; with the seed, which it says too, every image can be rendered
    again from it. The same arguments give the same bytes.

    Parameters
    ----------
    generator
        For example ``GENERATORS.load("ellipses")``.
    seed
        The master seed.
    patients, slices
        Number of patients (from 1), and of slices of each (1 to 999).
    output
        The folder to make; it appears whole or not at all.

    Raises
    ------
    InputError
        If a number is out of range, or if `output` is there already and is not an empty folder.

    Examples
    --------
    >>> import tempfile
    >>> from fuseflow.synthesize.registry import GENERATORS
    >>> folder = Path(tempfile.mkdtemp()) / "raw"
    >>> write_tree(GENERATORS.load("ellipses"), seed=1, patients=1, slices=1, output=folder)
    >>> sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    ['normal/CT/1001.png', 'normal/MR/1001.png', 'truth.json']
    """
    if patients < 1:
        raise InputError(f"the number of patients is {patients}; give 1 or more")
    if not 1 <= slices <= MOST_SLICES:
        raise InputError(f"the number of slices is {slices}; give 1 to {MOST_SLICES}")
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise InputError(f"{output} is there already and is not an empty folder; give a new folder or remove it first")
    with atomic_path(output) as folder:
        drawn = {number: _draw(generator, seed, number) for number in range(1, patients + 1)}
        for number, patient in drawn.items():
            _write_patient(generator, patient, seed=seed, number=number, slices=slices, folder=folder)
        truth = {
            "generator": generator.name,
            "seed": seed,
            "slices": slices,
            "patients": {
                str(number): {"stratum": patient.stratum, "anatomy": dict(patient.anatomy)}
                for number, patient in drawn.items()
            },
        }
        write_json(folder / "truth.json", truth)


def _draw(generator: Generator, seed: int, number: int) -> Patient:
    stream = random_stream(master=seed, kind=generator.name, patient=number, modality=ANATOMY)
    return generator.draw(stream, number)


def _write_patient(
    generator: Generator, patient: Patient, *, seed: int, number: int, slices: int, folder: Path
) -> None:
    for role in generator.roles:
        noise = random_stream(master=seed, kind=generator.name, patient=number, modality=role)
        images = generator.render(patient.anatomy, role, slices, noise)
        for index, image in enumerate(images, start=1):
            write_bytes(folder / patient.stratum / role / f"{number}{index:03d}.png", write_png(image))
