"""How long each fusion method takes for a pair of 256 x 256 pixels: median milliseconds over seeded pairs of our own.

Run by hand: `python tests/benchmarks/fusion.py`. One thread; compare figures of one machine and one run only.
"""

from __future__ import annotations

import functools

from timing import Pair, median_milliseconds, synthetic_pairs

from fuseflow.fusion.method import Method, fuse
from fuseflow.fusion.registry import METHODS


def run(method: Method, pair: Pair) -> None:
    """Fuse one pair."""
    fuse(method, *pair)


def main() -> None:
    """Print one line per method."""
    pairs = synthetic_pairs()
    print(f"fusion methods ({len(pairs)} pairs of 256 x 256)")
    for name in METHODS.names():
        milliseconds = median_milliseconds(functools.partial(run, METHODS.load(name)), pairs)
        print(f"  {name:24} {milliseconds:8.2f} ms")
    print()


if __name__ == "__main__":
    main()
