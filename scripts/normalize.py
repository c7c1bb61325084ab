r"""Normalize the intensities of volumes: CT windows, nnU-Net's rules, z-score, percentiles, SUV, Nyul landmarks, N4.

By hand, one image of any format becomes OUTPUT, whose ending says the format (.nii.gz, .mha, .nrrd, .npy); the sidecar
beside it (.json) says what was done. Methods that learn from training cases are fitted first: --fit takes the table of
a split, uses the cases of its split `train` and no others, and writes --parameters, which say what they were fitted on.
With --cases, every case of a shard is normalized. Parameters that were fitted on a case that is not in the training
split of --splits are an error; by hand, --splits may be left out.

for example:
  python scripts/normalize.py --list
  python scripts/normalize.py --input ct.nii.gz --method ct-window --option window=lung --output lung.nii.gz
  python scripts/normalize.py --fit split/cases.tsv --role MR --method nyul --parameters nyul.json
  python scripts/normalize.py --input mr.nii.gz --parameters nyul.json --output mr-nyul.nii.gz
  python scripts/normalize.py --cases split/cases.tsv --shard 0of2 --splits split/splits.json \
      --normalize 'SUV={"method": "suv-clip"}' --output normalized/0of2
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from fuseflow import command, stage
from fuseflow.arguments import chosen_mode, pair
from fuseflow.cases import Case, read_cases
from fuseflow.errors import InputError, Refused
from fuseflow.files import check_not_input, read_json, read_table
from fuseflow.formats.canonical import sidecar_of
from fuseflow.normalization.fitting import TrainingCase, fit
from fuseflow.normalization.parameters import check_training_only, read_parameters, write_parameters
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.normalize import MethodChoice, Normalize
from fuseflow.split import TRAIN
from fuseflow.volume_files import check_output_file, read_volume_file, write_volume_file

log = logging.getLogger("normalize")

MODES = {
    "input": {"method", "option", "parameters", "output", "splits"},
    "cases": {"normalize", "labels", "optional", "splits", "output", "shard", "workers", "on_refused"},
    "fit": {"method", "option", "parameters", "role", "labels_role", "on_refused"},
    "list": set[str](),
}
"""The argument that chooses what is done -> the others that then mean something."""
IMAGE = "image"
"""Role of the image by hand."""


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--method", metavar="NAME", help="normalization; see --list")
    parser.add_argument(
        "--option",
        nargs="+",
        action="extend",
        type=pair("NAME=VALUE", json_or_text),
        default=[],
        metavar="NAME=VALUE",
        help="options of the method; see --list",
    )
    parser.add_argument("--list", action="store_true", help="list the methods with their options and stop")
    parser.add_argument(
        "--parameters", type=Path, metavar="FILE", help="what a method was fitted to; written by --fit, else read"
    )
    parser.add_argument(
        "--splits", type=Path, metavar="SPLITS.JSON", help="of make_splits.py: the splits that parameters must respect"
    )
    parser.add_argument("--output", type=Path, metavar="PATH", help="the image, or with --cases the shard folder")
    group = parser.add_argument_group("by hand")
    group.add_argument("--input", type=Path, metavar="IMAGE", help="a volume of any format")
    group = parser.add_argument_group("fitting")
    group.add_argument("--fit", type=Path, metavar="CASES.TSV", help="table of a split, with a column split")
    group.add_argument("--role", metavar="ROLE", help="role of the images to fit to")
    group.add_argument("--labels-role", metavar="ROLE", help="role of their labels, for methods that need them")
    group = parser.add_argument_group("with --cases")
    group.add_argument(
        "--normalize",
        nargs="+",
        action="extend",
        type=choice,
        default=[],
        metavar="ROLE=JSON",
        help='how a role is normalized: {"method": ..., options ..., "parameters": FILE}',
    )
    group.add_argument(
        "--labels", nargs="+", action="extend", default=[], metavar="ROLE", help="roles whose values are labels"
    )
    group.add_argument(
        "--optional", nargs="+", action="extend", default=[], metavar="ROLE", help="roles that a case is whole without"
    )
    stage.add_arguments(parser)
    return parser


def json_or_text(text: str) -> Any:
    """A value on the command line: what is JSON is that value, anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def choice(text: str) -> tuple[str, Mapping[str, Any]]:
    """ROLE=JSON on the command line."""
    role, value = pair("ROLE=JSON", json_or_text)(text)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(name, ""), str) for name in ("method", "parameters")
    ):
        raise argparse.ArgumentTypeError(f'{text} is not like SUV={{"method": "suv-clip"}}')
    return role, value


def once(given: Sequence[tuple[str, Any]], argument: str) -> dict[str, Any]:
    """Names with their values.

    Raises
    ------
    InputError
        If a name is given twice.
    """
    named = dict(given)
    if len(named) < len(given):
        raise InputError(f"--{argument} names one of {', '.join(named)} twice")
    return named


def list_methods() -> int:
    """Print every method: name, title, source, options."""
    for name in NORMALIZATIONS.names():
        method: Any = NORMALIZATIONS.load(name)
        options = " ".join(f"{key}={json.dumps(value)}" for key, value in method.options.items()) or "-"
        fitted = "; fitted to training cases" if method.fit else ""
        print(f"{method.name:12} {method.title} - {method.source}{fitted}; options: {options}")
    return command.DONE


