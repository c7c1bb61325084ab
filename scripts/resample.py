r"""Resample volumes onto the grid of another one, or to a spacing.

By hand, one image of any format becomes OUTPUT, whose ending says the format (.nii.gz, .mha, .nrrd, .npy); the sidecar
beside it (.json) says what was done. With --cases, the volumes of every case of a shard are brought onto one grid, that
of --reference-role or one of --spacing; roles that --keep names also stay as they are, and the resampled one is then
called like CTres. --fit finds a spacing for a data set (median, or nnU-Net's rule), which --parameters then uses.

for example:
  python scripts/resample.py --input ct.nii.gz --modality CT --reference pet.nii.gz --output ct-on-pet.nii.gz
  python scripts/resample.py --input labels.mha --label --spacing 1 1 1 --output labels-1mm.mha
  python scripts/resample.py --cases converted/0of2/cases.tsv --reference-role PET --keep CT --labels SEG \
      --output resampled/0of2
  python scripts/resample.py --fit converted/*/cases.tsv --labels SEG --spacing-rule nnunet --parameters spacing.json
"""

import argparse
import logging
from dataclasses import asdict, replace
from pathlib import Path

from fuseflow import command, stage
from fuseflow.arguments import chosen_mode
from fuseflow.cases import read_cases
from fuseflow.dicom.modalities import CT, MR, PET
from fuseflow.errors import InputError, Refused
from fuseflow.files import check_not_input
from fuseflow.formats.canonical import sidecar_of
from fuseflow.resample import FILL_VALUES, Resample
from fuseflow.target_spacing import LARGEST, RULES, SMALLEST, fit_spacing, is_spacing, read_spacing, write_spacing
from fuseflow.volume import Volume
from fuseflow.volume_files import check_output_file, read_volume_file, write_volume_file

log = logging.getLogger("resample")

HOW = {"spacing", "interpolation", "label_interpolation", "anti_alias", "anisotropic", "parameters", "output"}
MODES = {
    "input": HOW | {"reference", "label", "modality"},
    "cases": HOW | {"reference_role", "labels", "keep", "shard", "workers", "on_refused"},
    "fit": {"spacing_rule", "labels", "parameters"},
}
"""The argument that chooses what is done -> the others that then mean something."""
IMAGE, REFERENCE = "image", "reference"
"""Roles of the images by hand."""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--output", type=Path, metavar="PATH", help="the image, or with --cases the shard folder")
    parser.add_argument(
        "--spacing", nargs=3, type=length, metavar=("X", "Y", "Z"), help="wanted distance between voxels in mm"
    )
    parser.add_argument(
        "--interpolation",
        choices=("linear", "nearest", "bspline"),
        default="linear",
        help="of images (default: linear)",
    )
    parser.add_argument(
        "--label-interpolation",
        choices=("linear", "nearest"),
        default="linear",
        help="of labels: the one whose share of the voxel is one half or more, or the nearest (default: linear)",
    )
    parser.add_argument("--anti-alias", action="store_true", help="smooth images before their voxels become larger")
    parser.add_argument(
        "--anisotropic", action="store_true", help="take the nearest slice along a coarse axis, as nnU-Net does"
    )
    parser.add_argument(
        "--parameters", type=Path, metavar="FILE", help="the file of a spacing: --fit writes it, else it is read"
    )
    group = parser.add_argument_group("by hand")
    group.add_argument("--input", type=Path, metavar="IMAGE", help="a volume of any format")
    group.add_argument("--reference", type=Path, metavar="IMAGE", help="a volume whose grid it is brought to")
    group.add_argument("--label", action="store_true", help="the values are labels")
    group.add_argument(
        "--modality",
        choices=(CT, MR, PET),
        help=f"of the image, if no sidecar says it: beyond its field, CT is filled with {FILL_VALUES[CT]:g}, else 0",
    )
    group = parser.add_argument_group("a spacing for a data set")
    group.add_argument(
        "--fit", nargs="+", action="extend", type=Path, metavar="CASES.TSV", help="case tables of a data set"
    )
    group.add_argument("--spacing-rule", choices=sorted(RULES), help="how the spacing is found")
    group = parser.add_argument_group("with --cases")
    group.add_argument("--reference-role", metavar="ROLE", help="the role whose grid it is")
    group.add_argument(
        "--labels",
        nargs="+",
        action="extend",
        default=[],
        metavar="ROLE",
        help="roles whose values are labels; --fit leaves them out",
    )
    group.add_argument(
        "--keep", nargs="+", action="extend", default=[], metavar="ROLE", help="roles that also stay on their own grid"
    )
    stage.add_arguments(parser)
    return parser


