"""Work on untrusted files, each piece where a crash or a hang costs that piece only.

Decoders are C libraries: a damaged file can crash the process or keep it busy for ever. So each worker is a process of
its own that is replaced when it dies or is out of time, and the piece it was at is refused.
"""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from fuseflow.errors import InputError, Refused
from fuseflow.memory import keep_freed_memory
from fuseflow.workers import end_with_parent, process_context

SECONDS = 600
"""How long one piece of work may take if nobody says otherwise: many times what the largest study needs."""
NOTHING_MORE = None
"""What an idle worker is sent to end. Closing its pipe would not do: workers that began later hold copies of it."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_isolated(
    work: Callable[[Item], Result], items: Sequence[Item], *, workers: int, seconds: float = SECONDS
) -> Iterator[Result | Refused]:
    """Results of some work on each item, in the order of the items; a refusal where it crashed or did not end.

    Parameters
    ----------
    work
        A function or callable object that can be pickled.
    items
        What to work on.
    workers
        How many processes; also a single one is a process of its own.
    seconds
        How long the work on one item may take.

    Raises
    ------
    InputError
        If a worker was killed from outside, most likely because memory ran out.
    Exception
        What the work itself raises, except for running out of memory.

    Examples
    --------
    >>> list(map_isolated(abs, [-2, 1, -3], workers=2))
    [2, 1, 3]
    """
    keep_freed_memory()
    pool = [_Worker(work, items, seconds) for _ in range(min(workers, len(items)))]
    waiting = deque(range(len(items)))
    results: dict[int, Result | Refused] = {}
    try:
        for wanted in range(len(items)):
            while wanted not in results:
                for worker in pool:
                    if worker.at is None and waiting:
                        worker.start(waiting.popleft())
                results.update(_next_results(pool))
            yield results.pop(wanted)
    finally:
        for worker in pool:
            worker.stop()


@dataclass(frozen=True)
class _Raised:
    """What the work raised, on its way to the parent."""

    error: BaseException


class _Worker:
    """A process that works on one item at a time."""

    def __init__(self, work: Callable[[Any], Any], items: Sequence[Any], seconds: float) -> None:
        self.at: int | None = None
        self.deadline = 0.0
        self._work = work
        self._items = items
        self._seconds = seconds
        self._process: BaseProcess | None = None
        self.connection: Connection | None = None

    def start(self, number: int) -> None:
        if self._process is None:
            self._begin()
        assert self.connection
        self.at = number
        self.deadline = time.monotonic() + self._seconds
        # of a process that was killed meanwhile, `finish` learns
        with contextlib.suppress(OSError):
            self.connection.send(number)

    def _begin(self) -> None:
        context = process_context()
        self.connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._work, self._items), daemon=False)
        self._process.start()
        other.close()

    def finish(self) -> Any:
        """The result that is ready, or the refusal of a process that died."""
        assert self.connection
        try:
            result = self.connection.recv()
        except (EOFError, OSError):
            result = self._refusal_of_the_dead()
        self.at = None
        return result

    def _refusal_of_the_dead(self) -> Refused:
        assert self._process
        self._process.join()
        code = self._process.exitcode
        self._forget()
        if code == -signal.SIGKILL:
            raise InputError(
                "a worker process was killed, most likely because memory ran out; use fewer workers or more shards"
            )
        how = signal.Signals(-code).name if code and code < 0 else f"exit status {code}"
        return Refused("crashed", f"the decoder crashed on a file ({how}); the file is damaged or not what it says")

    def end_for_time(self) -> Refused:
        self.stop(at_once=True)
        return Refused("timeout", f"the work on it did not end within {self._seconds:g} s")

    def stop(self, *, at_once: bool = False) -> None:
        """End the process, if there is one."""
        if self._process is None or self.connection is None:
            return
        if at_once or self.at is not None:
            self._process.kill()
        else:
            with contextlib.suppress(OSError):
                self.connection.send(NOTHING_MORE)
        self._process.join()
        self.connection.close()
        self._forget()

    def _forget(self) -> None:
        self._process = self.connection = self.at = None


def _next_results(pool: Sequence[_Worker]) -> dict[int, Any]:
    """Wait until at least one worker is done, dead or out of time."""
    busy = {worker.connection: worker for worker in pool if worker.at is not None}
    patience = max(0.0, min(worker.deadline for worker in busy.values()) - time.monotonic())
    ready = wait([connection for connection in busy if connection], timeout=patience)
    results: dict[int, Any] = {}
    for connection, worker in busy.items():
        assert worker.at is not None
        number = worker.at
        if connection in ready:
            results[number] = worker.finish()
        elif time.monotonic() >= worker.deadline:
            results[number] = worker.end_for_time()
    for result in results.values():
        if isinstance(result, _Raised):
            raise result.error
    return results


def _serve(connection: Connection, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
    """What a worker process does until nobody wants anything from it any more."""
    end_with_parent()
    # what ended the parent's work on a keyboard interrupt is the parent's business
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while (number := connection.recv()) is not NOTHING_MORE:
        connection.send(_result_of(work, items[number]))


def _result_of(work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return work(item)
    except MemoryError:
        return Refused("crashed", "memory ran out while the file was decoded")
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _Raised(error)
