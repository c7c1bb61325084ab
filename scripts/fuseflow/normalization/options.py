"""Options of a normalization: defaults filled in, types checked."""

from __future__ import annotations

from typing import Any

from fuseflow.errors import InputError
from fuseflow.normalization.method import Normalization, Options

TYPES = {bool: "true or false", int: "an integer", float: "a number", str: "text", list: "a list of integers"}
"""Type of a default -> what a value must be."""


def complete_options(method: Normalization, given: Options) -> dict[str, Any]:
    """All options of a method: those given, and the defaults of the others.

    Raises
    ------
    InputError
        If an option is unknown, of another type than its default, or without meaning.

    Examples
    --------
    >>> from fuseflow.normalization.registry import NORMALIZATIONS
    >>> complete_options(NORMALIZATIONS.load("suv-clip"), {"maximum": 15})
    {'maximum': 15.0, 'log1p': False}
    """
    unknown = sorted(set(given) - set(method.options))
    if unknown:
        known = ", ".join(method.options) or "none"
        raise InputError(f"{method.name} has no option {unknown[0]!r}; there are {known}")
    options = {
        name: _typed(method.name, name, given[name], default) if name in given else default
        for name, default in method.options.items()
    }
    method.check(options)
    return options


def check_choice(options: Options, name: str, allowed: tuple[str, ...]) -> None:
    """Raise `InputError` if an option is not one of some words."""
    if options[name] not in allowed:
        raise InputError(f"the option {name} is {options[name]!r} but must be one of {', '.join(allowed)}")


def _typed(method: str, name: str, value: Any, default: Any) -> Any:
    wanted = type(default)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is wanted and (wanted is not list or all(type(item) is int for item in value)):
        return value
    raise InputError(f"the option {name} of {method} is {value!r} but must be {TYPES[wanted]}")
