"""SEG files: segments, frames and their pixels, and what is refused."""

import highdicom
import numpy as np
import pytest
from dicom_segmentations import (
    CODE,
    FRAME_OF_REFERENCE,
    LABEL_MAP_CLASS,
    OBLIQUE,
    Ball,
    code,
    frames_of,
    item,
    saved,
    seg,
)
from dicom_series import ROOT, Geometry, series, slice_dataset
from pydicom.sr.codedict import codes
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, generate_uid

from fuseflow.dicom.segmentation import read_segmentation
from fuseflow.dicom.segments import Code
from fuseflow.errors import Refused

GEOMETRY = Geometry(rows=5, columns=7, slices=4)
SHAPES = {3: Ball((-5.0, -16.0, 35.0), 5.0), 1: Ball((-7.0, -14.0, 33.0), 4.0, 2.0)}
NAMES = {3: "Liver, left", 1: "ring"}
EVERYTHING = frozenset(NAMES)


def frames():
    return frames_of(GEOMETRY, SHAPES)


def masks_of(path):
    """Number and pixels of every frame."""
    found = read_segmentation(path)
    return [(number, mask) for frame in found.frames for number, mask in found.masks(frame, EVERYTHING).items()]


def assert_frames(found, expected):
    assert [number for number, _ in found] == [number for _, number, _ in expected]
    for (_, mask), (_, _, pixels) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mask, pixels)


def refusal(dataset, tmp_path):
    with pytest.raises(Refused) as caught:
        masks_of(saved(dataset, tmp_path))
    assert "Doe" not in caught.value.detail
    return caught.value.reason


def test_segments_come_by_number_with_their_names_and_codes(tmp_path):
    found = read_segmentation(saved(seg(GEOMETRY, frames(), names=NAMES), tmp_path))
    assert [(segment.number, segment.name) for segment in found.segments] == [(1, "ring"), (3, "Liver, left")]
    assert {segment.algorithm_type for segment in found.segments} == {"MANUAL"}
    assert {segment.category for segment in found.segments} == {Code(*CODE)}
    assert {segment.type for segment in found.segments} == {Code("1", "99LOCAL")}


def test_what_it_was_drawn_on(tmp_path):
    references = read_segmentation(saved(seg(GEOMETRY, frames(), names=NAMES), tmp_path)).references
    assert references.series_uids == {f"{ROOT}.1"}
    assert references.instance_uids == {f"{ROOT}.1.100000"}
    assert references.frame_of_reference_uids == {FRAME_OF_REFERENCE}


def test_bits_run_on_from_frame_to_frame(tmp_path):
    assert (GEOMETRY.rows * GEOMETRY.columns) % 8
    expected = frames()
    assert len(expected) > 4
    assert_frames(masks_of(saved(seg(GEOMETRY, expected, names=NAMES), tmp_path)), expected)


def test_bits_in_a_deflated_file(tmp_path):
    dataset = seg(GEOMETRY, frames(), names=NAMES)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert_frames(masks_of(saved(dataset, tmp_path)), frames())


