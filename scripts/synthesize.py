"""Write a synthetic data set: registered images of made-up patients, in a raw tree as a download would give it.

FOLDER receives <group>/<ROLE>/<patient><slice>.png (three digits for the slice: normal/CT/1002.png is slice 2 of
patient 1) and truth.json, which says what was drawn for each patient. The same seed and numbers give the same bytes.

for example:
  python scripts/synthesize.py --list
  python scripts/synthesize.py --seed 1 --patients 12 --slices 2 --output data/synthetic
"""

import argparse
import logging
from pathlib import Path

from fuseflow import command
from fuseflow.arguments import positive, whole
from fuseflow.errors import InputError
from fuseflow.synthesize.registry import GENERATORS
from fuseflow.synthesize.tree import write_tree

log = logging.getLogger("synthesize")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--generator", default="ellipses", metavar="NAME", help="what to make (default: %(default)s)")
    parser.add_argument("--seed", type=whole, default=1, help="another seed, other patients (default: %(default)s)")
    parser.add_argument("--patients", type=positive, default=12, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--slices", type=positive, default=2, metavar="N", help="per patient (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder to make; must be new or empty")
    parser.add_argument("--list", action="store_true", help="list the generators and stop")
    return parser


def main(arguments: argparse.Namespace) -> int:
    """Write the data set, or list the generators."""
    if arguments.list:
        for name in GENERATORS.names():
            print(f"{name:10} {GENERATORS.load(name).title}")
        return command.DONE
    if not arguments.output:
        raise InputError("--output is needed; --list shows the generators")
    generator = GENERATORS.load(arguments.generator)
    write_tree(
        generator,
        seed=arguments.seed,
        patients=arguments.patients,
        slices=arguments.slices,
        output=arguments.output.absolute(),
    )
    cases = arguments.patients * arguments.slices
    log.info("synthesize: %d cases of %d patients in %s", cases, arguments.patients, arguments.output)
    return command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
