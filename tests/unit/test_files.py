"""Files: whole or not at all, and one spelling of every number."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseflow import files
from fuseflow.errors import InputError
from fuseflow.files import (
    atomic_path,
    check_not_input,
    format_cell,
    hash_of_file,
    read_json,
    read_regular_file,
    read_table,
    write_json,
    write_table,
    write_text,
)

SCRIPTS = Path(files.__file__).parents[1]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "table.tsv"
    write_text(target, "old")

    def fail_halfway():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.tsv"]


def test_a_folder_replaces_an_older_one_whole(tmp_path):
    target = tmp_path / "shard"
    target.mkdir()
    (target / "stale.png").touch()

    with atomic_path(target) as temporary:
        temporary.mkdir()
        (temporary / "new.png").touch()

    assert [path.name for path in target.iterdir()] == ["new.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["shard"]


@given(st.floats())
def test_numbers_keep_every_bit(value):
    read = float(format_cell(value))

    assert read == value or (math.isnan(read) and math.isnan(value))


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    code = "import os, sys; from pathlib import Path; from fuseflow.files import atomic_path\n"
    code += "with atomic_path(Path(sys.argv[1])) as path: path.write_text('half'); os.kill(os.getpid(), 9)"
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.txt")], cwd=SCRIPTS, check=False)
    left = [path.name for path in tmp_path.iterdir()]

    write_text(tmp_path / "a.txt", "whole")

    assert killed.returncode == -9
    assert len(left) == 1
    assert left[0].startswith(".a.txt.")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_living_process_works_on_is_left_alone(tmp_path):
    with atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("slow")
        write_text(tmp_path / "a.txt", "quick")

    assert (tmp_path / "a.txt").read_text() == "slow"


@pytest.mark.parametrize("output", ["in/a.png", "in/../in/a.png", "in", ".", "link"])
def test_no_output_replaces_an_input(tmp_path, output):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").touch()
    (tmp_path / "link").symlink_to(tmp_path / "in/a.png")

    with pytest.raises(InputError, match="is an input or holds one; give another path for the results"):
        check_not_input([tmp_path / "b.png", tmp_path / output], [tmp_path / "in/a.png"])


def test_outputs_may_lie_beside_inputs_and_below_them(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/b.png").touch()

    check_not_input([tmp_path / "in/b.png"], [tmp_path / "in", tmp_path / "in/a.png"])


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="it is not a regular file"):
        read_regular_file(tmp_path / "pipe")


def test_a_table_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbfcase\n001\n")

    assert read_table(tmp_path / "t.tsv", ["case"]) == [{"case": "001"}]


def test_a_table_reads_back_as_text(tmp_path):
    rows = [{"case": "001", "value": 0.1}, {"case": "a\tb", "value": float("nan")}]
    write_table(tmp_path / "t.tsv", ["case", "value"], rows)

    assert read_table(tmp_path / "t.tsv", ["case"]) == [
        {"case": "001", "value": "0.1"},
        {"case": "a\tb", "value": "nan"},
    ]
    assert (tmp_path / "t.tsv").read_bytes().startswith(b"case\tvalue\n001\t0.1\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no column case"),
        (b"patient\n1\n", "no column case; it has patient"),
        (b"case\trole\n1\n", "more or fewer cells"),
        (b"case\n1\t2\n", "more or fewer cells"),
        (b"case\n\xff\xfe\n", "cannot be read"),
    ],
)
def test_unusable_tables_are_named(tmp_path, data, words):
    (tmp_path / "t.tsv").write_bytes(data)

    with pytest.raises(InputError, match=words):
        read_table(tmp_path / "t.tsv", ["case"])


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "none.tsv")


def test_json_does_not_depend_on_the_order_of_keys(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [2]})
    write_json(tmp_path / "b.json", {"a": [2], "b": 1})

    assert hash_of_file(tmp_path / "a.json") == hash_of_file(tmp_path / "b.json")


def test_known_hashes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")

    assert hash_of_file(tmp_path / "abc", "md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert hash_of_file(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def test_json_comes_back_as_it_was_written(tmp_path):
    value = {"active": "patient", "counts": [1, 2.5, None, "é"]}
    write_json(tmp_path / "a.json", value)

    assert read_json(tmp_path / "a.json") == value


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff"])
def test_what_is_no_json_file_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)

    with pytest.raises(InputError, match=r"a\.json cannot be read .*rerun the stage that writes it"):
        read_json(tmp_path / "a.json")
