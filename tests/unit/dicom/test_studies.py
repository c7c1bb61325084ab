"""The series of a case: one volume per role and SUV, or the one reason why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_segmentations import seg
from dicom_series import Geometry, pet_elements, series, write_series
from dicom_volumes import assert_right
from pydicom.dataset import Dataset

from fuseflow.cases import Case, CaseFile
from fuseflow.dicom.series import SeriesRules
from fuseflow.dicom.studies import ConvertSeries, LoadSeries
from fuseflow.errors import Refused
from fuseflow.files import hash_of_file

CT = series(Geometry())


def case_of(folder: Path, **roles: list[Dataset]) -> Case:
    files = [
        CaseFile(role, path.relative_to(folder).as_posix(), hash_of_file(path))
        for role, datasets in roles.items()
        for path in write_series(folder / role, datasets)
    ]
    return Case("1", "p", "", tuple(files), folder)


def convert(case: Case, *roles: str, **rules: str):
    return ConvertSeries(rules=SeriesRules(**rules))(LoadSeries(roles=roles)(case))


def refusal(case: Case, *roles: str, **rules: str) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        convert(case, *roles, **rules)
    return caught.value.reason, caught.value.detail


def test_a_volume_per_role_and_suv(tmp_path):
    case = case_of(tmp_path, CT=CT, PET=series(Geometry(), series=2, **pet_elements()))
    volumes = convert(case, "CT", "PET")

    assert list(volumes) == ["CT", "PET", "SUV"]
    assert_right(volumes["CT"])
    assert_right(volumes["PET"])
    # 3600 s after the injection of 350 MBq of 18F, which decays with 6586.2 s, into 82 kg
    factor = 82_000 / (350e6 * 2 ** (-3600 / 6586.2))
    np.testing.assert_allclose(volumes["SUV"].data, volumes["PET"].data * factor, rtol=1e-6)
    assert [volume.sidecar["left_out"] for volume in volumes.values()] == [[], [], []]


def test_a_role_without_files(tmp_path):
    assert refusal(case_of(tmp_path, CT=CT), "CT", "PET") == (
        "orphan",
        "there is no PET series for this case, only CT",
    )


def test_a_file_that_is_another_by_now(tmp_path):
    case = case_of(tmp_path, CT=CT)
    write_series(tmp_path / "CT", series(Geometry(origin=(0, 0, 0))))
    assert refusal(case, "CT") == ("changed", "a CT file is no longer the one that was indexed")


@pytest.mark.parametrize(
    ("data", "reason"), [(b"text", "not-dicom"), (bytes(128) + b"DICM\x08\x00\x05\x00CS\xff", "unreadable")]
)
def test_a_damaged_file_of_a_role(tmp_path, data, reason):
    case = case_of(tmp_path, CT=CT)
    (tmp_path / case.files[1].path).write_bytes(data)
    assert refusal(case, "CT")[0] == reason


def test_a_file_that_is_gone(tmp_path):
    case = case_of(tmp_path, CT=CT)
    (tmp_path / case.files[1].path).unlink()
    reason, detail = refusal(case, "CT")
    assert (reason, detail) == ("unreadable", "CT: the file cannot be opened (No such file or directory)")


def test_two_series_for_one_role(tmp_path):
    reason, detail = refusal(case_of(tmp_path, CT=[*CT, *series(Geometry(), series=2)]), "CT")
    assert (reason, detail) == (
        "ambiguous-role",
        "several series claim to be the CT; let the card choose one of them",
    )


def test_what_else_a_role_holds_is_left_out_and_listed(tmp_path):
    localizer = series(Geometry(), [0, 1], series=2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    gap = series(Geometry(), [0, 1, 3], series=3)
    case = case_of(tmp_path, CT=[*CT, *localizer, *gap])
    volume = convert(case, "CT")["CT"]

    assert_right(volume)
    left_out = volume.sidecar["left_out"]
    assert {(row["reason"], row["files"]) for row in left_out} == {("localizer", 2), ("missing-slices", 3)}
    hashes = {file.sha256 for file in case.files}
    assert all(row["sha256"] in hashes for row in left_out)


def test_suv_lists_what_was_left_out_too(tmp_path):
    other = series(Geometry(), [0], series=2, **pet_elements(CorrectedImage="DECY"))
    volumes = convert(case_of(tmp_path, PET=[*series(Geometry(), **pet_elements()), *other]), "PET")
    assert [row["reason"] for row in volumes["SUV"].sidecar["left_out"]] == ["not-attenuation-corrected"]


def test_if_no_series_is_a_volume_the_first_reason_counts(tmp_path):
    assert refusal(case_of(tmp_path, CT=series(Geometry(), [0, 1, 3])), "CT")[0] == "missing-slices"
    assert refusal(case_of(tmp_path, CT=series(Geometry(), [0])), "CT", single_slices="refuse")[0] == "single-slice"


def test_pet_without_suv_is_refused(tmp_path):
    case = case_of(tmp_path, PET=series(Geometry(), **pet_elements(Units="PROPCPS")))
    reason, detail = refusal(case, "PET")
    assert reason == "suv-units"
    assert detail.startswith("PET: Units is PROPCPS")


def segmentation(place: float) -> Dataset:
    """A SEG of the CT that holds all pixels of one slice."""
    return seg(Geometry(), [(place, 1, np.ones((5, 6), bool))], names={1: "mass"})


def test_a_segmentation_lies_on_the_series_that_it_was_drawn_on(tmp_path):
    case = case_of(tmp_path, CT=CT, SEG=[segmentation(2)])
    volumes = ConvertSeries(rules=SeriesRules(), drawn={"SEG": "CT"})(LoadSeries(roles=("CT", "SEG"))(case))

    assert volumes["SEG"].data.shape == volumes["CT"].data.shape
    assert (volumes["SEG"].affine == volumes["CT"].affine).all()
    assert volumes["SEG"].data.sum(axis=(0, 1)).tolist() == [0, 0, 30, 0]
    assert volumes["SEG"].sidecar["reference_image"] == "CT"


def test_a_segmentation_of_another_series_is_not_taken(tmp_path):
    case = case_of(tmp_path, CT=CT, PET=series(Geometry(), series=2, **pet_elements()), SEG=[segmentation(2)])
    loaded = LoadSeries(roles=("CT", "PET", "SEG"))(case)

    with pytest.raises(Refused, match="none of the 1 segmentations of the SEG is drawn on the PET") as caught:
        ConvertSeries(rules=SeriesRules(), drawn={"SEG": "PET"})(loaded)
    assert caught.value.reason == "orphan"


def test_two_segmentations_of_one_series_are_not_chosen_between(tmp_path):
    case = case_of(tmp_path, CT=CT, SEG=[segmentation(2), segmentation(1)])

    with pytest.raises(Refused, match="2 segmentations are drawn on the CT") as caught:
        ConvertSeries(rules=SeriesRules(), drawn={"SEG": "CT"})(LoadSeries(roles=("CT", "SEG"))(case))
    assert caught.value.reason == "ambiguous-role"


def test_segments_that_overlap_are_no_one_image(tmp_path):
    pixels = np.ones((5, 6), bool)
    drawn = seg(Geometry(), [(1, 1, pixels), (1, 2, pixels)], names={1: "a", 2: "b"})

    with pytest.raises(Refused, match="segments of the SEG overlap") as caught:
        ConvertSeries(rules=SeriesRules(), drawn={"SEG": "CT"})(
            LoadSeries(roles=("CT", "SEG"))(case_of(tmp_path, CT=CT, SEG=[drawn]))
        )
    assert caught.value.reason == "several-images"


def test_a_role_that_may_be_missing(tmp_path):
    case = case_of(tmp_path, CT=CT)

    assert list(LoadSeries(roles=("CT", "SEG"), optional=frozenset(["SEG"]))(case)) == ["CT"]
