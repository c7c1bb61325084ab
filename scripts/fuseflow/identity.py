"""Pseudonyms: what stands in results for ids that may identify a person."""

from __future__ import annotations

import hashlib
import os

LENGTH = 12
"""Hexadecimal digits of a pseudonym."""


def pseudonym(value: str, *, salt: str) -> str:
    """A salted hash of an id: equal ids get equal pseudonyms, and without the salt none can be traced back.

    Parameters
    ----------
    value
        The id.
    salt
        A secret.

    Raises
    ------
    ValueError
        If the salt is empty: an unsalted hash of a guessable id says which id it is.

    Examples
    --------
    >>> pseudonym("1.2.3", salt="secret") == pseudonym("1.2.3", salt="secret") != pseudonym("1.2.3", salt="other")
    True
    """
    if not salt:
        raise ValueError("a pseudonym needs a salt")
    return hashlib.sha256(os.fsencode(f"{salt}|{value}")).hexdigest()[:LENGTH]
