"""Convert damaged files: no traceback, no hang, no code run, no silent difference from what others read.

python tests/fuzz.py [NUMBER] [SEED]   examines that many mutants (2000) and ends with status 1 if anything is wrong.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS / "helpers"), str(TESTS.parent / "scripts")]

from fuzzing import SEED, fuzz, summary  # noqa: E402 (helpers lie beside this program, not on the path)


def main(number: int = 2000, seed: int = SEED) -> int:
    """Examine the mutants and print what became of them."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = list(fuzz(range(number), Path(folder), seed=seed))
    print(summary(verdicts))
    return int(any(verdict.complaints for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