@pytest.mark.parametrize("compressed", [False, True])
def test_one_byte_per_pixel(tmp_path, compressed):
    dataset = seg(GEOMETRY, frames(), names=NAMES, bits=8)
    if compressed:
        dataset.compress(RLELossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    assert_frames(masks_of(saved(dataset, tmp_path)), frames())


@pytest.mark.parametrize(("largest", "least"), [(255, 128), (200, 100), (1, 1), (3, 2)])
def test_fractions_belong_from_one_half_on(tmp_path, largest, least):
    values = np.minimum(np.arange(35).reshape(5, 7) * 10, 255)
    dataset = seg(GEOMETRY, [(0, 1, values)], names={1: "a"}, kind="FRACTIONAL", bits=8, MaximumFractionalValue=largest)
    [(_, mask)] = masks_of(saved(dataset, tmp_path))
    np.testing.assert_array_equal(mask, values / largest >= 0.5)
    assert read_segmentation(tmp_path / "object.dcm").threshold == least


@pytest.mark.parametrize("bits", [8, 16])
def test_values_of_label_maps_are_numbers_of_segments(tmp_path, bits):
    labels = np.arange(35).reshape(5, 7) % 5
    labels[labels == 2] = 0
    dataset = seg(GEOMETRY, [(0, None, labels)], names={1: "a", 3: "b", 0: "background"}, kind="LABELMAP", bits=bits)
    dataset.PixelPaddingValue = 4
    path = saved(dataset, tmp_path)
    assert [segment.number for segment in read_segmentation(path).segments] == [1, 3]
    found = dict(masks_of(path))
    assert found.keys() == {1, 3}
    for number, mask in found.items():
        np.testing.assert_array_equal(mask, labels == number)
    del dataset.PixelPaddingValue
    assert refusal(dataset, tmp_path) == "unreadable"


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_files_that_highdicom_writes(tmp_path, kind):
    geometry = Geometry(rows=5, columns=7, slices=4, orientation=OBLIQUE)
    images = series(geometry, PatientID="1", StudyID="1", StudyDate="20200101", StudyTime="120000", SliceThickness=3)
    for image in images:
        for empty in ("PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "ReferringPhysicianName"):
            setattr(image, empty, "")
    drawn = np.stack([Ball((-9.0, -19.0, 34.0), 4.0)(geometry.points(place)) for place in range(4)])
    assert 0 < drawn.any(axis=(1, 2)).sum() < 4
    description = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="ball",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type="MANUAL",
    )
    written = highdicom.seg.Segmentation(
        source_images=images,
        pixel_array=drawn.astype(np.float32 if kind == "FRACTIONAL" else np.uint8),
        segmentation_type=kind,
        segment_descriptions=[description],
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="",
        manufacturer_model_name="",
        software_versions="1",
        device_serial_number="",
        content_label="BALL",
    )
    found = read_segmentation(saved(written, tmp_path))
    assert found.references.series_uids == {f"{ROOT}.1"}
    assert found.references.instance_uids <= {image.SOPInstanceUID for image in images}
    assert found.slice_distance == 3
    for frame in found.frames:
        place = round((np.array(frame.frame.position) - geometry.position(0)) @ (0.48, -0.64, 0.6) / 3)
        for mask in found.masks(frame, frozenset({1})).values():
            np.testing.assert_array_equal(mask, drawn[place])
    assert len(found.frames) == drawn.any(axis=(1, 2)).sum()


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"SOPClassUID": slice_dataset(GEOMETRY, 0).SOPClassUID}, "unsupported-class"),
        ({"SegmentSequence": None}, "no-segments"),
        ({"SegmentSequence": [item(SegmentNumber=1), item(SegmentNumber=1)]}, "unreadable"),
        ({"SegmentSequence": [item(SegmentLabel="a")]}, "unreadable"),
        ({"SegmentSequence": [item(SegmentNumber=1)]}, "unreadable"),
        ({"PerFrameFunctionalGroupsSequence": None}, "no-segments"),
        ({"NumberOfFrames": 3}, "unreadable"),
        ({"SegmentationType": "DOE"}, "unsupported-pixels"),
        ({"SegmentationType": "FRACTIONAL"}, "unreadable"),
        ({"SegmentationType": "FRACTIONAL", "MaximumFractionalValue": 0}, "unreadable"),
        ({"SharedFunctionalGroupsSequence": None}, "no-position"),
        ({"PixelData": None}, "unreadable"),
        ({"PixelData": bytes(4)}, "unreadable"),
        ({"PixelRepresentation": 1}, "unsupported-pixels"),
        ({"SamplesPerPixel": 3}, "unsupported-pixels"),
        ({"Rows": 0}, "unreadable"),
        ({"ConcatenationUID": "1.2", "InConcatenationNumber": 1, "InConcatenationTotalNumber": 2}, "missing-slices"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, elements, reason):
    assert refusal(seg(GEOMETRY, frames(), names=NAMES, **elements), tmp_path) == reason


