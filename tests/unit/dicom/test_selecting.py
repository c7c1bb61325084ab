"""Which role a file plays: elements against wildcards; what cannot be read may play any."""

import errno
import warnings
from pathlib import Path

import pydicom
import pytest
from dicom_series import Geometry, series, write_series
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from fuseflow.dicom.selecting import check_keywords, element_texts, plays_role
from fuseflow.dicom.series import find_series
from fuseflow.errors import InputError

FOUND = {"Modality": "PT", "ImageType": "ORIGINAL\\PRIMARY", "SeriesDescription": ""}


@pytest.fixture
def slice_file(tmp_path) -> Path:
    [path] = write_series(tmp_path, series(Geometry(), [0]))
    return path


def test_several_values_are_joined_and_missing_ones_empty(slice_file):
    assert element_texts(slice_file, ["Modality", "ImageType", "Units"]) == {
        "Modality": "CT",
        "ImageType": "ORIGINAL\\PRIMARY\\AXIAL",
        "Units": "",
    }


def test_a_file_without_preamble(slice_file):
    slice_file.write_bytes(slice_file.read_bytes()[132:])
    assert element_texts(slice_file, ["Modality"]) == {"Modality": "CT"}


@pytest.mark.parametrize("data", [b"", b"patient\tage\n", bytes(200)])
def test_a_file_that_is_not_dicom_plays_no_role(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    assert element_texts(tmp_path / "file", ["Modality"]) == {}
    assert not plays_role({}, {"Modality": "*"})


def test_a_damaged_file_may_play_any_role(slice_file):
    slice_file.write_bytes(slice_file.read_bytes().replace(b"\x08\x00\x60\x00CS", b"\x08\x00\x60\x00FD"))
    assert element_texts(slice_file, ["Modality"]) is None
    assert plays_role(None, {"Modality": "CT"})


def test_a_file_that_may_not_be_opened_may_play_any_role(slice_file, monkeypatch):
    def refuse(path, *_arguments):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert element_texts(slice_file, ["Modality"]) is None


def test_an_unknown_character_set_is_not_repeated(slice_file):
    [path] = write_series(slice_file.parent / "letters", series(Geometry(), [0], SpecificCharacterSet="ISO_IR 192"))
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 192", b"DOE_JANE  "))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert element_texts(path, ["Modality"]) == {"Modality": "CT"}


@pytest.mark.parametrize(
    ("wanted", "plays"),
    [
        ({"Modality": "PT"}, True),
        ({"Modality": "pt"}, False),
        ({"Modality": "P*", "ImageType": "*PRIMARY"}, True),
        ({"Modality": "PT", "ImageType": "DERIVED*"}, False),
        ({"Modality": "[CP]T"}, True),
        ({"SeriesDescription": ""}, True),
        ({"SeriesDescription": "?*"}, False),
    ],
)
def test_every_element_must_fit_its_wildcard(wanted, plays):
    assert plays_role(FOUND, wanted) is plays


def test_unknown_keywords_are_named():
    with pytest.raises(InputError, match="Modalty, modality is no keyword"):
        check_keywords(["Modality", "modality", "Modalty"])


def test_a_slice_that_is_cut_anywhere_before_its_pixels_may_play_its_role(slice_file):
    data = slice_file.read_bytes()
    for length in range(140, data.rindex(b"OW"), 7):
        slice_file.write_bytes(data[:length])
        assert plays_role(
            element_texts(slice_file, ["Modality", "ImageType"]), {"Modality": "CT", "ImageType": "ORIG*"}
        )


def test_a_dicomdir_plays_no_role(slice_file):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.preamble, dataset.FileSetID = bytes(128), "SET"
    pydicom.dcmwrite(slice_file, dataset, enforce_file_format=False)

    assert not plays_role(element_texts(slice_file, ["Modality"]), {"Modality": "CT"})
    (refused,) = find_series([slice_file]).refused
    assert refused.reason == "dicomdir"
