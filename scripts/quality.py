r"""Show whether the volumes of each case lie on each other: a picture per case, and the numbers that matter.

Every case becomes QUALITY/<case>.png in the shard folder OUTPUT: three orthogonal slices of each volume on the grid of
the reference, the second laid over the first in colour, and the outline of the labels. QUALITY/<case>.json holds
spacing, range, overlap and the volumes of labels before and after resampling.

for example:
  python scripts/quality.py --cases resampled/0of2/cases.tsv --reference-role PET --labels SEG --output quality/0of2
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from fuseflow import command, stage
from fuseflow.errors import InputError
from fuseflow.quality import Quality


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--reference-role", metavar="ROLE", help="the role whose grid is shown (default: the first)")
    parser.add_argument(
        "--labels", nargs="+", action="extend", default=[], metavar="ROLE", help="roles whose values are labels"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the shard folder")
    stage.add_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> int:
    """Make the pictures of a shard."""
    if arguments.cases is None:
        raise InputError("--cases is needed")
    quality = Quality(reference=arguments.reference_role, labels=tuple(arguments.labels))
    return stage.run_shard(
        stage.Stage(
            name="quality",
            load=stage.LoadVolumes(),
            function=quality,
            parameters=asdict(quality),
            code=("quality",),
        ),
        arguments,
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
