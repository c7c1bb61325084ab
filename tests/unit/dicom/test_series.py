"""Rules of grouping, order, spacing and geometry, each on a series whose voxels are a function of their position."""

import random
from itertools import permutations

import numpy as np
import pytest
from dicom_series import Geometry, enhanced_ct, pet_elements, series, slice_dataset, write_series
from dicom_volumes import assert_right, convert_all, convert_one, refusal_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from fuseflow.dicom.series import SeriesRules, convert_series, find_series

HALF = float(np.sqrt(0.5))
ORIENTATIONS = {
    "axial": (1, 0, 0, 0, 1, 0),
    "sagittal": (0, 1, 0, 0, 0, -1),
    "coronal": (1, 0, 0, 0, 0, -1),
    "prone": (-1, 0, 0, 0, -1, 0),
    "oblique": (0.8, 0.6, 0, -0.36, 0.48, 0.8),
    "between sagittal and coronal": (HALF, HALF, 0, 0, 0, -1),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_every_orientation_with_pixels_that_are_not_square(tmp_path, orientation):
    volume = convert_one(tmp_path, series(Geometry(orientation=orientation)))
    assert_right(volume)
    assert volume.data.dtype == np.int16


def test_axes_run_to_right_anterior_and_superior(tmp_path):
    for name, orientation in ORIENTATIONS.items():
        affine = convert_one(tmp_path / name, series(Geometry(orientation=orientation))).affine
        directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
        kept = np.trace(directions)
        assert all(np.trace(directions[:, order]) <= kept + 1e-9 for order in map(list, permutations(range(3))))
        assert (np.diag(directions) > 0).all()


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_neither_order_of_files_nor_instance_number_nor_patient_position_matters(
    tmp_path_factory, shuffle: random.Random
):
    plain = convert_one(tmp_path_factory.mktemp("plain"), series(Geometry()))
    datasets = series(Geometry())
    for dataset in datasets:
        dataset.InstanceNumber = shuffle.randrange(100)
        dataset.PatientPosition = shuffle.choice(["HFS", "FFP", "HFDL"])
        dataset.SliceThickness, dataset.SpacingBetweenSlices, dataset.SliceLocation = "7", "9", "-4"
    shuffle.shuffle(datasets)
    shuffled = convert_one(tmp_path_factory.mktemp("shuffled"), datasets)
    assert_right(shuffled)
    assert (shuffled.data == plain.data).all()
    assert (shuffled.affine == plain.affine).all()


def test_slices_are_sorted_along_the_normal_not_by_file(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), [2, 0, 3, 1]))
    assert_right(volume)
    positions = [file["position"] for file in volume.sidecar["slices"][0]]
    assert positions == sorted(positions) == [30, 33, 36, 39]


def test_series_of_one_folder_become_a_volume_each(tmp_path):
    mixed = [*series(Geometry(), series=2), *series(Geometry(rows=7), series=1, modality="MR")]
    random.Random(0).shuffle(mixed)
    first, second = convert_all(tmp_path, mixed)
    assert first.volume.data.shape == (6, 7, 4)
    assert (first.volume.sidecar["modality"], second.volume.sidecar["modality"]) == ("MR", "CT")
    assert_right(first.volume)
    assert_right(second.volume)


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"rows": 8}, {}),
        ({"columns": 8}, {}),
        ({"spacing": (3.0, 1.5)}, {}),
        ({"orientation": (0, 1, 0, 0, 0, -1)}, {}),
        ({}, {"ImageType": ["ORIGINAL", "PRIMARY", "OTHER"]}),
    ],
    ids=["rows", "columns", "spacing", "orientation", "third value of ImageType"],
)
def test_one_series_is_divided_by(tmp_path, change, count):
    other = series(Geometry(**change, origin=(-10, -20, 90)), **count)
    volumes = convert_all(tmp_path, [*series(Geometry()), *other])
    assert len(volumes) == 2
    for converted in volumes:
        assert_right(converted.volume)


def test_orientations_that_differ_in_the_last_digits_are_one_group(tmp_path):
    datasets = series(Geometry())
    datasets[1].ImageOrientationPatient = [1, 0.00005, 0, -0.00005, 1, 0]
    assert_right(convert_one(tmp_path, datasets))


def test_identical_duplicate_is_dropped_and_listed(tmp_path):
    volume = convert_one(tmp_path, [*series(Geometry()), slice_dataset(Geometry(), 2, InstanceNumber=9)])
    assert_right(volume)
    assert volume.data.shape[2] == 4
    assert len(volume.sidecar["dropped_duplicates"]) == 1


