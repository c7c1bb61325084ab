"""Patterns of data set cards: where files lie and how ids split.

A pattern is a path below the raw folder, or an id. ``*`` stands for any part of one name, ``{case}`` for the case's id;
further fields such as ``{patient}`` or ``{stratum}`` may stand beside it. A field may carry a width in digits:
``{slice:3d}``. A field that stands twice must have the same value in both places.
"""

from __future__ import annotations

import re
import string

from fuseflow.errors import InputError


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of a card as a regular expression.

    Raises
    ------
    InputError
        If a field has no name or a format other than a number of digits.

    Examples
    --------
    >>> compile_pattern("{patient}{slice:3d}").fullmatch("2004").groupdict()
    {'patient': '2', 'slice': '004'}
    >>> compile_pattern("*/CT/{case}.png").fullmatch("top/CT/2004.png")["case"]
    '2004'
    """
    parts = []
    seen: set[str] = set()
    for literal, field, form, _ in string.Formatter().parse(pattern):
        parts.append("[^/]*".join(re.escape(piece) for piece in literal.split("*")))
        if field is None:
            continue
        digits = re.fullmatch(r"(\d*)d", form or "")
        if not field.isidentifier() or (form and not digits):
            raise InputError(f"the pattern {pattern!r} has an unusable field {{{field}{':' if form else ''}{form}}}")
        if field in seen:
            parts.append(f"(?P={field})")
            continue
        seen.add(field)
        body = "[^/]+?" if not digits else rf"\d{{{digits[1]}}}" if digits[1] else r"\d+"
        parts.append(f"(?P<{field}>{body})")
    return re.compile("".join(parts))
