"""A volume with a hole where a damaged slice was looks whole: its series is refused instead."""

import pytest
from dicom_segmentations import label_grid, saved, seg, truth
from dicom_series import Geometry, enhanced_ct, series, slice_dataset, write_series
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from fuseflow.dicom.series import find_series

THREE = Geometry(slices=3)


def written(folder, datasets):
    paths = write_series(folder, datasets)
    for path, dataset in zip(paths, datasets, strict=True):
        if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            dataset["PixelData"].VR = "OW"
            dataset.save_as(path, implicit_vr=False, little_endian=False)
    return paths


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("kept", [-240, -20], ids=["elements", "pixels"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_slice_that_is_cut_short(tmp_path, syntax, kept, place):
    datasets = series(THREE)
    for dataset in datasets:
        dataset.file_meta.TransferSyntaxUID = syntax
    paths = written(tmp_path, datasets)
    paths[place].write_bytes(paths[place].read_bytes()[:kept])
    found = find_series(paths)
    assert not found.groups
    assert {row.reason for row in found.refused} == {"unreadable"}
    assert sum(len(row.paths) for row in found.refused) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"RescaleSlope": 0},
        {"Columns": 3},
        {"HighBit": 3},
        {"PixelSpacing": [0, 1]},
        {"BurnedInAnnotation": "YES"},
        {"ModalityLUTSequence": []},
        {"NumberOfFrames": 2, "Rows": 2},
    ],
    ids=str,
)
def test_a_slice_that_cannot_be_used(tmp_path, changes):
    datasets = series(THREE)
    for name, value in changes.items():
        setattr(datasets[1], name, value)
    found = find_series(write_series(tmp_path, datasets))
    assert not found.groups
    assert sorted(len(row.paths) for row in found.refused) == [1, 2]


def test_a_page_of_text_without_a_position_leaves_no_hole(tmp_path):
    page = slice_dataset(THREE, 9, BurnedInAnnotation="YES", ImagePositionPatient=None)
    found = find_series(write_series(tmp_path, [*series(THREE), page]))
    (group,) = found.groups
    assert (len(group.paths), [row.reason for row in found.refused]) == (3, ["burned-in"])


@pytest.mark.parametrize("changes", [{"ImageType": ["ORIGINAL", "PRIMARY"]}, {"FrameOfReferenceUID": None}], ids=str)
def test_a_slice_that_says_less_than_the_others_goes_with_them(tmp_path, changes):
    datasets = [*series(THREE, [0]), *series(THREE, [1], **changes), *series(THREE, [2])]
    (group,) = find_series(write_series(tmp_path, datasets)).groups
    assert len(group.paths) == 3


def test_a_slice_that_says_less_than_others_that_disagree_stays_alone(tmp_path):
    kinds = [["ORIGINAL", "PRIMARY", kind] for kind in ("M", "P")] + [["ORIGINAL", "PRIMARY"]]
    datasets = [dataset for kind in kinds for dataset in series(THREE, ImageType=kind)]
    for number, dataset in enumerate(datasets):
        dataset.SOPInstanceUID += f".{number}"
    assert len(find_series(write_series(tmp_path, datasets)).groups) == 3


def test_other_series_are_not_concerned(tmp_path):
    other = series(THREE, series=2)
    paths = write_series(tmp_path, [*series(THREE), *other])
    paths[1].write_bytes(paths[1].read_bytes()[:-20])
    (group,) = find_series(paths).groups
    assert group.paths == frozenset(paths[3:])


def test_a_damaged_segmentation_does_not_concern_what_it_was_drawn_on(tmp_path):
    paths = write_series(tmp_path, series(THREE))
    shown = [(0, 1, truth(lambda points: points[..., 0] > 0, label_grid(THREE))[..., 0].T)]
    path = saved(seg(THREE, shown, names={1: "one"}), tmp_path, "seg.dcm")
    for kept in range(400, 800, 50):
        path.write_bytes(path.read_bytes()[:kept])
        (group,) = find_series([*paths, path]).groups
        assert len(group.paths) == 3


def test_a_frame_that_does_not_say_where_it_lies(tmp_path):
    dataset = enhanced_ct(THREE, [0, 1, 2])
    del dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence
    found = find_series(write_series(tmp_path, [dataset]))
    assert not found.groups
    assert {row.reason for row in found.refused} == {"no-position", "unreadable"}


def test_compressed_pixels_of_a_file_that_says_that_they_are_not(tmp_path):
    (dataset,) = series(THREE, [0])
    dataset.compress(RLELossless, encoding_plugin="pydicom")
    (path,) = write_series(tmp_path, [dataset])
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0"))
    (row,) = find_series([path]).refused
    assert (row.reason, "fragments" in row.detail) == ("unreadable", True)
