"""Which format a file has, and what is said where it has none."""

import os

import numpy as np
import pytest
from readings import refusal

from fuseflow.formats.png import write_png
from fuseflow.formats.reading import APPLE_DOUBLE, UNFORESEEN, companions_of, format_of, headers_of, read_images
from fuseflow.formats.registry import READERS

PNG = write_png(np.zeros((2, 2), np.uint8))
ENDINGS = [ending for name in READERS.names() for ending in READERS.declared(name, "endings").split()]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.jpg", PNG, "png"),
        ("a", PNG, "png"),
        ("a.PNG", b"", "png"),
        ("a.nii.GZ", b"\x1f\x8b", "nifti"),
        ("a.hdr.gz", b"\x1f\x8b", "analyze"),
        ("a.gz", b"\x1f\x8b", ""),
        ("._a.png", APPLE_DOUBLE + bytes(20), ""),
    ],
)
def test_first_bytes_decide_and_then_the_name(tmp_path, name, data, expected):
    (tmp_path / name).write_bytes(data)
    assert format_of(tmp_path / name) == expected


def test_files_that_are_no_image(tmp_path):
    for name, data, reason in (
        ("notes.txt", b"Doe^Jane", "unknown-format"),
        ("._a.png", APPLE_DOUBLE, "apple-double"),
        ("a.png", APPLE_DOUBLE, "apple-double"),
        ("._notes", b"", "apple-double"),
    ):
        (tmp_path / name).write_bytes(data)
        refused = refusal(tmp_path / name)
        assert refused.reason == reason
        assert "Doe" not in refused.detail
    assert refusal(tmp_path / "nothing").reason == "unreadable"


@pytest.mark.parametrize("ending", ["", *ENDINGS])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_pipes_and_folders_are_refused_and_not_waited_for(tmp_path, make, ending):
    path = tmp_path / f"a{ending}"
    make(path)
    assert refusal(path).reason == "unreadable"
    assert companions_of(path) == ()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"\xff" * 1000])
def test_files_without_an_image_are_refused_in_a_foreseen_way(tmp_path, ending, data):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    refused = refusal(path)
    assert refused.reason in ("unreadable", "no-axes")
    assert not refused.detail.startswith(UNFORESEEN)


def test_what_nobody_foresees_is_a_refusal_that_quotes_nothing(tmp_path, monkeypatch):
    def fails(path):
        raise RuntimeError(f"Doe^Jane in {path}")

    (tmp_path / "a.png").write_bytes(PNG)
    monkeypatch.setattr("fuseflow.formats.reading.canonical_volume", fails)
    assert len(read_images(tmp_path / "a.png")) == 1
    (tmp_path / "a.mha").write_bytes(
        b"NDims = 2\nDimSize = 1 1\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n1234"
    )
    refused = refusal(tmp_path / "a.mha")
    assert (refused.reason, refused.detail) == ("unreadable", f"{UNFORESEEN} (RuntimeError)")


def test_headers_are_what_is_left_without_their_data_files(tmp_path):
    (tmp_path / "a.mhd").write_text("NDims = 2\nDimSize = 1 1\nElementType = MET_UCHAR\nElementDataFile = a.raw\n")
    (tmp_path / "a.raw").write_bytes(b"1")
    (tmp_path / "b.png").write_bytes(PNG)
    paths = [tmp_path / name for name in ("a.mhd", "a.raw", "b.png")]
    assert headers_of(paths) == [paths[0], paths[2]]
