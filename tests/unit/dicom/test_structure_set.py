"""RTSTRUCT files: what is read of them, and what is refused."""

import numpy as np
import pytest
from dicom_segmentations import FRAME_OF_REFERENCE, closed, item, saved, structure_set
from dicom_series import ROOT, Geometry, slice_dataset

from fuseflow.dicom.segments import Code
from fuseflow.dicom.structure_set import read_structure_set
from fuseflow.errors import Refused

TRIANGLE = np.array([[0, 0, 3], [4, 0, 3], [0, 5, 3]], float)
NAME = "GTV/Mass & edge"


def refusal(dataset, tmp_path):
    with pytest.raises(Refused) as caught:
        read_structure_set(saved(dataset, tmp_path))
    assert "Doe" not in caught.value.detail
    return caught.value.reason


def triangle():
    return structure_set({1: (NAME, closed([TRIANGLE]))})


def test_regions_come_by_number_with_their_names_and_codes(tmp_path):
    dataset = structure_set({7: ("b", []), 2: (NAME, [*closed([TRIANGLE]), ("POINT", TRIANGLE[:1])])})
    found = read_structure_set(saved(dataset, tmp_path))
    assert [(segment.number, segment.name) for segment in found.segments] == [(2, NAME), (7, "b")]
    assert found.segments[0].algorithm_type == "SEMIAUTOMATIC"
    assert found.segments[0].type == Code("49755003", "SCT")
    assert found.segments[0].category is None
    assert [contour.geometric_type for contour in found.contours[2]] == ["CLOSED_PLANAR", "POINT"]
    np.testing.assert_array_equal(found.contours[2][0].points, TRIANGLE * [-1, -1, 1])
    assert 7 not in found.contours


def test_what_it_was_drawn_on(tmp_path):
    references = read_structure_set(saved(triangle(), tmp_path)).references
    assert references.series_uids == {f"{ROOT}.1"}
    assert references.instance_uids == {f"{ROOT}.1.100000"}
    assert references.frame_of_reference_uids == {FRAME_OF_REFERENCE}


def test_contours_of_a_region_in_several_places_belong_together(tmp_path):
    dataset = triangle()
    dataset.ROIContourSequence = [*dataset.ROIContourSequence, *triangle().ROIContourSequence]
    assert len(read_structure_set(saved(dataset, tmp_path)).contours[1]) == 2


def test_a_kind_that_is_no_term_is_not_repeated(tmp_path):
    dataset = structure_set({1: (NAME, [*closed([TRIANGLE]), ("DOE", TRIANGLE)])})
    dataset.StructureSetROISequence[0].ROIGenerationAlgorithm = "DOE"
    dataset.RTROIObservationsSequence[0].RTROIIdentificationCodeSequence[0].CodeValue = "Jane Doe"
    found = read_structure_set(saved(dataset, tmp_path))
    assert found.contours[1][1].geometric_type == "OTHER"
    assert not found.contours[1][1].encloses
    assert found.segments[0].algorithm_type is None
    assert found.segments[0].type is None


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"ContourData": ["1", "2", "3", "4"], "NumberOfContourPoints": None}, "unreadable"),
        ({"ContourData": ["1", "2", "3"]}, "unreadable"),
        ({"ContourData": ["1", "2", "nan"] * 3}, "unreadable"),
        ({"ContourData": ["1", "2", "1e300"] * 3}, "unreadable"),
        ({"ContourData": ["1", "2", "Doe"] * 3}, "unreadable"),
        ({"NumberOfContourPoints": 4}, "unreadable"),
        ({"ContourGeometricType": "OPEN_PLANAR"}, "no-segments"),
        ({"ContourData": ["1", "2", "3"] * 2, "NumberOfContourPoints": 2}, "no-segments"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_damaged_contours_are_refused(tmp_path, elements, reason):
    dataset = triangle()
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    for name, value in elements.items():
        if value is None:
            delattr(contour, name)
        elif name == "ContourData":
            contour.add_new(0x30060050, "LO", value)
        else:
            setattr(contour, name, value)
    assert refusal(dataset, tmp_path) == reason


def test_a_file_cut_short_is_refused_or_has_all_contours(tmp_path):
    path = saved(structure_set({1: ("a", closed([TRIANGLE])), 2: ("b", closed([TRIANGLE]))}), tmp_path)
    data = path.read_bytes()
    found = {outcome(path, data[:length]) for length in range(data.index(b"CLOSED_PLANAR"), len(data) + 1)}
    # what comes after the contours, codes only, may be missing
    assert found == {"unreadable", (1, 2)}


def outcome(path, data):
    """The regions that have a contour, or the reason of the refusal."""
    path.write_bytes(data)
    try:
        return tuple(read_structure_set(path).contours)
    except Refused as refusal:
        return refusal.reason


def test_other_files_are_refused(tmp_path):
    assert refusal(slice_dataset(Geometry(), 0), tmp_path) == "unsupported-class"
    with pytest.raises(Refused) as caught:
        read_structure_set(tmp_path / "missing.dcm")
    assert caught.value.reason == "unreadable"


def test_regions_that_contradict_each_other_are_refused(tmp_path):
    twice = triangle()
    twice.StructureSetROISequence = [item(ROINumber=1), item(ROINumber=1)]
    assert refusal(twice, tmp_path) == "unreadable"
    unknown = triangle()
    unknown.StructureSetROISequence[0].ROINumber = 2
    assert refusal(unknown, tmp_path) == "unreadable"
    unnumbered = triangle()
    del unnumbered.StructureSetROISequence[0].ROINumber
    assert refusal(unnumbered, tmp_path) == "unreadable"
    assert refusal(structure_set({}), tmp_path) == "no-segments"