def length(text: str) -> float:
    """A spacing in mm on the command line."""
    value = float(text)
    if not is_spacing(value):
        raise argparse.ArgumentTypeError(f"{text} is not a number between {SMALLEST} and {LARGEST:g} mm")
    return value


def resample_of(arguments: argparse.Namespace, *, reference: str | None, labels: tuple[str, ...]) -> Resample:
    """The stage's function, as the arguments choose it."""
    spacing = tuple(arguments.spacing) if arguments.spacing else None
    if arguments.parameters is not None:
        if spacing is not None:
            raise InputError("give either --spacing or --parameters")
        spacing = read_spacing(arguments.parameters)
    return Resample(
        reference=reference,
        spacing=spacing,
        interpolation=arguments.interpolation,
        label_interpolation=arguments.label_interpolation,
        anti_alias=arguments.anti_alias,
        anisotropic=arguments.anisotropic,
        labels=labels,
        keep=tuple(arguments.keep),
    )


def by_hand(arguments: argparse.Namespace) -> int:
    """Resample one image."""
    paths = {IMAGE: arguments.input, REFERENCE: arguments.reference}
    paths = {role: path for role, path in paths.items() if path is not None}
    check_output_file(arguments.output, [*paths.values(), *([arguments.parameters] if arguments.parameters else [])])
    resample = resample_of(
        arguments,
        reference=REFERENCE if arguments.reference else None,
        labels=(IMAGE,) if arguments.label else (),
    )
    volumes = {role: read_volume_file(path) for role, path in paths.items()}
    volumes[IMAGE] = of_modality(volumes[IMAGE], arguments.modality)
    try:
        resampled = resample(volumes)[IMAGE]
        write_volume_file(arguments.output, resampled)
    except Refused as refusal:
        detail = refusal.detail.removeprefix(f"{IMAGE}: ")
        raise InputError(f"{arguments.input} cannot be resampled: {detail}") from None
    done = resampled.sidecar["resampled"]
    if not arguments.label and "modality" not in resampled.sidecar and done.get("overlap", 1) < 1:
        log.warning("beyond the field of view is %g, since nothing says the modality; --modality does", done["fill"])
    return command.DONE


def of_modality(volume: Volume, modality: str | None) -> Volume:
    """The volume as one of a modality; None takes that of its sidecar.

    Raises
    ------
    InputError
        If its sidecar says another one.
    """
    if modality is None:
        return volume
    if volume.sidecar.get("modality", modality) != modality:
        raise InputError(f"--modality is {modality}, but the sidecar of the image says {volume.sidecar['modality']}")
    return replace(volume, sidecar={**volume.sidecar, "modality": modality})


def fit(arguments: argparse.Namespace) -> int:
    """Find a spacing for a data set."""
    if not arguments.spacing_rule or not arguments.parameters:
        raise InputError("--fit needs --spacing-rule and --parameters")
    cases = [case for table in arguments.fit for case in read_cases(table)]
    images = [case.folder / file.path for case in cases for file in case.files]
    check_not_input([arguments.parameters], [*arguments.fit, *images, *map(sidecar_of, images)])
    write_spacing(arguments.parameters, fit_spacing(cases, rule=arguments.spacing_rule, leave_out=arguments.labels))
    return command.DONE


def main(arguments: argparse.Namespace) -> int:
    """Resample by hand or a shard, or find a spacing."""
    mode = chosen_mode(arguments, make_parser(), MODES)
    if mode == "fit":
        return fit(arguments)
    if arguments.output is None:
        raise InputError("--output is needed")
    if mode == "input":
        return by_hand(arguments)
    resample = resample_of(arguments, reference=arguments.reference_role, labels=tuple(arguments.labels))
    return stage.run_shard(
        stage.Stage(
            name="resample",
            load=stage.LoadVolumes(),
            function=resample,
            parameters=asdict(resample),
            code=("resample",),
        ),
        arguments,
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