def method_choice(method: str | None, options: Mapping[str, Any], parameters: Path | None) -> MethodChoice:
    """A method with its options, or what was fitted with the method that it was fitted for."""
    fitted = read_parameters(parameters) if parameters is not None else None
    if method is not None:
        return MethodChoice(method=NORMALIZATIONS.canonical(method), options=options, parameters=fitted)
    if fitted is None:
        raise InputError("give a method, or parameters that one was fitted to")
    return MethodChoice(method=fitted.method, options=options, parameters=fitted)


def by_hand(arguments: argparse.Namespace) -> int:
    """Normalize one image."""
    read = [path for path in (arguments.input, arguments.parameters, arguments.splits) if path is not None]
    check_output_file(arguments.output, read)
    chosen = method_choice(arguments.method, once(arguments.option, "option"), arguments.parameters)
    # here, where a wrong option is not one of a role
    chosen.resolved()
    if chosen.parameters is not None and arguments.splits is not None:
        check_training_only(chosen.parameters, active_splits(arguments.splits))
    normalize = Normalize(methods={IMAGE: chosen})
    try:
        volume = normalize({IMAGE: read_volume_file(arguments.input)})[IMAGE]
        write_volume_file(arguments.output, volume)
    except Refused as refusal:
        detail = refusal.detail.removeprefix(f"{IMAGE}: ")
        raise InputError(f"{arguments.input} cannot be normalized: {detail}") from None
    return command.DONE


def training_cases(table: Path) -> list[Case]:
    """The cases of the training split.

    Raises
    ------
    InputError
        If the table does not say in which one split a case is, or none is for training.
    """
    places = {(row["case"], row["split"]) for row in read_table(table, required=["case", "split"])}
    train = {case for case, split in places if split == TRAIN}
    if not train:
        raise InputError(f"{table} has no case whose split is {TRAIN}; nothing can be fitted to the others")
    elsewhere = sorted(case for case, split in places if case in train and split != TRAIN)
    if elsewhere:
        raise InputError(f"{table}: case {elsewhere[0]} is in {TRAIN} and in another split; remake the table")
    return [case for case in read_cases(table) if case.id in train]


def fit_by_hand(arguments: argparse.Namespace) -> int:
    """Fit a method to the training cases of a table."""
    if not (arguments.method and arguments.role and arguments.parameters):
        raise InputError("--fit needs --role, --method and --parameters")
    cases = training_cases(arguments.fit)
    images = [case.folder / file.path for case in cases for file in case.files]
    check_not_input([arguments.parameters], [arguments.fit, *images, *map(sidecar_of, images)])
    loaders = {case.id: partial(load_training_case, case, arguments.role, arguments.labels_role) for case in cases}
    fitted = fit(NORMALIZATIONS.canonical(arguments.method), once(arguments.option, "option"), loaders)
    for refusal in fitted.refused:
        log.warning("refused %s: %s: %s", refusal.case, refusal.reason, refusal.detail)
    write_parameters(arguments.parameters, fitted.parameters)
    log.info("fitted to %d cases, %d refused", len(fitted.parameters.fitted_on), len(fitted.refused))
    return command.REFUSED if fitted.refused and arguments.on_refused == "fail" else command.DONE


def load_training_case(case: Case, role: str, labels: str | None) -> TrainingCase:
    """An image of a case and its labels."""
    volumes = stage.LoadVolumes(roles=(role, labels) if labels else (role,))(case)
    return TrainingCase(volume=volumes[role], labels=volumes[labels] if labels else None)


def stage_for(arguments: argparse.Namespace) -> stage.Stage:
    """The stage, as the arguments choose it."""
    methods = {
        role: method_choice(
            value.get("method"),
            {name: given for name, given in value.items() if name not in ("method", "parameters")},
            Path(value["parameters"]) if "parameters" in value else None,
        )
        for role, value in once(arguments.normalize, "normalize").items()
    }
    files = [arguments.splits, *(value.get("parameters") for _, value in arguments.normalize)]
    check_not_input([arguments.output], [Path(file) for file in files if file is not None])
    fitted = [method.parameters for method in methods.values() if method.parameters]
    if fitted and arguments.splits is None:
        raise InputError("fitted parameters need --splits, so that none was fitted on a case that is to be tested on")
    for parameters in fitted:
        check_training_only(parameters, active_splits(arguments.splits))
    normalize = Normalize(methods=methods, labels=frozenset(arguments.labels), optional=frozenset(arguments.optional))
    described = {role: asdict(method) for role, method in sorted(methods.items())}
    return stage.Stage(
        name="normalize",
        load=stage.LoadVolumes(),
        function=normalize,
        parameters={"methods": described, "labels": sorted(arguments.labels), "optional": sorted(arguments.optional)},
        code=("normalize", *(NORMALIZATIONS.module(method.method) for method in methods.values())),
    )


def active_splits(path: Path) -> Mapping[str, Sequence[str]]:
    """The splits of the active scheme in the file that make_splits.py writes.

    Raises
    ------
    InputError
        If it is no such file.
    """
    found = read_json(path)
    try:
        return {split: list(cases) for split, cases in found["schemes"][found["active"]].items()}
    except (AttributeError, KeyError, TypeError):
        raise InputError(f"{path} holds no splits; give the splits.json of make_splits.py") from None


def main(arguments: argparse.Namespace) -> int:
    """Normalize by hand or a shard, fit, or list the methods."""
    mode = chosen_mode(arguments, make_parser(), MODES)
    if mode == "list":
        return list_methods()
    if mode == "fit":
        return fit_by_hand(arguments)
    if arguments.output is None:
        raise InputError("--output is needed")
    if mode == "input":
        return by_hand(arguments)
    if not arguments.normalize:
        raise InputError("--cases needs --normalize")
    return stage.run_shard(stage_for(arguments), arguments)


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
