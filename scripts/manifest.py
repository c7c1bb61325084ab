"""List every result of a run with the sha256 of its bytes, or compare two runs.

for example:
  python scripts/manifest.py results
  python scripts/manifest.py results ../another-run/results
"""

import argparse
import logging
from pathlib import Path

from fuseflow import command
from fuseflow.manifest import make_manifest

SHOWN = 20

log = logging.getLogger("manifest")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("results", type=Path, help="results folder of a run")
    parser.add_argument("other", type=Path, nargs="?", help="results folder of another run, to compare with")
    return parser


def main(arguments: argparse.Namespace) -> int:
    """Print the manifest, or the difference of two."""
    first = make_manifest(arguments.results)
    if arguments.other is None:
        print("\n".join(first))
        return command.DONE
    second = make_manifest(arguments.other)
    different = sorted(set(first) ^ set(second))
    for line in different[:SHOWN]:
        print("first " if line in set(first) else "second", line, sep="\t")
    log.info("%d and %d lines, %d of them in one run only", len(first), len(second), len(different))
    return command.REFUSED if different else command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
