"""The experiment on volumes and flat images of every format: every case converted, or refused with its reason."""

from __future__ import annotations

from collections import Counter

import nibabel
import numpy as np
import pytest
from running import Run

from fuseflow.cases import read_cases, read_refused
from fuseflow.files import read_json, read_table
from fuseflow.formats.canonical import sidecar_of

COUNTS = {
    "brats-like": (1, 5, {}),
    "chest-xray-samples": (68, 69, {}),
    "ead2019-samples": (6, 11, {}),
    "metaimage-samples": (
        12,
        14,
        {
            "colour": 2,
            "constant": 8,
            "outside-path": 1,
            "unreadable": 6,
            "unsafe-name": 1,
            "unsupported-dimensions": 1,
            "unsupported-pixels": 1,
        },
    ),
    "msd-hippocampus-dirty": (6, 12, {"apple-double": 1, "orphan": 3}),
    "msd-hippocampus-partial": (260, 520, {}),
    "mura-samples": (7, 7, {}),
}
"""Cases and images that are converted, and why others are not."""


@pytest.fixture(scope="module")
def formats(tmp_path_factory, shared) -> Run:
    run = Run(tmp_path_factory.mktemp("formats"), defaults={"mirror": str(shared / "data")})
    run.snakemake("--configfile", "config/experiments/formats.yaml")
    return run


def converted(run, dataset):
    return run.results / dataset / "converted" / "0of1"


@pytest.mark.parametrize("dataset", COUNTS)
def test_every_case_is_converted_or_refused_by_name(formats, dataset):
    cases = read_cases(converted(formats, dataset) / "cases.tsv")
    refused = read_refused(converted(formats, dataset) / "refused.tsv")

    found = (len(cases), sum(len(case.files) for case in cases), Counter(row.reason for row in refused))
    assert found == COUNTS[dataset]
    indexed = read_table(formats.results / dataset / "index" / "0of1.tsv")
    assert {row["case"] for row in indexed} == {case.id for case in cases} | {row.case for row in refused}


def test_the_dirt_of_a_download_is_refused_by_name(formats):
    refused = read_refused(converted(formats, "msd-hippocampus-dirty") / "refused.tsv")

    assert {row.case for row in refused if row.reason == "orphan"} == {
        f"hippocampus_{number}" for number in ("010", "118", "281")
    }
    [metadata] = [row for row in refused if row.reason == "apple-double"]
    assert "imagesTr/._hippocampus_148.nii.gz" in metadata.detail


def test_images_and_labels_share_a_grid_and_labels_are_whole_numbers(formats):
    for case in read_cases(converted(formats, "msd-hippocampus-partial") / "cases.tsv"):
        image, labels = (nibabel.load(case.path(role)) for role in ("MR", "SEG"))
        assert image.shape == labels.shape
        np.testing.assert_allclose(image.affine, labels.affine, atol=1e-5)
        assert labels.get_data_dtype() == np.uint8
        assert set(np.unique(labels.dataobj)) == {0, 1, 2}


def test_four_sequences_of_a_glioma_and_the_mask_of_the_brain(formats):
    [case] = read_cases(converted(formats, "brats-like") / "cases.tsv")

    assert (case.id, case.roles()) == ("TCGA-FG-6692", ["BRAIN", "FLAIR", "T1", "T1c", "T2"])
    images = {role: nibabel.load(case.path(role)) for role in case.roles()}
    for image in images.values():
        assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    assert images["BRAIN"].get_data_dtype() == np.uint8
    assert set(np.unique(images["BRAIN"].dataobj)) == {0, 1}


def test_sidecars_of_flat_images_say_what_the_files_were(formats):
    def sidecars(dataset, role):
        cases = read_cases(converted(formats, dataset) / "cases.tsv")
        return [read_json(sidecar_of(case.path(role))) for case in cases if role in case.roles()]

    radiographs = sidecars("chest-xray-samples", "CR")
    assert Counter(sidecar["format"] for sidecar in radiographs) == {"PNG": 5, "JPEG": 2, "DICOM": 2}
    assert {sidecar["photometric"] for sidecar in radiographs if sidecar["format"] == "DICOM"} <= {
        "MONOCHROME1",
        "MONOCHROME2",
    }
    # one of the frames is a PNG, whatever its name says
    frames = sidecars("ead2019-samples", "ES")
    assert Counter((sidecar["format"], sidecar["lossy"]) for sidecar in frames) == {
        ("JPEG", True): 5,
        ("PNG", False): 1,
    }
    assert [sidecar["page"] for sidecar in sidecars("ead2019-samples", "MASK3")] == [[3, 5]]
