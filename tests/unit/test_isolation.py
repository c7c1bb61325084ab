"""A crash or a hang costs one piece of work and nothing else."""

from __future__ import annotations

import faulthandler
import os
import signal
from pathlib import Path

import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.isolation import map_isolated


def misbehave(kind):
    if kind == "hang":
        signal.pause()
    if isinstance(kind, signal.Signals):
        faulthandler.disable()
        os.kill(os.getpid(), kind)
    if kind == "exit":
        os._exit(3)
    if kind == "memory":
        raise MemoryError
    if kind == "bug":
        raise ZeroDivisionError("by hand")
    if kind == "refuse":
        return Refused("constant", "all of it")
    return kind


@pytest.mark.parametrize("workers", [1, 3])
def test_crashes_and_hangs_cost_their_own_piece_only(workers):
    kinds = [1, signal.SIGSEGV, 2, "hang", "exit", 3, signal.SIGABRT, "memory", "refuse", 4]

    results = list(map_isolated(misbehave, kinds, workers=workers, seconds=0.5))

    found = [result.reason if isinstance(result, Refused) else result for result in results]
    assert found == [1, "crashed", 2, "timeout", "crashed", 3, "crashed", "crashed", "constant", 4]
    assert "SIGSEGV" in results[1].detail
    assert "exit status 3" in results[4].detail
    assert "memory" in results[7].detail


def test_results_come_in_order_whichever_is_done_first():
    assert list(map_isolated(abs, range(-40, 0), workers=4)) == list(range(40, 0, -1))


def test_nothing_to_do():
    assert list(map_isolated(abs, [], workers=2)) == []


def test_an_error_of_the_work_is_an_error():
    with pytest.raises(ZeroDivisionError) as caught:
        list(map_isolated(misbehave, [1, "bug", 2], workers=2))
    assert "misbehave" in caught.value.__notes__[0]


def test_a_worker_that_was_killed_ends_the_run():
    with pytest.raises(InputError, match="memory ran out"):
        list(map_isolated(misbehave, [1, signal.SIGKILL], workers=1))


def remember(folder: Path) -> int:
    (folder / str(os.getpid())).touch()
    return os.getpid()


def test_no_worker_is_left_behind(tmp_path):
    results = map_isolated(remember, [tmp_path] * 4, workers=2)
    next(results)
    results.close()

    for path in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name), 0)


def test_the_work_is_done_in_another_process(tmp_path):
    assert os.getpid() not in set(map_isolated(remember, [tmp_path] * 2, workers=1))
