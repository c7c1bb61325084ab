"""Long tables: read as they were written, and text where a number should be is named."""

from __future__ import annotations

import math

import pytest

from fuseflow.errors import InputError
from fuseflow.files import write_table
from fuseflow.values import VALUE_COLUMNS, Value, read_values

HEADER = "dataset\tmethod\tprofile\tcase\tmetric\tvariant\tvalue\n"


def test_rows_come_back_as_they_were_written_table_by_table(tmp_path):
    rows = [Value("heads", "LP", "p", case, "SD", "sd", value) for case, value in [("1", 0.1), ("2", math.inf)]]
    for row in rows:
        write_table(tmp_path / f"{row.case}.tsv", VALUE_COLUMNS, [vars(row)])

    assert read_values([tmp_path / "1.tsv", tmp_path / "2.tsv"]) == rows


def test_a_value_that_does_not_exist_is_nan(tmp_path):
    (tmp_path / "t.tsv").write_text(f"{HEADER}d\tm\tp\t1\tSD\tsd\tnan\n")

    assert math.isnan(read_values([tmp_path / "t.tsv"])[0].value)


def test_header_only_tables_are_read(tmp_path):
    (tmp_path / "t.tsv").write_text(HEADER)

    assert read_values([tmp_path / "t.tsv"]) == []


def test_text_where_a_number_should_be_is_named(tmp_path):
    (tmp_path / "t.tsv").write_text(f"{HEADER}d\tm\tp\t1\tSD\tsd\tlots\n")

    with pytest.raises(InputError, match=r"t\.tsv: 'lots' is not a number"):
        read_values([tmp_path / "t.tsv"])
