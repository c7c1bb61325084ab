"""DICOM series that others acquired: voxels against plain stacks, SUV against SUV made by others."""

import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from fuseflow.dicom.series import SeriesRules, convert_series, find_series

PATIENTS = ("STS_001", "STS_024", "STS_025", "STS_031", "STS_050")
SYNTAXES = 9


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def volumes_of(folder: Path):
    """Modality -> what its one series became, and the reasons of what became nothing."""
    found = find_series(files_below(folder), workers=2)
    converted = {
        group.first.instance.modality: convert_series(group, SeriesRules(), threads=2) for group in found.groups
    }
    assert len(converted) == len(found.groups)
    return converted, [row.reason for row in found.no_slices]


def plain_stack(folder: Path, modality: str):
    """Slices of a modality by z, rescaled one by one: (LPS position of the first pixel, spacing, values)."""
    datasets = [dataset for dataset in map(pydicom.dcmread, files_below(folder)) if dataset.Modality == modality]
    datasets.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    values = np.stack(
        [
            dataset.pixel_array * np.float64(dataset.RescaleSlope) + np.float64(dataset.RescaleIntercept)
            for dataset in datasets
        ]
    )
    return np.array([dataset.ImagePositionPatient for dataset in datasets], float), datasets[0].PixelSpacing, values


@pytest.fixture(scope="module")
def raw(shared, tmp_path_factory):
    """Archive name -> its files, unpacked once."""
    folder = tmp_path_factory.mktemp("sarcoma")
    archives = sorted((shared / "data" / "soft-tissue-sarcoma").glob("*.zip"))
    return {archive.stem: unpacked(archive, folder / archive.stem) for archive in archives}


@pytest.mark.parametrize("patient", PATIENTS)
def test_every_voxel_of_ct_and_pet_is_that_of_a_plain_stack(raw, patient):
    converted, refused = volumes_of(raw[patient])
    assert refused == ["not-an-image"] * 2
    assert set(converted) == {"CT", "PT"}
    for modality, result in converted.items():
        positions, (rows, columns), values = plain_stack(raw[patient], modality)
        volume = result.volume
        assert volume.data.shape == values.shape[::-1]
        assert volume.data.dtype == (np.int16 if modality == "CT" else np.float32)
        # axial and head first: to RAS both in-plane axes are turned round
        np.testing.assert_array_equal(volume.data[::-1, ::-1].T, values.astype(volume.data.dtype))
        np.testing.assert_allclose(np.diag(volume.affine)[:2], [float(columns), float(rows)], rtol=1e-12)
        first = volume.affine @ [values.shape[2] - 1, values.shape[1] - 1, 0, 1]
        np.testing.assert_allclose(first[:3] * [-1, -1, 1], positions[0], atol=1e-9)
        last = volume.affine @ [values.shape[2] - 1, values.shape[1] - 1, len(values) - 1, 1]
        np.testing.assert_allclose(last[:3] * [-1, -1, 1], positions[-1], atol=1e-9)


@pytest.mark.parametrize("patient", PATIENTS)
def test_images_in_gram_per_millilitre_are_suv_already(raw, patient):
    result = volumes_of(raw[patient])[0]["PT"]
    np.testing.assert_array_equal(result.suv.data, result.volume.data)


def test_suv_from_raw_activity_agrees_with_the_suv_that_others_computed(raw):
    own = volumes_of(raw["sts001-raw-pet"])[0]["PT"].suv
    others = volumes_of(raw["STS_001"])[0]["PT"].volume
    offset = np.linalg.inv(own.affine) @ others.affine
    start = np.rint(offset[:3, 3]).astype(int)
    np.testing.assert_allclose(offset[:3, :3], np.eye(3), atol=1e-3)
    np.testing.assert_allclose(offset[:3, 3], start, atol=0.02)
    stop = start + others.data.shape
    shared_part = own.data[start[0] : stop[0], start[1] : stop[1], start[2] : stop[2]]
    assert shared_part.shape == others.data.shape == (41, 43, 59)
    assert np.abs(shared_part - others.data).max() <= 0.002
    assert others.data.max() > 5


def test_raw_activity_is_evenly_spaced_within_a_few_hundredths_of_a_millimetre(raw):
    volume = volumes_of(raw["sts001-raw-pet"])[0]["PT"].volume
    assert volume.data.shape == (128, 128, 267)
    spacing = volume.sidecar["spacing"]
    assert (round(spacing["smallest"], 2), round(spacing["largest"], 2)) == (3.19, 3.29)
    assert spacing["largest_deviation"] < 0.05


@pytest.fixture(scope="module")
def encodings(shared, tmp_path_factory):
    (archive,) = (shared / "data" / "transfer-syntaxes").glob("*.zip")
    folder = unpacked(archive, tmp_path_factory.mktemp("syntaxes"))
    return {path.stem: path for path in files_below(folder) if path.suffix == ".dcm"}, folder


def test_all_encodings_decode_to_the_same_volume(encodings):
    paths, _ = encodings
    volumes = [convert_series(find_series([path]).groups[0], SeriesRules()).volume for path in paths.values()]
    assert len(volumes) == SYNTAXES
    assert len({tuple(volume.sidecar["transfer_syntaxes"]) for volume in volumes}) == 7
    for volume in volumes:
        np.testing.assert_array_equal(volume.data, volumes[0].data)
        np.testing.assert_array_equal(volume.affine, volumes[0].affine)


def test_mosaic_lies_where_dcm2niix_puts_it(encodings):
    paths, folder = encodings
    volume = convert_series(find_series([paths["9"]]).groups[0], SeriesRules()).volume
    (path,) = folder.rglob("9.nii")
    reference = nibabel.as_closest_canonical(nibabel.load(path))
    np.testing.assert_array_equal(volume.data, np.asarray(reference.dataobj))
    np.testing.assert_allclose(volume.affine, reference.affine, atol=1e-4)


def test_all_encodings_together_are_one_volume(encodings):
    paths, _ = encodings
    (group,) = find_series(list(paths.values())).groups
    volume = convert_series(group, SeriesRules()).volume
    assert volume.data.shape == (64, 64, 35)
    assert len(volume.sidecar["dropped_duplicates"]) == 8 * 35