def test_copy_of_a_whole_series_under_another_acquisition_number_is_dropped(tmp_path):
    copies = [*series(Geometry(), AcquisitionNumber=1), *series(Geometry(), AcquisitionNumber=2)]
    volume = convert_one(tmp_path, copies)
    assert_right(volume)
    assert volume.data.shape == (6, 5, 4)
    assert len(volume.sidecar["dropped_duplicates"]) == 4


def test_different_pixels_at_one_position_are_refused(tmp_path):
    other = slice_dataset(Geometry(), 2, stored=lambda values: values + 1)
    assert refusal_of(tmp_path, [*series(Geometry()), other]).reason == "duplicate-position"


def test_positions_within_a_hundredth_of_the_spacing_are_the_same(tmp_path):
    volume = convert_one(
        tmp_path, [*series(Geometry()), *series(Geometry(), [2.009], stored=lambda _: series_pixels(2))]
    )
    assert volume.data.shape[2] == 4


def series_pixels(place):
    dataset = slice_dataset(Geometry(), place)
    return np.frombuffer(dataset.PixelData, "<i2").reshape(dataset.Rows, dataset.Columns)


@pytest.mark.parametrize("element", ["AcquisitionNumber", "TemporalPositionIdentifier", "EchoTime", "TriggerTime"])
def test_phases_become_a_fourth_axis_told_apart_by(tmp_path, element):
    later = series(Geometry(), stored=lambda values: values + 7, modality="MR", **{element: 20})
    earlier = series(Geometry(), modality="MR", **{element: 3})
    volume = convert_one(tmp_path, [*later, *earlier])
    assert volume.data.shape == (6, 5, 4, 2)
    assert volume.sidecar["phases"] == {"element": element, "values": [3, 20]}
    assert (volume.data[..., 1] == volume.data[..., 0] + 7).all()


def test_phases_with_different_positions_are_refused(tmp_path):
    phases = [*series(Geometry(), EchoTime=1), *series(Geometry(), [0, 1, 2], stored=lambda v: v + 7, EchoTime=2)]
    assert refusal_of(tmp_path, phases).reason == "incomplete-phases"


@pytest.mark.parametrize("jitter", [0.0, 0.04, -0.04])
def test_even_within_2_percent_and_a_tenth_of_a_millimetre(tmp_path, jitter):
    volume = convert_one(tmp_path, series(Geometry(), [0, 1 + jitter / 3, 2, 3]))
    assert volume.affine[2, 2] == 3
    assert volume.sidecar["spacing"]["largest_deviation"] == pytest.approx(abs(jitter))


@pytest.mark.parametrize(
    ("step", "deviation", "even"),
    [(3.0, 0.055, True), (3.0, 0.065, False), (10.0, 0.09, True), (10.0, 0.11, False)],
)
def test_the_limit_is_the_smaller_of_2_percent_and_a_tenth_of_a_millimetre(tmp_path, step, deviation, even):
    datasets = series(Geometry(step=(0, 0, step)), [0, 1 + deviation / step, 2, 3])
    if even:
        assert convert_one(tmp_path, datasets).affine[2, 2] == step
    else:
        assert refusal_of(tmp_path, datasets).reason == "uneven-spacing"


def test_gap_is_refused_with_the_missing_positions(tmp_path):
    refusal = refusal_of(tmp_path, series(Geometry(), [0, 1, 3, 4]))
    assert refusal.reason == "missing-slices"
    assert "1 missing" in refusal.detail
    assert "36.00 mm" in refusal.detail


def test_gap_is_filled_under_the_policy_resample(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), [0, 1, 3, 4]), uneven="resample")
    assert_right(volume)
    assert volume.data.dtype == np.float32
    assert volume.sidecar["filled_slices"] == [2]
    assert "resampled" in [warning["code"] for warning in volume.sidecar["warnings"]]


def test_spacing_that_changes_is_refused(tmp_path):
    assert refusal_of(tmp_path, series(Geometry(), [0, 1, 2, 2.4, 3.2])).reason == "uneven-spacing"


def test_spacing_that_changes_is_resampled_to_the_smallest_distance(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), [0, 1, 2, 2.5, 3.5]), uneven="resample")
    assert_right(volume)
    assert volume.affine[2, 2] == pytest.approx(1.5)
    assert volume.data.shape[2] == 8
    assert volume.sidecar["filled_slices"] == [1, 3, 6]


def test_resampling_is_never_finer_than_half_a_millimetre(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(step=(0, 0, 1)), [0, 1, 1.3, 2, 3]), uneven="resample")
    assert volume.affine[2, 2] == pytest.approx(0.7)


