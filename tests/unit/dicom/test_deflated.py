"""Deflated files that are bombs, and those that are not."""

from __future__ import annotations

import io
import zlib

import pytest
from dicom_series import Geometry, slice_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fuseflow.dicom import deflated
from fuseflow.dicom.deflated import check_deflated
from fuseflow.errors import Refused


def deflated_file(**elements) -> bytes:
    dataset = slice_dataset(Geometry(), 0, **elements)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(deflated, "ANY_RATIO", 100_000)


def test_images_pass(small_limits):
    check_deflated(deflated_file())


def test_a_bomb_is_refused(small_limits):
    with pytest.raises(Refused, match="far more than any image") as caught:
        check_deflated(deflated_file(PixelData=bytes(3_000_000)))
    assert caught.value.reason == "too-large"


def test_files_of_other_kinds_pass(small_limits):
    for data in (b"", bytes(200), bytes(128) + b"DICM" + zlib.compress(bytes(3_000_000))):
        check_deflated(data)


def test_what_is_damaged_is_found_by_others(small_limits):
    bomb = deflated_file(PixelData=bytes(3_000_000))
    start = bomb.index(b"1.2.840.10008.1.2.1.99") + 40

    check_deflated(bomb[:start] + b"\xff" * 4000)
