"""Contours that radiologists drew on CT and PET: the labelled volume against the area of the polygons."""

import zipfile

import numpy as np
import pytest

from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.dicom.labels import label_volumes
from fuseflow.dicom.reading import read_files
from fuseflow.dicom.references import is_structure_set, reference_of
from fuseflow.dicom.series import SeriesRules, convert_series, find_series
from fuseflow.dicom.structure_set import read_structure_set

PATIENTS = ("STS_001", "STS_024", "STS_025", "STS_031", "STS_050")


@pytest.fixture(scope="module")
def studies(shared, tmp_path_factory):
    """Archive -> (structure set, the volume that it was drawn on, its grid), one per structure set."""
    folder = tmp_path_factory.mktemp("sarcoma")
    found = {}
    for archive in sorted((shared / "data" / "soft-tissue-sarcoma").glob("*.zip")):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder / archive.stem)
        found[archive.stem] = list(drawn_in(folder / archive.stem))
    return found


def drawn_in(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    groups = find_series(files, workers=2).groups
    frames, _ = read_files(files)
    for path in sorted({frame.instance.path for frame in frames if is_structure_set(frame.instance.sop_class)}):
        structures = read_structure_set(path)
        reference = reference_of(structures.references, groups)
        volume = convert_series(reference.group, SeriesRules()).volume
        instance = reference.group.first.instance
        grid = LabelGrid(affine=volume.affine, shape=volume.data.shape, series_uid=instance.series_uid)
        yield instance.modality, structures, grid


def area(points):
    """Of a polygon in an axial plane, mm^2."""
    x, y = points[:, 0], points[:, 1]
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def is_inside(point, polygon):
    x, y = polygon[:, 0], polygon[:, 1]
    below = (y <= point[1]) != (np.roll(y, -1) <= point[1])
    crossing = x + (point[1] - y) * (np.roll(x, -1) - x) / np.where(below, np.roll(y, -1) - y, 1)
    return np.count_nonzero(below & (crossing <= point[0])) % 2 == 1


def volume_of(contours, spacing):
    """Area times spacing, mm^3: that of contours inside an odd number of others of the plane is taken away."""
    total = 0.0
    for contour in contours:
        others = [other for other in contours if other is not contour and other.points[0, 2] == contour.points[0, 2]]
        depth = sum(is_inside(contour.points[0], other.points) for other in others)
        total += (-1) ** depth * area(contour.points) * spacing
    return total


@pytest.mark.parametrize("archive", [*PATIENTS, "sts001-raw-pet"])
def test_the_volume_is_that_of_the_polygons_within_two_percent(studies, archive):
    assert {modality for modality, _, _ in studies[archive]} == ({"CT", "PT"} if archive in PATIENTS else {"PT"})
    for _, structures, grid in studies[archive]:
        found = {
            row["number"]: row
            for volume in label_volumes(structures, grid, salt="")
            for row in volume.sidecar["segments"]
        }
        for number, contours in structures.contours.items():
            expected = volume_of(contours, float(grid.plane_distances[2]))
            assert found[number]["volume_ml"] * 1000 == pytest.approx(expected, rel=0.02)
            assert found[number]["contours"]["filled"] == len(contours)


@pytest.mark.parametrize("patient", PATIENTS)
def test_contours_lie_in_slices_of_the_series_that_they_name(studies, patient):
    for _, structures, grid in studies[patient]:
        for volume in label_volumes(structures, grid, salt=""):
            assert volume.sidecar["on_grid"] is True
            assert volume.sidecar["warnings"] == []


def test_the_tumour_is_the_same_in_the_cropped_and_in_the_raw_images(studies):
    cropped = next(case for case in studies["STS_001"] if case[0] == "PT")
    raw = studies["sts001-raw-pet"][0]
    [one] = label_volumes(*cropped[1:], salt="")
    other = next(label_volumes(*raw[1:], salt=""))
    assert one.sidecar["segments"][0]["voxels"] == other.sidecar["segments"][0]["voxels"] == 5095
    places = [(np.argwhere(volume.data) @ volume.affine[:3, :3].T + volume.affine[:3, 3]) for volume in (one, other)]
    np.testing.assert_allclose(*places, atol=0.05)
