"""What a sidecar says of a volume: facts and numbers, pseudonyms only with a salt."""

from __future__ import annotations

import json

import pytest
from dicom_series import ROOT, Geometry, enhanced_ct, series, slice_dataset, write_series
from dicom_volumes import convert_one

from fuseflow.dicom.series import SeriesRules, convert_series, find_series
from fuseflow.files import hash_of_file
from fuseflow.identity import pseudonym


def sidecar(folder, datasets, **rules: str):
    return convert_one(folder, datasets, **rules).sidecar


def test_a_plain_series(tmp_path):
    found = sidecar(tmp_path, series(Geometry()))

    versions = found.pop("versions")
    assert set(versions) == {"numpy", "pydicom", "python"}
    assert found == {
        "format": "DICOM",
        "axes": ["x", "y", "z"],
        "geometry": "world",
        "series": None,
        "frame_of_reference": None,
        "modality": "CT",
        "slice_axis": 2,
        "shape": [6, 5, 4],
        # LPS to RAS turns x and y; both axes are flipped to run to the right and to the front
        "affine": [[1.5, 0, 0, 2.5], [0, 2, 0, 12], [0, 0, 3, 30], [0, 0, 0, 1]],
        "data_type": "int16",
        "transfer_syntaxes": ["1.2.840.10008.1.2.1"],
        "slices": [
            [
                {"sha256": hash_of_file(tmp_path / f"000{number}.dcm"), "position": 30.0 + 3 * number}
                for number in range(4)
            ]
        ],
        "dropped_duplicates": [],
        "filled_slices": [],
        "phases": None,
        "spacing": {"smallest": 3, "median": 3, "largest": 3, "largest_deviation": 0},
        "tilt_degrees": 0,
        "rescale": {"slope": [1, 1], "intercept": [0, 0]},
        "padding": {"stored": [], "voxels": 0},
        "warnings": [],
    }


def test_pseudonyms_need_a_salt(tmp_path):
    found = sidecar(tmp_path, series(Geometry()), salt="s")
    assert found["series"] == pseudonym(f"{ROOT}.1", salt="s")
    assert found["frame_of_reference"] == pseudonym(f"{ROOT}.8", salt="s")


def test_no_frame_of_reference_if_there_is_none(tmp_path):
    datasets = [slice_dataset(Geometry(), place, FrameOfReferenceUID="") for place in range(2)]
    assert sidecar(tmp_path, datasets, salt="s")["frame_of_reference"] is None


def test_it_holds_no_text_of_the_file(tmp_path):
    names = {"PatientName": "Doe^Jane", "SeriesDescription": "Jane", "StudyDate": "20200102", "StationName": "Jane"}
    text = json.dumps(sidecar(tmp_path, series(Geometry(), **names), salt="s"))
    assert not [value for value in (*names.values(), "Doe", ROOT, "0000.dcm", str(tmp_path)) if value in text]


def test_jitter_duplicates_padding_and_slopes(tmp_path):
    padding = {"PixelPaddingValue": -2000, "RescaleSlope": "2"}
    datasets = series(Geometry(), [0, 1, 2.01, 3], **padding)
    copy = series(Geometry(), [1], **padding)
    copy[0].SOPInstanceUID = f"{ROOT}.77"
    found = sidecar(tmp_path, [*datasets, *copy])

    assert found["spacing"] == pytest.approx(
        {"smallest": 2.97, "median": 3, "largest": 3.03, "largest_deviation": 0.03}, abs=1e-9
    )
    [dropped] = found["dropped_duplicates"]
    assert dropped["sha256"] in {hash_of_file(tmp_path / f"000{number}.dcm") for number in (1, 4)}
    assert found["rescale"] == {"slope": [2, 2], "intercept": [0, 0]}
    assert found["padding"]["stored"] == [[-2000, -2000]]


def test_frames_are_counted_in_files_that_hold_several(tmp_path):
    [slices] = sidecar(tmp_path, [enhanced_ct(Geometry(), [2, 0, 1])])["slices"]
    assert [(slice_["frame"], slice_["position"]) for slice_ in slices] == [(1, 30), (2, 33), (0, 36)]


def test_phases(tmp_path):
    first, second = series(Geometry()), series(Geometry(), stored=lambda values: values + 1)
    for number, datasets in enumerate((first, second), start=1):
        for dataset in datasets:
            dataset.TemporalPositionIdentifier = number
    datasets = [*first, *second]
    for number, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = f"{ROOT}.5.{number}"
    found = sidecar(tmp_path, datasets)
    assert found["phases"] == {"element": "TemporalPositionIdentifier", "values": [1, 2]}
    assert [len(slices) for slices in found["slices"]] == [4, 4]


@pytest.mark.parametrize(
    ("datasets", "rules", "codes"),
    [
        (series(Geometry(), PhotometricInterpretation="MONOCHROME1"), {}, ["monochrome1"]),
        (series(Geometry(step=(0.0, 0.5, 3.0))), {}, ["tilted"]),
        (series(Geometry(), [0]), {}, ["single-slice"]),
        (series(Geometry(), [0, 1, 3]), {"uneven": "resample"}, ["resampled"]),
    ],
)
def test_warnings(tmp_path, datasets, rules, codes):
    [group] = find_series(write_series(tmp_path, datasets)).groups
    found = convert_series(group, SeriesRules(**rules)).volume.sidecar
    assert [warning["code"] for warning in found["warnings"]] == codes


def test_filled_slices_are_numbered(tmp_path):
    assert sidecar(tmp_path, series(Geometry(), [0, 1, 3]), uneven="resample")["filled_slices"] == [2]
