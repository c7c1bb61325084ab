"""Long tables of values: one row per case and metric, as they come out of the evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from fuseflow.errors import InputError
from fuseflow.files import read_table


@dataclass(frozen=True)
class Value:
    """One row of a long table: the value of a metric for the fused image of a case."""

    dataset: str
    method: str
    profile: str
    case: str
    metric: str
    variant: str
    value: float


VALUE_COLUMNS = tuple(field.name for field in fields(Value))


def read_values(tables: Iterable[Path]) -> list[Value]:
    """Read all rows of long tables; a table may have none.

    Raises
    ------
    InputError
        If a table cannot be read or a value is not a number.
    """
    return [
        Value(**{**{name: row[name] for name in VALUE_COLUMNS}, "value": parse_number(row["value"], table)})  # type: ignore[arg-type]
        for table in tables
        for row in read_table(table, required=VALUE_COLUMNS)
    ]


def parse_number(text: str, table: Path) -> float:
    """The number that a cell of a table holds, ``nan`` included.

    Raises
    ------
    InputError
        If it is none; the sentence names the table.

    Examples
    --------
    >>> parse_number("lots", Path("t.tsv"))
    Traceback (most recent call last):
    fuseflow.errors.InputError: t.tsv: 'lots' is not a number
    """
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{table}: {text!r} is not a number") from None
