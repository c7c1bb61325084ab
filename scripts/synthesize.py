#!/usr/bin/env python3
"""Write a synthetic data set: registered images of made-up patients, in a raw tree as a download would give it.

FOLDER receives <group>/<ROLE>/<patient><slice>.png (three digits for the slice: normal/CT/1002.png is slice 2 of
patient 1) and truth.json, which says what was drawn for each patient. The same seed and numbers give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fuseflow.errors import InputError
from fuseflow.synthesize.registry import GENERATORS
from fuseflow.synthesize.tree import write_tree


def parser() -> argparse.ArgumentParser:
    """Options of the program."""
    options = argparse.ArgumentParser(
        prog="synthesize.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--generator", default="ellipses", metavar="NAME", help="what to make (default: %(default)s)")
    options.add_argument("--seed", type=int, default=1, help="another seed, other patients (default: %(default)s)")
    options.add_argument("--patients", type=int, default=8, metavar="N", help="how many (default: %(default)s)")
    options.add_argument("--slices", type=int, default=3, metavar="N", help="per patient (default: %(default)s)")
    what = options.add_mutually_exclusive_group(required=True)
    what.add_argument("--output", type=Path, metavar="FOLDER", help="folder to make; must be new or empty")
    what.add_argument("--list", action="store_true", help="show the generators and end")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status: 0 done, 2 wrong usage or unusable input."""
    options = parser().parse_args(arguments)
    if options.list:
        for name in GENERATORS.names():
            print(f"{name}\t{GENERATORS.load(name).title}")
        return 0
    try:
        write_tree(
            GENERATORS.load(options.generator),
            seed=options.seed,
            patients=options.patients,
            slices=options.slices,
            output=options.output.absolute(),
        )
    except (InputError, OSError) as error:
        print(f"synthesize.py: {error}", file=sys.stderr)
        return 2
    cases = options.patients * options.slices
    print(f"wrote {cases} cases of {options.patients} patients to {options.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
