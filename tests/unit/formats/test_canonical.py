"""Images that stages hand to each other: read back as they were written, or the run stops."""

import dataclasses

import numpy as np
import pytest

from fuseflow.cases import Case
from fuseflow.errors import InputError, Refused
from fuseflow.formats.canonical import (
    discard_canonical,
    read_canonical,
    read_canonical_volume,
    read_verified,
    sidecar_of,
    write_canonical,
)
from fuseflow.volume import Volume

PIXELS = np.arange(6, dtype=np.uint16).reshape(2, 3)
VOLUME = Volume(data=np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine=np.eye(4), sidecar={"format": "NRRD"})


@pytest.fixture
def case(tmp_path):
    folder = tmp_path / "converted"
    files = [
        write_canonical(folder, case="P1", role=role, image=image) for role, image in (("CT", VOLUME), ("US", PIXELS))
    ]
    return Case(id="P1", patient="P1", stratum="", files=tuple(files), folder=folder)


def reason_of(read, *arguments):
    with pytest.raises(Refused) as caught:
        read(*arguments)
    return caught.value.reason


def test_what_was_written_is_read(case):
    np.testing.assert_array_equal(read_canonical(case, "US"), PIXELS)
    volume = read_canonical_volume(case, "CT")
    np.testing.assert_array_equal(volume.data, VOLUME.data)
    assert volume.sidecar == VOLUME.sidecar
    assert read_verified(case, "CT") == case.path("CT").read_bytes()


def test_a_volume_without_a_sidecar_has_an_empty_one(case):
    sidecar_of(case.path("CT")).unlink()
    assert read_canonical_volume(case, "CT").sidecar == {}


@pytest.mark.parametrize("read", [read_verified, read_canonical, read_canonical_volume])
def test_a_role_needs_one_file(case, read):
    assert reason_of(read, case, "MR") == "orphan"
    twice = dataclasses.replace(case, files=(*case.files, *case.files))
    assert reason_of(read, twice, "CT") == "ambiguous-role"


@pytest.mark.parametrize(("read", "role"), [(read_canonical, "US"), (read_canonical_volume, "CT")])
def test_files_that_are_gone_or_changed_stop_the_run(case, read, role):
    path = case.path(role)
    path.write_bytes(path.read_bytes() + b".")
    assert reason_of(read_verified, case, role) == "changed"
    with pytest.raises(InputError, match=r"case P1: the (US|CT) file is no longer the one .* delete that folder"):
        read(case, role)
    path.unlink()
    assert reason_of(read_verified, case, role) == "unreadable"
    with pytest.raises(InputError, match="cannot be opened"):
        read(case, role)


def test_what_is_no_image_of_its_kind_is_refused(case):
    swapped = [dataclasses.replace(file, role=role) for file, role in zip(case.files, ("US", "CT"), strict=True)]
    other = dataclasses.replace(case, files=tuple(swapped))
    assert reason_of(read_canonical, other, "US") == "unreadable"
    assert reason_of(read_canonical_volume, other, "CT") == "unreadable"


def test_nothing_of_a_discarded_case_is_left(case):
    discard_canonical(case.folder, case="P1")
    assert [path for path in case.folder.rglob("*") if path.is_file()] == []
