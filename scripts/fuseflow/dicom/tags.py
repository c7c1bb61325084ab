"""Values of DICOM data elements: as plain text or numbers, or None where an element is missing or empty.

Refusals name the element by its keyword and never quote its value: a value may identify a person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from fuseflow.errors import Refused

ASCII_TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})
"""Types of elements that are text in any byte order and any character set."""

Element = str | tuple[int, int]
"""A data element: its keyword, or its group and element number."""


def texts(dataset: Dataset, element: Element) -> tuple[str, ...]:
    """All values of an element as they stand in the file, without padding; empty if it is missing or empty.

    Raises
    ------
    Refused
        ``unreadable`` if the element cannot be decoded.

    Examples
    --------
    >>> dataset = Dataset()
    >>> dataset.PixelSpacing = ["0.50", "2"]
    >>> texts(dataset, "PixelSpacing"), texts(dataset, "Rows")
    (('0.50', '2'), ())
    """
    value = _value(dataset, element)
    if value is None:
        return ()
    if isinstance(value, bytes):
        value = value.decode("latin-1").split("\\")
    values = value if isinstance(value, (MultiValue, list, tuple)) else [value]
    return tuple(_text(single) for single in values) if any(_text(single) for single in values) else ()


def text(dataset: Dataset, element: Element) -> str | None:
    """The first value of an element, as `texts`."""
    return next(iter(texts(dataset, element)), None)


def numbers(dataset: Dataset, element: Element, *, count: int | None = None) -> tuple[float, ...] | None:
    """All values of an element as finite numbers; None if it is missing or empty.

    Raises
    ------
    Refused
        ``unreadable`` if a value is not a finite number, or there are not `count` of them.

    Examples
    --------
    >>> dataset = Dataset()
    >>> dataset.PixelSpacing = ["0.50", "2"]
    >>> numbers(dataset, "PixelSpacing", count=2)
    (0.5, 2.0)
    """
    found = texts(dataset, element)
    if not found:
        return None
    try:
        values = tuple(float(single) for single in found)
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)) or (count is not None and len(values) != count):
        expected = "numbers" if count is None else f"{count} numbers"
        raise Refused("unreadable", f"{_name(element)} does not hold {expected}")
    return values


def number(dataset: Dataset, element: Element) -> float | None:
    """The first value of an element as a finite number; errors as `numbers`."""
    values = numbers(dataset, element)
    return values[0] if values else None


def number_if_any(dataset: Dataset, element: Element) -> float | None:
    """The first value of an element that may be left out: None also if it is no number."""
    try:
        return number(dataset, element)
    except Refused:
        return None


def integer(dataset: Dataset, element: Element) -> int | None:
    """The first value of an element as a whole number.

    Raises
    ------
    Refused
        ``unreadable`` if it is not a whole number.
    """
    value = number(dataset, element)
    if value is not None and value != int(value):
        raise Refused("unreadable", f"{_name(element)} does not hold a whole number")
    return None if value is None else int(value)


def items(dataset: Dataset, element: Element) -> tuple[Dataset, ...]:
    """The items of a sequence; none if it is missing or is no sequence."""
    value = _value(dataset, element)
    return tuple(item for item in value if isinstance(item, Dataset)) if isinstance(value, Iterable) else ()


def first_item(dataset: Dataset, element: Element) -> Dataset:
    """The first item of a sequence, or an empty data set."""
    return next(iter(items(dataset, element)), Dataset())


def _value(dataset: Dataset, element: Element) -> Any:
    tag = _tag(element)
    if tag not in dataset:
        return None
    try:
        raw = dataset.get_item(tag)
        # Text of ASCII letters needs none of the conversions that cost pydicom most of its time.
        if isinstance(raw, RawDataElement) and (raw.VR or _type_of(tag)) in ASCII_TEXT:
            return raw.value
        return dataset[tag].value
    except Exception:
        # what pydicom raises for a damaged element depends on the element: any exception means the same here
        raise Refused("unreadable", f"{_name(element)} cannot be decoded") from None


@cache
def _tag(element: Element) -> BaseTag:
    return Tag(element)


@cache
def _type_of(tag: BaseTag) -> str:
    """The type that the standard gives an element; files with implicit types leave it out."""
    return dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"


def _name(element: Element) -> str:
    return element if isinstance(element, str) else f"({element[0]:04X},{element[1]:04X})"


def _text(value: Any) -> str:
    original = getattr(value, "original_string", None)
    return ("" if value is None else str(value if original is None else original)).strip(" \0")
