"""What every command line program of the project does the same way: logging, and errors as one sentence."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence

from fuseflow.errors import FuseflowError

# Before a program imports anything numeric: parallelism is over cases, and results must not depend on threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

log = logging.getLogger(__name__)

DONE, REFUSED, UNUSABLE = 0, 1, 2
WORTH_TELLING = 0.1
"""Seconds of CPU time from which on a program says how many it took."""


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser whose ``--help`` shows the program's docstring as written."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def run(
    parser: argparse.ArgumentParser, body: Callable[[argparse.Namespace], int], argv: Sequence[str] | None = None
) -> int:
    """Parse the command line and run the program.

    Parameters
    ----------
    parser
        The program's arguments.
    body
        Does the work; returns the exit status.
    argv
        Arguments instead of those of the process.

    Returns
    -------
    int
        0 done, 1 something was refused although refusals were to fail, 2 wrong usage or unusable input (then its
        sentence is on standard error, without a traceback).
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s: %(message)s", force=True)
    arguments = parser.parse_args(argv)
    start = _cpu_seconds()
    # Ended by a scheduler, a program still clears its temporary files away.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        status = body(arguments)
    except (FuseflowError, OSError) as error:
        sys.stderr.write(f"{parser.prog}: error: {error}\n")
        return UNUSABLE
    except MemoryError:
        sys.stderr.write(f"{parser.prog}: error: memory ran out; use fewer workers or smaller images\n")
        return UNUSABLE
    except KeyboardInterrupt:
        sys.stderr.write(f"{parser.prog}: interrupted\n")
        return 128 + signal.SIGINT
    seconds = _cpu_seconds() - start
    if seconds >= WORTH_TELLING:
        log.info("%s took %.2f s of CPU time", parser.prog, seconds)
    return status


def _cpu_seconds() -> float:
    """CPU time of this process and of its workers that have ended."""
    return sum(os.times()[:4])
