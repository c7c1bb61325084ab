"""What command line arguments may look like, and which of them go together."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from typing import Any

from fuseflow.errors import InputError


def positive(text: str) -> int:
    """A number of at least 1.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is smaller.

    Examples
    --------
    >>> positive("4")
    4
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def whole(text: str) -> int:
    """A number of at least 0.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is smaller.

    Examples
    --------
    >>> whole("0")
    0
    """
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return number


def pair(form: str, value: Callable[[str], Any] = str) -> Callable[[str], tuple[str, Any]]:
    """The type of arguments such as NAME=VALUE.

    Parameters
    ----------
    form
        What it must look like, for messages.
    value
        The type of what is right of the first ``=``.

    Returns
    -------
    callable
        Text -> what is left and right of the ``=``; raises `argparse.ArgumentTypeError` if the text is not like that.

    Examples
    --------
    >>> pair("ROLE=PAGE", positive)("CT=2")
    ('CT', 2)
    >>> pair("ROLE=PAGE", positive)("CT")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: CT is not ROLE=PAGE
    """

    def split(text: str) -> tuple[str, Any]:
        name, _, right = text.partition("=")
        if not name or not right:
            raise argparse.ArgumentTypeError(f"{text} is not {form}")
        try:
            return name, value(right)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is not {form}") from None

    return split


def chosen_mode(
    arguments: argparse.Namespace, parser: argparse.ArgumentParser, modes: Mapping[str, Collection[str]]
) -> str:
    """Which of several ways to use a program its arguments choose.

    Parameters
    ----------
    arguments
        As parsed.
    parser
        Of whose arguments the defaults count as not given.
    modes
        The argument that chooses a mode -> the other arguments that mean something in it.

    Raises
    ------
    InputError
        If no mode is chosen or several are, or an argument is given that means nothing in it.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> for name in ("--input", "--cases", "--label"):
    ...     _ = parser.add_argument(name)
    >>> modes = {"input": {"label"}, "cases": set()}
    >>> chosen_mode(parser.parse_args(["--input", "CT.mha", "--label", "1"]), parser, modes)
    'input'
    >>> chosen_mode(parser.parse_args(["--cases", "cases.tsv", "--label", "1"]), parser, modes)
    Traceback (most recent call last):
    fuseflow.errors.InputError: --label means nothing with --cases
    """
    given = [name for name, value in vars(arguments).items() if value != parser.get_default(name)]
    chosen = [mode for mode in modes if mode in given]
    if len(chosen) != 1:
        raise InputError(f"give one of {', '.join(map(_spelled, modes))}")
    (mode,) = chosen
    idle = [name for name in given if name != mode and name not in modes[mode]]
    if idle:
        raise InputError(f"{_spelled(idle[0])} means nothing with {_spelled(mode)}")
    return mode


def _spelled(name: str) -> str:
    return f"--{name.replace('_', '-')}"
