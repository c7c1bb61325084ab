"""Sidecars of arrays: every value is checked, since anybody may have written them."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.numpy_array.axes_sidecar import SIDECAR_LIMIT, read_axes_sidecar

XYZ = ["x", "y", "z"]
IDENTITY = np.eye(4).tolist()


def read(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return read_axes_sidecar(path)


def test_what_a_sidecar_says(tmp_path):
    found = read(tmp_path, {"axes": ["time", "z", "y", "x"], "spacing": [1, 2, 3]})
    assert (found.axes, found.geometry, found.fourth_axis.name) == (("time", "z", "y", "x"), "spacing", "time")
    assert np.diag(found.affine).tolist() == [1, 2, 3, 1]
    assert read(tmp_path, {"axes": XYZ, "affine": IDENTITY, "spacing": [1, 2, 3]}).geometry == "world"
    assert read(tmp_path, {"axes": XYZ, "affine": IDENTITY, "geometry": "unknown"}).affine is None


def test_a_sidecar_that_may_not_be_read_is_called_that(tmp_path, monkeypatch):
    def refuse(path, *arguments):
        raise PermissionError(errno.EACCES, "Permission denied", "Doe")

    (tmp_path / "a.json").write_text("{}")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Refused, match=r"the sidecar of the array cannot be opened \(Permission denied\)") as caught:
        read_axes_sidecar(tmp_path / "a.json")
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("reason", "content"),
    [
        ("no-axes", {}),
        ("no-axes", {"axes": "xyz"}),
        ("unreadable", []),
        ("unreadable", "{"),
        ("unreadable", "[" * 10**5),
        ("unreadable", " " * (SIDECAR_LIMIT + 1)),
        ("unreadable", {"axes": ["x", "y", 3]}),
        ("unreadable", {"axes": ["x", "y", "y"]}),
        ("unreadable", {"axes": ["x", "y", "Doe, Jane"]}),
        ("unreadable", {"axes": XYZ, "affine": [1, 2, 3]}),
        ("unreadable", {"axes": XYZ, "affine": [[True] * 4] * 4}),
        ("unreadable", {"axes": XYZ, "affine": [["1"] * 4] * 4}),
        ("unreadable", {"axes": XYZ, "affine": [[float("nan")] * 4] * 4}),
        ("unreadable", {"axes": XYZ, "affine": [[1], [1, 2]]}),
        ("unreadable", {"axes": XYZ, "spacing": [1, 2]}),
        ("unreadable", {"axes": XYZ, "spacing": [1, 2, 10**400]}),
        ("unreadable", {"axes": XYZ, "geometry": "Doe"}),
        ("unreadable", {"axes": [*XYZ, "time"], "fourth_axis": "Doe"}),
        ("unreadable", {"axes": [*XYZ, "time"], "fourth_axis": {"step": "1"}}),
        ("unreadable", {"axes": [*XYZ, "time"], "fourth_axis": {"step": float("inf")}}),
        ("unreadable", {"axes": [*XYZ, "time"], "fourth_axis": {"step": 1, "unit": "Doe, Jane"}}),
        ("no-geometry", {"axes": XYZ, "spacing": [1, 0, 2]}),
        ("no-geometry", {"axes": XYZ, "affine": np.ones((4, 4)).tolist()}),
        ("unsupported-dimensions", {"axes": ["x", "z"]}),
        ("unsupported-dimensions", {"axes": [*XYZ, "time", "echo"]}),
        ("unsupported-dimensions", {"axes": ["x", "y", "time", "echo"]}),
    ],
)
def test_what_is_refused(tmp_path, reason, content):
    with pytest.raises(Refused) as caught:
        read(tmp_path, content)
    assert caught.value.reason == reason
    assert "Doe" not in caught.value.detail
