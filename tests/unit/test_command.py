"""What every program does the same way."""

from __future__ import annotations

import signal

import pytest

from fuseflow import command
from fuseflow.errors import InputError, Refused


def run(body) -> int:
    parser = command.make_parser("A program.")
    return command.run(parser, lambda _arguments: body(), [])


def fail(error: BaseException):
    raise error


def test_the_exit_status_is_that_of_the_program():
    assert run(lambda: command.DONE) == 0
    assert run(lambda: command.REFUSED) == 1


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InputError("x.tsv does not exist"), 2, "error: x.tsv does not exist\n"),
        (Refused("constant", "CT is flat"), 2, "error: constant: CT is flat\n"),
        (OSError(28, "No space left on device", "out"), 2, "No space left on device"),
        (MemoryError(), 2, "memory ran out; use fewer workers or smaller images"),
        (KeyboardInterrupt(), 128 + signal.SIGINT, "interrupted"),
    ],
)
def test_errors_are_one_line_without_a_traceback(capsys, error, status, words):
    assert run(lambda: fail(error)) == status

    printed = capsys.readouterr().err
    assert words in printed
    assert printed.count("\n") == 1


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)


def test_the_end_by_a_scheduler_clears_up():
    def end():
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit) as caught:
        run(end)
    assert caught.value.code == 128 + signal.SIGTERM
