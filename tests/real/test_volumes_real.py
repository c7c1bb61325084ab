"""The experiment on volumes of one grid: studies of CT and PET, four MR sequences, hippocampi with labels."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from running import Run

from fuseflow.cases import read_cases
from fuseflow.files import read_json, read_table
from fuseflow.formats.canonical import sidecar_of

STUDY = ["CT", "CTres", "PET", "SEG", "SEG_CT", "SEG_CTres", "SUV"]
ON_PET = ["CTres", "SEG", "SEG_CTres", "SUV"]


@pytest.fixture(scope="module")
def volumes(tmp_path_factory, shared) -> Run:
    run = Run(tmp_path_factory.mktemp("volumes"), defaults={"mirror": str(shared / "data")})
    run.snakemake("--configfile", "config/experiments/volumes.yaml")
    return run


def cases_of(run, dataset, folder):
    return {case.id: case for case in read_cases(run.results / dataset / folder / "0of1" / "cases.tsv")}


def test_six_studies_of_five_patients(volumes):
    cases = cases_of(volumes, "soft-tissue-sarcoma", "resampled")

    assert list(cases) == ["STS_001", "STS_001_raw", "STS_024", "STS_025", "STS_031", "STS_050"]
    for case in cases.values():
        assert case.roles() == (["PET", "SEG", "SUV"] if case.id == "STS_001_raw" else STUDY)
    split = read_table(volumes.results / "soft-tissue-sarcoma" / "split" / "cases.tsv")
    both = {row["split"] for row in split if row["patient"] == "STS_001"}
    assert len(both) == 1


def test_everything_of_a_study_lies_on_the_grid_of_its_pet(volumes):
    for case in cases_of(volumes, "soft-tissue-sarcoma", "resampled").values():
        pet = nibabel.load(case.path("PET"))
        for role in set(ON_PET) & set(case.roles()):
            image = nibabel.load(case.path(role))
            assert image.shape == pet.shape
            np.testing.assert_allclose(image.affine, pet.affine, atol=1e-5)


def test_the_tumour_keeps_its_volume_from_grid_to_grid(volumes):
    for case in cases_of(volumes, "soft-tissue-sarcoma", "resampled").values():
        if "SEG_CTres" not in case.roles():
            continue
        [change] = read_json(sidecar_of(case.path("SEG_CTres")))["resampled"]["labels"]
        before, after = change["ml"]
        assert after == pytest.approx(before, rel=0.02)
        assert change["lost"] == []
        on_ct, on_pet = (np.asarray(nibabel.load(case.path(role)).dataobj) > 0 for role in ("SEG_CTres", "SEG"))
        dice = 2 * np.count_nonzero(on_ct & on_pet) / (np.count_nonzero(on_ct) + np.count_nonzero(on_pet))
        assert dice > 0.95


def test_four_sequences_lie_on_one_grid(volumes):
    [case] = cases_of(volumes, "brats-like", "resampled").values()

    images = [nibabel.load(case.path(role)) for role in ("T1", "T1c", "T2", "FLAIR", "BRAIN")]
    assert len({image.shape for image in images}) == 1
    for image in images:
        np.testing.assert_allclose(image.affine, images[1].affine, atol=1e-5)


def test_hippocampi_have_their_labels_and_one_scale(volumes):
    cases = cases_of(volumes, "msd-hippocampus-partial", "normalized")

    assert len(cases) == 260
    for case in list(cases.values())[::20]:
        assert set(np.unique(nibabel.load(case.path("SEG")).dataobj)) == {0, 1, 2}
        values = np.asarray(nibabel.load(case.path("MR")).dataobj, np.float64)
        assert abs(values.mean()) < 1e-5
        assert values.std() == pytest.approx(1, abs=1e-5)
    spacing = read_json(volumes.results / "msd-hippocampus-partial" / "resampled" / "spacing.json")
    assert spacing == {"images": 260, "rule": "nnunet", "spacing": [1.0, 1.0, 1.0]}


def test_every_case_has_a_picture_and_its_numbers(volumes):
    for dataset, count in (("soft-tissue-sarcoma", 6), ("brats-like", 1), ("msd-hippocampus-partial", 260)):
        cases = cases_of(volumes, dataset, "quality")
        assert len(cases) == count
        assert all(read_json(sidecar_of(case.path("QUALITY")))["volumes"] for case in cases.values())
    page = (volumes.results / "report" / "index.html").read_text()
    assert page.count('class="quality"') == 6 + 1 + 12