def test_resampling_follows_a_tilted_stack(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(step=(0, 1, 3)), [0, 1, 3, 4]), uneven="resample")
    assert_right(volume)


def test_spacing_never_comes_from_thickness(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), SliceThickness="9"))
    assert volume.affine[2, 2] == 3


def test_tilt_keeps_the_sheared_affine(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(step=(0, 1, 3))))
    assert_right(volume)
    assert volume.sidecar["tilt_degrees"] == pytest.approx(np.degrees(np.arctan(1 / 3)))
    assert volume.affine[:3, 2].tolist() == [0, -1, 3]
    assert "tilted" in [warning["code"] for warning in volume.sidecar["warnings"]]


def test_slice_beside_the_line_is_refused_under_both_policies(tmp_path):
    datasets = series(Geometry())
    datasets[1].ImagePositionPatient = [-10, -19, 33]
    assert refusal_of(tmp_path / "refuse", datasets).reason == "shifted-slices"
    assert refusal_of(tmp_path / "resample", datasets, uneven="resample").reason == "shifted-slices"


def test_enhanced_frames_are_placed_by_their_own_position_and_slope(tmp_path):
    volume = convert_one(tmp_path, [enhanced_ct(Geometry(), [2, 0, 3, 1], slopes=[1, 0.5, 0.25, 1])])
    assert_right(volume)
    assert volume.data.dtype == np.float32
    assert [file["frame"] for file in volume.sidecar["slices"][0]] == [1, 3, 0, 2]


