"""Matrices of SPM: as nibabel takes them, and left aside with a remark if they are none."""

import io

import numpy as np
import pytest
from nifti_files import write_pair
from scipy.io import savemat

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.spm_matrix import LARGEST, read_matrix
from fuseflow.formats.reading import read_images

MATRIX = np.array([[2.0, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, -30], [0, 0, 0, 1]])
FROM_ZERO = np.array([[2.0, 0, 0, -8], [0, 3, 0, -17], [0, 0, 4, -26], [0, 0, 0, 1]])


def matlab(*, version="4", **variables):
    buffer = io.BytesIO()
    savemat(buffer, variables, format=version, do_compression=version == "5")
    return buffer.getvalue()


@pytest.mark.parametrize("version", ["4", "5"])
def test_indices_begin_with_1_in_matlab(tmp_path, version):
    (tmp_path / "a.mat").write_bytes(matlab(version=version, mat=MATRIX, M=np.zeros((4, 4))))
    affine, varies = read_matrix(tmp_path / "a.mat")
    assert (affine == FROM_ZERO).all()
    assert not varies


def test_the_older_variable_does_not_hold_the_flip(tmp_path):
    (tmp_path / "a.mat").write_bytes(matlab(M=MATRIX))
    assert (read_matrix(tmp_path / "a.mat")[0] == np.diag([-1, 1, 1, 1]) @ FROM_ZERO).all()


@pytest.mark.parametrize("varies", [False, True])
def test_the_first_of_several(tmp_path, varies):
    matrices = np.stack([MATRIX, MATRIX + varies * np.eye(4, 4, 3)], axis=-1)
    header = write_pair(tmp_path / "a.hdr")
    (tmp_path / "a.mat").write_bytes(matlab(version="5", mat=matrices))
    [volume] = read_images(header)
    assert (volume.affine == FROM_ZERO).all()
    assert [warning["code"] for warning in volume.sidecar["warnings"]] == ["several-matrices"] * varies


UNUSABLE = {
    "empty": b"",
    "text": b"mat = eye(4)\n" * 20,
    "another variable": matlab(other=MATRIX),
    "another shape": matlab(mat=np.eye(3)),
    "text in the variable": matlab(version="5", mat="Doe^Jane"),
    "complex": matlab(mat=MATRIX * 1j),
    "singular": matlab(mat=np.diag([1.0, 1, 0, 1])),
    "not finite": matlab(mat=MATRIX * np.nan),
    "perspective": matlab(mat=MATRIX + np.eye(4, 4, -3)),
    "cut short": matlab(mat=MATRIX)[:-1],
    "too large": matlab(mat=MATRIX) + bytes(LARGEST),
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable(tmp_path, content):
    header = write_pair(tmp_path / "a.hdr")
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(Refused) as caught:
        read_matrix(tmp_path / "a.mat")
    assert caught.value.reason in ("unreadable", "no-geometry")
    [volume] = read_images(header)
    assert volume.geometry == "spacing"
    assert [warning["code"] for warning in volume.sidecar["warnings"]] == ["unusable-matrix", "no-orientation"]
    assert "Doe" not in str(volume.sidecar)


def test_a_matrix_elsewhere_is_left_aside(tmp_path):
    (tmp_path / "case").mkdir()
    header = write_pair(tmp_path / "case" / "a.hdr")
    (tmp_path / "b.mat").write_bytes(matlab(mat=MATRIX))
    (tmp_path / "case" / "a.mat").symlink_to(tmp_path / "b.mat")
    [volume] = read_images(header)
    assert volume.geometry == "spacing"
