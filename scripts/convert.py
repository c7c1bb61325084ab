"""Convert raw images to canonical ones: DICOM series to NIfTI (RAS+, mm), flat images to PNG; values unchanged.

By hand, every DICOM series in FILE or FOLDER becomes OUTPUT/<NNN>_<MODALITY>.nii.gz, of PET also <NNN>_SUV.nii.gz, each
with a sidecar .json; OUTPUT/series.tsv accounts for every file, OUTPUT/refused.tsv says what is no volume and why. If
there is no DICOM file, every .png becomes OUTPUT/image/<name>.png. With --cases, the cases of a table of the index
become a shard folder.

for example:
  python scripts/convert.py --input study --output volumes
  python scripts/convert.py --input scan.png --output converted
  python scripts/convert.py --cases index/0of2.tsv --raw my-images --roles CT MR --output converted/0of2
  python scripts/convert.py --cases index/0of2.tsv --raw studies --series CT PET --output converted/0of2
"""

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fuseflow import command, stage
from fuseflow.cases import Case, CaseFile
from fuseflow.convert import Convert
from fuseflow.errors import InputError, Refused
from fuseflow.files import atomic_path, hash_of_file
from fuseflow.formats.canonical import read_verified
from fuseflow.index import UNNAMED, list_files, raw_path

UNSAFE = re.compile(r"^[._-]+|[^A-Za-z0-9._-]+")
"""What becomes `_` when the name of a file becomes an id."""


@dataclass(frozen=True)
class LoadRaw:
    """Read the raw file of every role that a case must have."""

    roles: tuple[str, ...]

    def __call__(self, case: Case) -> Mapping[str, bytes]:
        """Role -> bytes, or a refusal."""
        return {role: read_verified(case, role) for role in self.roles}


