"""Programs on volumes as a user runs them, in this process, and what they read."""

import importlib.util

import numpy as np

from fuseflow import command
from fuseflow.cases import Case, write_cases
from fuseflow.formats.canonical import write_canonical
from fuseflow.provenance import SCRIPTS
from fuseflow.volume import Volume


def program(name):
    """A program as a function: arguments -> exit status, also where the parser ends it."""
    specification = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    def run(*arguments):
        try:
            return command.run(module.make_parser(), module.main, [str(argument) for argument in arguments])
        except SystemExit as end:
            return end.code

    return run


def write_table(folder, cases):
    """A shard folder: id -> role -> image; each case is a patient of its own. Returns its table."""
    made = [
        Case(
            case,
            f"patient-{case}",
            "",
            tuple(write_canonical(folder, case=case, role=role, image=image) for role, image in images.items()),
            folder,
        )
        for case, images in cases.items()
    ]
    write_cases(folder / "cases.tsv", made)
    return folder / "cases.tsv"


def everything_in(folder):
    """Path -> bytes of all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ramp(shape=(8, 7, 6), spacing=(1.0, 1.0, 2.0), origin=(0, 0, 0), dtype=np.float32, **sidecar):
    """A volume whose values are different everywhere, with a grid along the axes of the patient."""
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    return Volume(data=data, affine=affine, sidecar={"shape": list(shape), "affine": affine.tolist(), **sidecar})