def test_enhanced_stacks_become_a_volume_each(tmp_path):
    dataset = enhanced_ct(Geometry(), [0, 1, 10, 11])
    for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        content = type(dataset)()
        content.StackID = str(number // 2)
        frame.FrameContentSequence = [content]
    volumes = convert_all(tmp_path, [dataset])
    assert [converted.volume.data.shape for converted in volumes] == [(6, 5, 2)] * 2
    for converted in volumes:
        assert_right(converted.volume)


def test_enhanced_temporal_index_makes_phases(tmp_path):
    dataset = enhanced_ct(Geometry(), [0, 1, 0, 1])
    for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        content = type(dataset)()
        content.TemporalPositionIndex = 1 + number // 2
        frame.FrameContentSequence = [content]
    pixels = np.frombuffer(dataset.PixelData, "<i2").reshape(4, 5, 6).copy()
    pixels[2:] += 7
    dataset.PixelData = pixels.tobytes()
    volume = convert_one(tmp_path, [dataset])
    assert volume.data.shape == (6, 5, 2, 2)
    assert (volume.data[..., 1] - volume.data[..., 0] == 7).all()


def test_one_slice_is_a_volume_with_its_nominal_thickness_unless_refused(tmp_path):
    volume = convert_one(tmp_path / "keep", series(Geometry(), [1], SliceThickness="2.5"))
    assert_right(volume)
    assert volume.affine[2, 2] == 2.5
    refusal = refusal_of(tmp_path / "refuse", series(Geometry(), [1]), single_slices="refuse")
    assert refusal.reason == "single-slice"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_uncompressed_encodings(tmp_path, syntax):
    datasets = series(Geometry())
    for dataset in datasets:
        dataset.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
    assert_right(convert_one(tmp_path, datasets))


def test_damaged_file_refuses_its_series(tmp_path):
    paths = write_series(tmp_path, series(Geometry()))
    paths[-1].write_bytes(paths[-1].read_bytes()[:-10])
    found = find_series(paths)
    assert not found.groups
    assert {(row.reason, len(row.paths)) for row in found.refused} == {("unreadable", 1), ("unreadable", 3)}


def test_result_does_not_depend_on_threads(tmp_path):
    paths = write_series(tmp_path, series(Geometry(slices=9), RescaleSlope="1.7"))
    one, two = (convert_series(find_series(paths, workers=n).groups[0], SeriesRules(), threads=n) for n in (1, 4))
    assert (one.volume.data == two.volume.data).all()
    assert one.volume.sidecar == two.volume.sidecar


def test_pet_slopes_differ_per_slice_and_the_first_is_a_whole_number(tmp_path):
    datasets = [
        slice_dataset(Geometry(), place, stored=lambda v, s=slope: np.rint(v / s), **pet_elements(RescaleSlope=slope))
        for place, slope in enumerate([1, 0.5, 0.25, 0.125])
    ]
    (converted,) = convert_all(tmp_path, datasets)
    assert_right(converted.volume)
    assert converted.volume.data.dtype == np.float32


def test_phases_that_lie_beside_each_other_are_refused(tmp_path):
    shifted = Geometry(origin=(-10, -18.5, 30))
    phases = [*series(Geometry(), EchoTime=1), *series(shifted, EchoTime=2)]
    assert refusal_of(tmp_path, phases).reason == "shifted-slices"


def test_elements_that_tell_phases_apart_in_different_ways_are_refused(tmp_path):
    phases = [
        slice_dataset(
            Geometry(), place, stored=lambda v, n=echo: v + n, EchoTime=echo, AcquisitionNumber=(echo + place) % 2
        )
        for place in range(4)
        for echo in (1, 2)
    ]
    assert refusal_of(tmp_path, phases).reason == "ambiguous-phases"


def test_phases_a_few_micrometres_apart_share_their_positions(tmp_path):
    first = series(Geometry(), EchoTime=1)
    second = series(Geometry(), [place + 0.002 for place in range(4)], stored=lambda v: v + 7, EchoTime=2)
    assert convert_one(tmp_path, [*first, *second]).data.shape == (6, 5, 4, 2)


def test_directions_rounded_to_four_digits_are_one_group(tmp_path):
    datasets = series(Geometry(orientation=(0.7072, 0.7070, 0, 0, 0, -1)))
    for dataset in datasets[::2]:
        dataset.ImageOrientationPatient = [0.7071, 0.7071, 0, 0, 0, -1]
    assert convert_one(tmp_path, datasets).data.shape == (6, 4, 5)


def test_frames_of_reference_are_never_mixed(tmp_path):
    datasets = series(Geometry(slices=6))
    for dataset in datasets[3:]:
        dataset.FrameOfReferenceUID = "1.2.3"
    assert [converted.volume.data.shape[2] for converted in convert_all(tmp_path, datasets)] == [3, 3]


def test_jitter_in_the_plane_is_uneven_and_said_so(tmp_path):
    datasets = series(Geometry(step=(0, 0, 1)))
    datasets[1].ImagePositionPatient = [-10, -19.96, 31]
    refusal = refusal_of(tmp_path, datasets)
    assert refusal.reason == "uneven-spacing"
    assert "deviation from an even grid is 0.04 mm" in refusal.detail


def test_sidecar_counts_slices_as_the_volume_does(tmp_path):
    upside_down = Geometry(orientation=(-1, 0, 0, 0, 1, 0))
    volume = convert_one(tmp_path, series(upside_down, [0, 1, 2, 4]), uneven="resample")
    assert_right(volume)
    assert volume.sidecar["slice_axis"] == 2
    assert volume.sidecar["filled_slices"] == [1]
    heights = [-file["position"] for file in volume.sidecar["slices"][0]]
    assert heights == sorted(heights)


def test_factors_stand_in_the_order_of_the_volume(tmp_path):
    upside_down = Geometry(orientation=(-1, 0, 0, 0, 1, 0))
    datasets = [
        slice_dataset(
            upside_down,
            place,
            **pet_elements(DecayCorrection="NONE", CorrectedImage=["ATTN"], AcquisitionTime=f"11{place:02d}00"),
        )
        for place in range(4)
    ]
    (converted,) = convert_all(tmp_path, datasets)
    ratios = converted.suv.data[0, 0] / converted.volume.data[0, 0]
    np.testing.assert_allclose(converted.suv.sidecar["suv"]["factors"][0], ratios, rtol=1e-6)
    assert ratios[0] > ratios[-1]


def test_part_of_a_concatenation_is_refused(tmp_path):
    parts = []
    for number, places in enumerate([[0, 1], [2, 3]], start=1):
        part = enhanced_ct(Geometry(), places)
        part.ConcatenationUID, part.InConcatenationNumber, part.InConcatenationTotalNumber = "1.2.9", number, 2
        parts.append(part)
    assert convert_one(tmp_path / "whole", parts).data.shape == (6, 5, 4)
    assert refusal_of(tmp_path / "cut", parts[:1]).reason == "missing-slices"


@pytest.mark.parametrize("element", ["InstanceNumber", "SeriesNumber", "SliceThickness", "EchoTime"])
def test_elements_that_do_not_matter_may_be_damaged(tmp_path, element):
    datasets = series(Geometry())
    for number, path in enumerate(write_series(tmp_path, datasets)):
        if number == 1:
            dataset = datasets[1]
            dataset.add_new(element, "LO", "what")
            dataset.save_as(path, enforce_file_format=True)
    found = find_series(sorted(tmp_path.iterdir()))
    assert_right(convert_series(found.groups[0], SeriesRules()).volume)