@dataclass(frozen=True)
class Checked:
    """A loader, for cases that say who they are."""

    load: Callable[[Case], Any]

    def __call__(self, case: Case) -> Any:
        """What the loader gives, or a refusal."""
        if case.id.startswith(UNNAMED) and not case.patient:
            names = ", ".join(repr(file.path) for file in case.files)
            raise Refused(
                "unsafe-name",
                f"{names}: ids begin with a letter or digit and hold only these and . _ -; rename the file",
            )
        if not case.patient:
            raise Refused("unknown-patient", "the name does not fit the card's pattern for patients")
        return self.load(case)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument(
        "--input", type=Path, metavar="FILE_OR_FOLDER", help="an image, or a folder of images or series"
    )
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="what the paths in --cases are relative to")
    parser.add_argument(
        "--roles", nargs="+", default=[], metavar="ROLE", help="flat images that make a case whole, with --cases"
    )
    parser.add_argument(
        "--series", nargs="+", default=[], metavar="ROLE", help="DICOM series that make a case whole, with --cases"
    )
    parser.add_argument("--size", nargs=2, type=int, metavar=("COLUMNS", "ROWS"), help="refuse images of another size")
    parser.add_argument("--bits", type=int, choices=(8, 16), help="refuse images of another depth")
    parser.add_argument(
        "--uneven",
        choices=("refuse", "resample"),
        default="refuse",
        help="series with missing or unevenly spaced slices (default: refuse)",
    )
    parser.add_argument(
        "--single-slices", choices=("keep", "refuse"), default="keep", help="series of one slice (default: keep)"
    )
    parser.add_argument(
        "--salt",
        default=os.environ.get("FUSEFLOW_SALT", ""),
        help="secret for the pseudonyms of UIDs in sidecars, which have none without it (default: FUSEFLOW_SALT)",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the images")
    stage.add_arguments(parser, workers=usable_processors())
    return parser


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def files_by_hand(source: Path, output: Path) -> tuple[Path, list[str]]:
    """A folder and the files in it that are meant: all of them but earlier results, or the one."""
    if not source.is_file() and not source.is_dir():
        raise InputError(f"{source} does not exist or is no file; give an image or a folder of images or series")
    folder, names = (source, list_files(source)) if source.is_dir() else (source.parent, [source.name])
    names = [name for name in names if not (folder / name).resolve().is_relative_to(output.resolve())]
    if not names:
        raise InputError(f"{source} is empty; give an image or a folder of images or series")
    return folder, names


def are_series(folder: Path, names: list[str]) -> bool:
    """Whether files are to be taken for DICOM: some look like it, or none is a PNG."""
    if not any(is_png(name) for name in names):
        return True
    # pydicom costs a quarter of a second, which flat images need not pay
    from fuseflow.dicom.reading import looks_like_dicom

    return any(looks_like_dicom(folder / name) for name in names if not is_png(name))


def is_png(name: str) -> bool:
    """Whether a file calls itself a PNG."""
    return name.lower().endswith(".png")


def images_by_hand(source: Path, folder: Path, names: list[str]) -> list[Case]:
    """Every flat image as a case of its own with the role ``image``."""
    names = [name for name in names if is_png(name)]
    cases = [
        Case(UNSAFE.sub("_", name[:-4]), "unknown", "", (CaseFile("image", name, _hash_of(folder / name)),), folder)
        for name in names
    ]
    if len({case.id for case in cases}) < len(cases):
        raise InputError(
            f"{source} holds files whose names differ only in folders, spaces or signs; convert them apart"
        )
    return sorted(cases, key=lambda case: case.id)


def _hash_of(image: Path) -> str:
    """The sha256 of an image; of one that cannot be read nothing, since loading it refuses it with the reason."""
    try:
        return hash_of_file(image)
    except OSError:
        return ""


def cases_of_table(arguments: argparse.Namespace) -> list[Case]:
    """The cases of an index table, with paths below the raw folder."""
    if not arguments.raw.is_dir():
        raise InputError(f"the raw folder {arguments.raw} does not exist; give the folder that was indexed")
    listing: list[str] = []
    cases = stage.read_shard(arguments)
    if any(file.path.startswith("#") for case in cases for file in case.files):
        listing = list_files(arguments.raw)
    return [
        Case(case.id, case.patient, case.stratum, _located(case, arguments.raw, listing), arguments.raw)
        for case in cases
    ]


def _located(case: Case, raw: Path, listing: list[str]) -> tuple[CaseFile, ...]:
    return tuple(
        CaseFile(file.role, str(raw_path(raw, file.path, listing).relative_to(raw)), file.sha256) for file in case.files
    )


def stage_for_images(arguments: argparse.Namespace) -> stage.Stage:
    """The stage for flat images."""
    convert = Convert(size=tuple(arguments.size) if arguments.size else None, bits=arguments.bits)
    roles = tuple(arguments.roles) or ("image",)
    return stage.Stage(
        name="convert",
        load=Checked(LoadRaw(roles)),
        function=convert,
        parameters={**asdict(convert), "roles": roles},
        code=("convert",),
    )


def stage_for_series(arguments: argparse.Namespace, cases: int) -> stage.Stage:
    """The stage for DICOM series; workers that have no case of their own help with slices."""
    from fuseflow.dicom.series import SeriesRules
    from fuseflow.dicom.studies import ConvertSeries, LoadSeries

    rules = SeriesRules(uneven=arguments.uneven, single_slices=arguments.single_slices, salt=arguments.salt)
    threads = max(1, arguments.workers // max(1, cases))
    roles = tuple(arguments.series)
    return stage.Stage(
        name="convert",
        load=Checked(LoadSeries(roles=roles, threads=threads)),
        function=ConvertSeries(rules=rules, threads=threads),
        # the salt is a secret
        parameters={"uneven": rules.uneven, "single_slices": rules.single_slices, "series": roles},
        code=("convert",),
        threads=threads,
    )


def convert_series_by_hand(arguments: argparse.Namespace, paths: list[Path]) -> int:
    """Every series among some files, numbered."""
    from fuseflow.dicom.folder import convert_folder
    from fuseflow.dicom.series import SeriesRules

    rules = SeriesRules(uneven=arguments.uneven, single_slices=arguments.single_slices, salt=arguments.salt)
    stage.check_output(arguments.output, [], inputs=paths)
    with atomic_path(arguments.output) as folder:
        folder.mkdir()
        refused = convert_folder(paths, folder, rules=rules, threads=arguments.workers)
    return command.REFUSED if refused and arguments.on_refused == "fail" else command.DONE


def check_usage(arguments: argparse.Namespace) -> None:
    """Which arguments go together.

    Raises
    ------
    InputError
        If they do not.
    """
    if (arguments.input is None) == (arguments.cases is None):
        raise InputError("give either --input or --cases")
    if arguments.cases is not None and (arguments.raw is None or bool(arguments.roles) == bool(arguments.series)):
        raise InputError("--cases needs --raw, and either --roles or --series")


def main(arguments: argparse.Namespace) -> int:
    """Convert by hand or a shard."""
    check_usage(arguments)
    if arguments.cases is not None:
        cases = cases_of_table(arguments)
        work = stage_for_series(arguments, len(cases)) if arguments.series else stage_for_images(arguments)
    else:
        folder, names = files_by_hand(arguments.input, arguments.output)
        if are_series(folder, names):
            return convert_series_by_hand(arguments, [folder / name for name in names])
        cases, work = images_by_hand(arguments.input, folder, names), stage_for_images(arguments)
    return stage.run_to_folder(
        work, cases, output=arguments.output, workers=arguments.workers, on_refused=arguments.on_refused
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
