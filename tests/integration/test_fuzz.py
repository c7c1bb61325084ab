"""Damaged files: no traceback, no hang, no code run, no silent difference from what others read."""

from dataclasses import replace

import pytest
from comparison import differences_of_files
from comparison_dicom import differences_of_dicom
from fuzzing import convert, fuzz, fuzz_sound, summary
from mutants import sound_files, unbroken

from fuseflow.files import read_json
from fuseflow.formats.canonical import sidecar_of, write_volume
from fuseflow.formats.nifti import read_nifti

NUMBER = 200


def test_nothing_is_wrong_with_what_becomes_of_damaged_files(tmp_path):
    verdicts = list(fuzz(range(NUMBER), tmp_path / "fuzz"))

    assert len(verdicts) == NUMBER
    assert not [verdict for verdict in verdicts if verdict.complaints], summary(verdicts)
    outcomes = {outcome for verdict in verdicts for outcome in verdict.outcomes}
    assert {"accepted", "unreadable", "impossible-size"} <= outcomes


def test_sound_files_are_all_what_others_read(tmp_path):
    verdicts = list(fuzz_sound(tmp_path / "fuzz"))

    assert not [verdict for verdict in verdicts if verdict.complaints or verdict.unchecked], summary(verdicts)
    refused = {verdict.origin for verdict in verdicts if set(verdict.outcomes) != {"accepted"}}
    assert refused == {"array pickle.npy", "array pickle.npz", "array bare pickle", "array several"}


def other_value(volume):
    data = volume.data.copy()
    data[0, 0, 0] += 1
    return replace(volume, data=data)


def mirrored(volume):
    return replace(volume, data=volume.data[::-1])


def moved(volume):
    affine = volume.affine.copy()
    affine[2, 3] += 0.5
    return replace(volume, affine=affine)


def in_other_order(volume):
    return replace(volume, data=volume.data[..., ::-1])


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return sound_files(tmp_path_factory.mktemp("sound"))


IMAGES = {
    "nifti plain": "a",
    "nrrd series": "a",
    "minc 2 series": "a",
    "dicom enhanced": "001_CT",
    "dicom phases": "001_CT",
    "dicom seg": "002_SEG",
    "dicom rtstruct": "002_SEG",
}


@pytest.mark.parametrize("origin", IMAGES)
def test_what_differs_is_found(tmp_path, sound, origin):
    paths = convert(unbroken(sorted(sound).index(origin), sound), tmp_path)
    result = tmp_path / "out" / f"{IMAGES[origin]}.nii.gz"
    compare = differences_of_dicom if origin.startswith("dicom") else differences_of_files
    assert not compare(paths, [result])

    volume = replace(read_nifti(result), sidecar=read_json(sidecar_of(result)))
    for change in (other_value, mirrored, moved, in_other_order):
        write_volume(result, change(volume))
        assert compare(paths, [result]), change.__name__
