"""Checksums: what a file must be, and the lists that say so."""

from __future__ import annotations

import pytest

from fuseflow.acquire.checksums import Fingerprint, read_checksums
from fuseflow.errors import InputError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Fingerprint(), None),
        (Fingerprint(size=0, sha256=EMPTY, md5="d41d8cd98f00b204e9800998ecf8427e"), None),
        (Fingerprint(size=1), "it has 0 bytes instead of 1"),
        (Fingerprint(sha256="0" * 64), f"its sha256 is {EMPTY} instead of {'0' * 64}"),
        (Fingerprint(sha256=EMPTY, md5="0" * 32), f"its md5 is d41d8cd98f00b204e9800998ecf8427e instead of {'0' * 32}"),
    ],
)
def test_a_file_is_compared_with_all_that_is_known(tmp_path, known, words):
    (tmp_path / "a").touch()

    assert known.difference(tmp_path / "a") == words


def test_a_list_is_read_in_both_modes_of_sha256sum(tmp_path):
    (tmp_path / "list").write_text(f"{EMPTY}  with space.png\n{EMPTY} *b.png\n")

    assert read_checksums(tmp_path / "list") == {"with space.png": EMPTY, "b.png": EMPTY}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("abc  a.png\n", "line 1 is not"),
        (f"{EMPTY}  a.png\n{EMPTY.upper()}  b.png\n", "line 2 is not"),
        (f"{EMPTY}  a.png\n{EMPTY}  a.png\n", "line 2 names a.png again"),
    ],
)
def test_a_list_that_is_none_is_an_error(tmp_path, text, words):
    (tmp_path / "list").write_text(text)

    with pytest.raises(InputError, match=words):
        read_checksums(tmp_path / "list")


def test_a_missing_list_is_an_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_checksums(tmp_path / "none.sha256")
