"""Reasons why files are no slices: one test per rule, by its code."""

import pytest
from dicom_series import Geometry, enhanced_ct, pet_elements, series, write_series
from dicom_volumes import assert_right, convert_all, convert_one, refusal_of
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from fuseflow.dicom.series import SeriesRules, convert_series, find_series
from fuseflow.errors import Refused

STORAGE = "1.2.840.10008.5.1.4.1.1"


@pytest.mark.parametrize(
    ("reason", "elements"),
    [
        ("localizer", {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}),
        ("secondary-capture", {"SOPClassUID": f"{STORAGE}.7"}),
        ("secondary-capture", {"SOPClassUID": f"{STORAGE}.7.2"}),
        ("screen-save", {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}),
        ("structured-report", {"SOPClassUID": f"{STORAGE}.88.67", "PixelData": None}),
        ("presentation-state", {"SOPClassUID": f"{STORAGE}.11.1", "PixelData": None}),
        ("key-object", {"SOPClassUID": f"{STORAGE}.88.59", "PixelData": None}),
        ("dicomdir", {"SOPClassUID": "1.2.840.10008.1.3.10", "PixelData": None}),
        ("not-an-image", {"SOPClassUID": f"{STORAGE}.481.5", "PixelData": None}),
        ("unsupported-class", {"SOPClassUID": f"{STORAGE}.481.2"}),
        ("no-position", {"SOPClassUID": f"{STORAGE}.20", "ImagePositionPatient": None}),
        ("no-position", {"ImagePositionPatient": None}),
        ("no-position", {"ImageOrientationPatient": None}),
        ("no-position", {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}),
        ("no-position", {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]}),
        ("no-spacing", {"PixelSpacing": None}),
        ("no-spacing", {"PixelSpacing": [0, 1]}),
        ("no-spacing", {"PixelSpacing": ["1e300", 1]}),
        ("no-position", {"ImagePositionPatient": ["1e300", 0, 0]}),
        ("colour", {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}),
        ("colour", {"PhotometricInterpretation": "PALETTE COLOR"}),
        ("burned-in", {"BurnedInAnnotation": "YES"}),
        ("reprojection", {"ImageType": ["DERIVED", "SECONDARY", "MIP"]}),
        ("reprojection", {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MIP"]}),
        ("unsupported-pixels", {"BitsAllocated": 16, "HighBit": 3}),
        ("unreadable", {"RescaleSlope": 0}),
        ("unreadable", {"RescaleSlope": "1e-320"}),
        ("unreadable", {"Columns": 5}),
        ("unreadable", {"Rows": 4}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_skipped_for(tmp_path, reason, elements):
    assert refusal_of(tmp_path, series(Geometry(), **elements)).reason == reason


def test_a_localizer_does_not_keep_the_rest_of_its_series(tmp_path):
    scout = series(Geometry(orientation=(0, 1, 0, 0, 0, -1)), [0], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    found = find_series(write_series(tmp_path, [*scout, *series(Geometry())]))
    assert [(row.reason, len(row.paths)) for row in found.refused] == [("localizer", 1)]
    (group,) = found.groups
    assert len(group.paths) == 4


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("reprojection", {"SeriesType": ["WHOLE BODY", "REPROJECTION"]}),
        ("not-attenuation-corrected", {"CorrectedImage": ["DECY"]}),
        ("not-attenuation-corrected", {"CorrectedImage": None}),
    ],
)
def test_pet_is_skipped_for(tmp_path, reason, changes):
    datasets = series(Geometry(), **pet_elements())
    for dataset in datasets:
        for name, value in changes.items():
            if value is None:
                delattr(dataset, name)
            else:
                setattr(dataset, name, value)
    (group,) = find_series(write_series(tmp_path, datasets)).groups
    with pytest.raises(Refused, match=reason):
        convert_series(group, SeriesRules())


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_a_few_bytes_behind_the_pixels_are_reported(tmp_path, syntax):
    datasets = series(Geometry())
    for dataset in datasets:
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData += bytes(8)
    volume = convert_one(tmp_path, datasets)
    assert_right(volume)
    assert [warning["code"] for warning in volume.sidecar["warnings"]] == ["surplus-data"]


def test_more_pixels_than_frames_are_refused(tmp_path):
    dataset = enhanced_ct(Geometry(), [0, 1, 2])
    dataset.PixelData += dataset.PixelData
    assert refusal_of(tmp_path, [dataset]).reason == "unreadable"


def test_a_class_of_somebody_else_is_not_repeated(tmp_path):
    refusal = refusal_of(tmp_path, series(Geometry(), SOPClassUID=UID("1.3.9999.1")))
    assert refusal.reason == "unsupported-class"
    assert "1.3.9999" not in refusal.detail


def test_text_file_is_not_dicom(tmp_path):
    (tmp_path / "notes.txt").write_text("the patient was calm")
    (row,) = find_series([tmp_path / "notes.txt"]).refused
    assert (row.reason, len(row.paths), row.modality) == ("not-dicom", 1, "")


@pytest.mark.parametrize("length", [0, 50, 131, 140, 400])
def test_cut_file_is_refused(tmp_path, length):
    (path,) = write_series(tmp_path, series(Geometry(), [0]))
    path.write_bytes(path.read_bytes()[:length])
    (row,) = find_series([path]).refused
    assert row.reason in ("not-dicom", "unreadable")


def test_file_without_preamble_is_read(tmp_path):
    datasets = series(Geometry())
    for number, dataset in enumerate(datasets):
        meta = dataset.file_meta
        del dataset.file_meta
        dataset.save_as(tmp_path / f"{number}", implicit_vr=False, little_endian=True)
        dataset.file_meta = meta
    found = find_series(sorted(tmp_path.iterdir()))
    assert not found.refused
    assert_right(convert_series(found.groups[0], SeriesRules()).volume)


def test_file_that_cannot_be_opened(tmp_path):
    (row,) = find_series([tmp_path / "missing.dcm"]).refused
    assert (row.reason, row.sha256) == ("unreadable", "")


def test_damaged_dicomdir_does_not_stop_the_run(tmp_path):
    paths = write_series(tmp_path, series(Geometry()))
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"\x02\x00\x00\x00UL\xff\xff garbage")
    found = find_series([*paths, tmp_path / "DICOMDIR"])
    assert [row.reason for row in found.refused] == ["unreadable"]
    assert len(found.groups) == 1


def test_without_storage_class_the_modality_decides(tmp_path):
    assert_right(convert_one(tmp_path, series(Geometry(), SOPClassUID=None)))


def test_screening_is_not_a_picture_of_a_screen(tmp_path):
    assert_right(convert_one(tmp_path, series(Geometry(), ImageType=["ORIGINAL", "PRIMARY", "SCREENING"])))


def test_an_unknown_modality_is_that_of_the_class(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), Modality="WHATEVER"))
    assert volume.sidecar["modality"] == "CT"


@pytest.mark.parametrize("elements", [{"AttenuationCorrected": "NO"}, {"CorrectedImage": ["DECY"]}])
def test_multi_frame_pet_without_attenuation_correction_is_skipped(tmp_path, elements):
    dataset = enhanced_ct(Geometry(), range(4))
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.130", "PT"
    for name, value in elements.items():
        setattr(dataset, name, value)
    assert refusal_of(tmp_path, [dataset]).reason == "not-attenuation-corrected"


def test_suv_of_multi_frame_pet_is_refused_by_name(tmp_path):
    dataset = enhanced_ct(Geometry(), range(4))
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.130", "PT"
    (converted,) = convert_all(tmp_path, [dataset])
    assert_right(converted.volume)
    assert converted.suv.reason == "suv-multiframe"