@pytest.mark.parametrize(
    ("group", "elements", "reason"),
    [
        ("PlaneOrientationSequence", {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "no-position"),
        ("PixelMeasuresSequence", {"PixelSpacing": [0, 1]}, "no-spacing"),
        ("PixelMeasuresSequence", {"PixelSpacing": ["1e-300", 1]}, "no-spacing"),
        ("PixelMeasuresSequence", {"SliceThickness": 1}, "no-spacing"),
        ("PlanePositionSequence", {"ImagePositionPatient": ["1e300", 0, 0]}, "no-position"),
    ],
)
def test_frames_without_a_grid_are_refused(tmp_path, group, elements, reason):
    dataset = seg(GEOMETRY, frames(), names=NAMES)
    setattr(dataset.SharedFunctionalGroupsSequence[0], group, [item(**elements)])
    for own in dataset.PerFrameFunctionalGroupsSequence:
        own.pop(group, None)
    assert refusal(dataset, tmp_path) == reason


def test_frames_without_a_position_or_segment_are_refused(tmp_path):
    for group, reason in (("PlanePositionSequence", "no-position"), ("SegmentIdentificationSequence", "unreadable")):
        dataset = seg(GEOMETRY, frames(), names=NAMES)
        delattr(dataset.PerFrameFunctionalGroupsSequence[2], group)
        assert refusal(dataset, tmp_path) == reason


def test_the_segment_may_be_the_same_for_all_frames(tmp_path):
    expected = frames_of(GEOMETRY, {3: SHAPES[3]})
    dataset = seg(GEOMETRY, [(place, None, mask) for place, _, mask in expected], names={3: "a"})
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=3)]
    assert_frames(masks_of(saved(dataset, tmp_path)), expected)


def test_a_few_bytes_more_than_needed_are_said_so(tmp_path):
    dataset = seg(GEOMETRY, frames(), names=NAMES, bits=8)
    dataset.PixelData += bytes(2)
    [remark] = read_segmentation(saved(dataset, tmp_path)).remarks
    assert remark.code == "surplus"


@pytest.mark.parametrize("bits", [1, 8])
def test_rows_or_columns_that_leave_pixels_over_are_refused(tmp_path, bits):
    dataset = seg(GEOMETRY, frames(), names=NAMES, bits=bits)
    dataset.Columns -= 1
    assert refusal(dataset, tmp_path) == "unreadable"


def test_frames_that_each_begin_with_a_new_byte_are_refused(tmp_path):
    packed = b"".join(np.packbits(mask, bitorder="little").tobytes() for _, _, mask in frames())
    dataset = seg(GEOMETRY, frames(), names=NAMES, PixelData=packed + bytes(len(packed) % 2))
    assert refusal(dataset, tmp_path) == "unreadable"


def test_bits_in_big_endian_and_damaged_pixels_are_refused(tmp_path):
    dataset = seg(GEOMETRY, frames(), names=NAMES)
    path = saved(dataset, tmp_path)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, implicit_vr=False, little_endian=False)
    with pytest.raises(Refused) as caught:
        read_segmentation(path)
    assert caught.value.reason == "unsupported-pixels"
    damaged = seg(GEOMETRY, frames(), names=NAMES, bits=8)
    damaged.compress(RLELossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    damaged.PixelData = damaged.PixelData[:60] + bytes(len(damaged.PixelData) - 60)
    assert refusal(damaged, tmp_path) == "unreadable"


def test_a_small_file_cannot_ask_for_much_memory(tmp_path):
    dataset = seg(GEOMETRY, frames(), names=NAMES, bits=8)
    dataset.compress(RLELossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    dataset.Rows = dataset.Columns = 65535
    assert refusal(dataset, tmp_path) == "impossible-size"


def test_free_text_is_no_code(tmp_path):
    dataset = seg(GEOMETRY, frames(), names=NAMES)
    for described in dataset.SegmentSequence:
        described.SegmentedPropertyTypeCodeSequence = [code("Jane Doe")]
        described.SegmentAlgorithmType = "DOE"
    found = read_segmentation(saved(dataset, tmp_path))
    assert {segment.type for segment in found.segments} == {None}
    assert {segment.algorithm_type for segment in found.segments} == {None}


def test_label_maps_have_a_class_of_their_own():
    labels = seg(GEOMETRY, [(0, None, np.ones((5, 7)))], names={1: "a"}, kind="LABELMAP", bits=8)
    assert labels.SOPClassUID == LABEL_MAP_CLASS
