"""The one pool of processes: results in the order of the input, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from fuseflow.errors import InputError
from fuseflow.memory import keep_freed_memory

CHUNKS_PER_WORKER = 8
"""Enough chunks that no worker idles for long, few enough that handing them over costs nothing."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(work: Callable[[Item], Result], items: Sequence[Item], *, workers: int) -> Iterator[Result]:
    """Results of some work on each item, in the order of the items.

    Parameters
    ----------
    work
        A function or callable object that can be pickled.
    items
        What to work on.
    workers
        How many processes; 1 works in this one.

    Raises
    ------
    InputError
        If a worker was killed.

    Examples
    --------
    >>> list(map_in_order(abs, [-2, 1, -3], workers=2))
    [2, 1, 3]
    """
    keep_freed_memory()
    if workers == 1 or len(items) < 2:
        yield from map(work, items)
        return
    chunk = max(1, len(items) // (workers * CHUNKS_PER_WORKER))
    try:
        with ProcessPoolExecutor(workers, mp_context=process_context(), initializer=end_with_parent) as pool:
            yield from pool.map(work, items, chunksize=chunk)
    except BrokenProcessPool:
        raise InputError(
            "a worker process was killed, most likely because memory ran out; use fewer workers or more shards"
        ) from None


def process_context() -> Any:
    """How worker processes begin: forked where that is possible.

    Forked workers share what is already imported; importing it again would cost more than many a shard's work.
    """
    return multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)


def end_with_parent() -> None:
    """Let a worker end when its parent does, however that ends: killed, it could not tell its workers to stop."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
