"""Patterns of data set cards: where files lie and how ids split.

A pattern is a path below the raw folder, or an id. ``*`` stands for any part of one name, ``**`` for any part of a
path, ``{case}`` for the case's id; further fields such as ``{patient}`` or ``{stratum}`` may stand beside it. A field
may carry a width in digits: ``{slice:3d}``. A field that stands twice must have the same value in both places. Where
the case's id is not a part of the path, it follows behind ``as``: ``{patient}/raw/*.dcm as {patient}-raw``.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from fuseflow.errors import InputError

WILDCARDS = {"*": "[^/]*", "**": ".*"}


@dataclass(frozen=True)
class FilePattern:
    """Which files belong to which case: an expression of paths, and how the fields in it make the case's id."""

    expression: re.Pattern[str]
    case: str

    def fields_of(self, path: str) -> dict[str, str] | None:
        """The fields of a path, ``case`` among them; None if it does not fit.

        Examples
        --------
        >>> compile_files("{patient}/raw/*.dcm as {patient}-raw").fields_of("P1/raw/7.dcm")["case"]
        'P1-raw'
        """
        match = self.expression.fullmatch(path)
        if match is None:
            return None
        fields = {name: value or "" for name, value in match.groupdict().items()}
        return {**fields, "case": self.case.format(**fields)}


def compile_files(pattern: str) -> FilePattern:
    """A pattern of paths with the case's id in it or behind it.

    Raises
    ------
    InputError
        As `compile_pattern`, or if the id behind ``as`` has a field that the path does not have.
    """
    path, separator, case = pattern.partition(" as ")
    if not separator:
        return FilePattern(compile_pattern(path, needs="case"), "{case}")
    expression = compile_pattern(path)
    unknown = sorted({field for _, field, _, _ in _parse(case) if field is not None} - set(expression.groupindex))
    if unknown or not case:
        raise InputError(f"the pattern {pattern!r} names no case, or one with a field that its path does not have")
    return FilePattern(expression, case)


def compile_pattern(pattern: str, *, needs: str = "") -> re.Pattern[str]:
    """A pattern of a card as a regular expression.

    Parameters
    ----------
    pattern
        The pattern.
    needs
        A field that it must have, such as ``case``; empty asks for none.

    Raises
    ------
    InputError
        If braces do not match, a field has no name or a format other than a number of digits, or `needs` is missing.

    Examples
    --------
    >>> compile_pattern("{patient}{slice:3d}").fullmatch("2004").groupdict()
    {'patient': '2', 'slice': '004'}
    >>> compile_pattern("*/CT/{case}.png", needs="case").fullmatch("top/CT/2004.png")["case"]
    '2004'
    >>> compile_pattern("{case}/**.dcm").fullmatch("STS_001/CT/thin/7.dcm")["case"]
    'STS_001'
    """
    parts = []
    seen: set[str] = set()
    for literal, field, form, conversion in _parse(pattern):
        parts += [WILDCARDS.get(piece, re.escape(piece)) for piece in re.split(r"(\*+)", literal)]
        if field is None:
            continue
        digits = re.fullmatch(r"([0-9]{0,2})d", form or "")
        if not field.isidentifier() or (form and not digits) or conversion:
            raise InputError(f"the pattern {pattern!r} has an unusable field {{{field}{':' if form else ''}{form}}}")
        if field in seen:
            parts.append(f"(?P={field})")
            continue
        seen.add(field)
        body = "[^/]+?" if not digits else rf"\d{{{digits[1]}}}" if digits[1] else r"\d+"
        parts.append(f"(?P<{field}>{body})")
    if needs and needs not in seen:
        raise InputError(f"the pattern {pattern!r} has no field {{{needs}}}; add it")
    return re.compile("".join(parts))


def _parse(pattern: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise InputError(f"the pattern {pattern!r} cannot be read ({error}); close every brace") from None
