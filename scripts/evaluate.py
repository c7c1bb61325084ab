"""Score fused images against their two sources, by the metrics of a profile.

By hand, A, B and FUSED are images, or folders whose files are paired by name (without the ending). With --cases, the
sources are in the case table CASES and the fused images in the case table FUSED. The table that is written is long: one
row per case and metric, with the columns dataset, method, profile, case, metric, variant, value; NaN is written as nan.

for example:
  python scripts/evaluate.py --profile cddfuse-2023 --a MRI --b CT --fused fused/LP --output metrics.tsv
  python scripts/evaluate.py --list
"""

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuseflow import command, stage
from fuseflow.cases import Case, CaseFile, join_files, read_cases
from fuseflow.errors import InputError
from fuseflow.files import check_not_input, hash_of_file
from fuseflow.flat import Pixels
from fuseflow.grey import to_grey
from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.variant import Profile
from fuseflow.values import VALUE_COLUMNS

log = logging.getLogger("evaluate")


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Score the fused image of a case."""

    profile: Profile
    a: str
    b: str
    dataset: str
    method: str

    def __call__(self, images: dict[str, Pixels]) -> list[dict[str, object]]:
        """One row per metric of the profile."""
        a, b, fused = (to_grey(images[role], self.profile.grey) for role in (self.a, self.b, "FUSED"))
        return [
            {
                "dataset": self.dataset,
                "method": self.method,
                "profile": self.profile.name,
                "metric": variant.metric,
                "variant": variant.id,
                "value": value,
            }
            for variant, value in evaluate(self.profile, a, b, fused)
        ]


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--profile", metavar="NAME", help="which variant of every metric; see --list")
    parser.add_argument("--list", action="store_true", help="list profiles and metrics and stop")
    parser.add_argument("--a", type=Path, metavar="PATH", help="first source: an image or a folder")
    parser.add_argument("--b", type=Path, metavar="PATH", help="second source: an image or a folder")
    parser.add_argument(
        "--fused", type=Path, metavar="PATH", help="fused: an image, a folder, or with --cases a case table"
    )
    parser.add_argument("--a-role", metavar="ROLE", help="role of the first source, with --cases")
    parser.add_argument("--b-role", metavar="ROLE", help="role of the second source, with --cases")
    parser.add_argument("--dataset", metavar="NAME", help="name for the table (default: the folder that holds A)")
    parser.add_argument("--method", metavar="NAME", help="name for the table (default: the name of FUSED)")
    parser.add_argument("--output", type=Path, metavar="TABLE.TSV", help="the table")
    stage.add_arguments(parser)
    return parser


def list_profiles() -> int:
    """Print every profile with its variants."""
    for name in PROFILES.names():
        profile: Any = PROFILES.load(name)
        print(f"{profile.name}: {profile.title} (colour becomes grey by {profile.grey})")
        for variant in profile.variants:
            print(f"  {variant.metric:5} {variant.id:14} {variant.direction:5} {variant.title}")
    return command.DONE


def images_of(path: Path) -> dict[str, Path]:
    """Name without ending -> image, of a folder or of one file (whose name counts for nothing)."""
    if path.is_file():
        return {"": path}
    if not path.is_dir():
        raise InputError(f"{path} does not exist or is no file; give an image or a folder of images")
    files = [file for file in sorted(path.iterdir()) if file.suffix.lower() == ".png" and file.is_file()]
    if not files:
        raise InputError(f"{path} holds no PNG")
    found = {file.stem: file for file in files}
    for file in files:
        if found[file.stem] != file:
            raise InputError(f"{path} holds {file.name} and {found[file.stem].name}; rename or remove one of them")
    return found


def cases_by_hand(a: Path, b: Path, fused: Path) -> list[Case]:
    """Sources and fused images with the same name, as cases; a fused image without its sources is refused later."""
    found = {"A": images_of(a), "B": images_of(b), "FUSED": images_of(fused)}
    if len({path.is_dir() for path in (a, b, fused)}) > 1:
        raise InputError(f"{a}, {b} and {fused} must be three images or three folders")
    if unused := (found["A"].keys() | found["B"].keys()) - found["FUSED"].keys():
        log.warning("%d of the sources have no fused image and are left out", len(unused))
    return [
        Case(
            id=name or fused.stem,
            patient="unknown",
            stratum="",
            files=tuple(
                CaseFile(role, str(paths[name].absolute()), hash_of_file(paths[name]))
                for role, paths in found.items()
                if name in paths
            ),
            folder=Path("/"),
        )
        for name in found["FUSED"]
    ]


def main(arguments: argparse.Namespace) -> int:
    """Score by hand or a shard."""
    if arguments.list:
        return list_profiles()
    if not arguments.profile or not arguments.fused or not arguments.output:
        raise InputError("--profile, --fused and --output are needed; --list shows the profiles")
    profile = PROFILES.load(arguments.profile)
    if arguments.cases is None:
        if not arguments.a or not arguments.b or arguments.a_role or arguments.b_role:
            raise InputError("give --a and --b, or --cases with --a-role and --b-role")
        cases = cases_by_hand(arguments.a, arguments.b, arguments.fused)
    else:
        if not arguments.a_role or not arguments.b_role or arguments.a or arguments.b:
            raise InputError("--cases goes with --a-role and --b-role")
        check_not_input([arguments.output], [arguments.fused])
        cases = join_files(stage.read_shard(arguments), {case.id: case for case in read_cases(arguments.fused)})
    function = Evaluate(
        profile=profile,
        a=arguments.a_role or "A",
        b=arguments.b_role or "B",
        dataset=arguments.dataset or (arguments.a or arguments.cases).absolute().parent.name,
        method=arguments.method or (arguments.fused.stem if arguments.cases is None else arguments.fused.parent.name),
    )
    return stage.run_to_table(
        stage.Stage(
            name="evaluate",
            load=stage.LoadImages((function.a, function.b, "FUSED")),
            function=function,
            parameters={
                "profile": profile.name,
                "a": function.a,
                "b": function.b,
                "method": function.method,
                "dataset": function.dataset,
            },
            code=("evaluate", PROFILES.module(profile.name)),
        ),
        cases,
        columns=VALUE_COLUMNS,
        output=arguments.output,
        workers=arguments.workers,
        on_refused=arguments.on_refused,
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
