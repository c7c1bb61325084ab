"""No identity leaves the raw folder: the same for the texts in files of other formats, and for drawings on series."""

from __future__ import annotations

import shutil

import pytest
from planted_files import write_dicom, write_flat, write_volumes
from planting import Plants
from running import Run
from test_identity import SALT, convert

from fuseflow.cases import read_cases
from fuseflow.files import read_table

CARD = """\
title: Planted files
modality: [OT]
roles:
  MR: {files: ["{case}/nifti.nii.gz", "{case}/detached.mhd", "{case}/nrrd.nrrd", "{case}/tiff.tif"]}
stages: [convert]
ids: private
source: [{folder: files}]
access: open
licence: {name: ours, redistribute: true}
"""


def test_texts_of_files_and_elements_are_in_no_result(tmp_path):
    plants = Plants()
    (tmp_path / "in" / plants.text()).mkdir(parents=True)
    names = write_volumes(tmp_path / "in", plants) + write_flat(tmp_path / "in", plants)
    write_dicom(next(path for path in (tmp_path / "in").iterdir() if path.is_dir()), plants)

    printed = convert(tmp_path / "in", tmp_path / "out", "--salt", SALT)

    rows = read_table(tmp_path / "out" / "images.tsv")
    assert {row["id"] for row in rows if row["status"] == "accepted"} == {*names, "001", "002", "003", "004"}
    assert plants.found_below(tmp_path / "in")
    assert plants.found_below(tmp_path / "out") == {}
    assert plants.found_in(printed) == []


@pytest.mark.parametrize("name", ["nifti.nii.gz", "detached.mhd", "nrrd.nrrd", "tiff.tif"])
def test_names_of_private_files_are_in_no_result(tmp_path, name):
    plants = Plants()
    folder = tmp_path / "files" / plants.text()
    folder.mkdir(parents=True)
    write_volumes(folder, plants)
    write_flat(folder, plants)
    for path in folder.iterdir():
        if path.name not in (name, "voxels.raw"):
            path.unlink()
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "planted.yaml").write_text(CARD)
    run = Run(tmp_path, defaults={"cards": "[cards]", "datasets": "[planted]", "salt": SALT})

    printed = run.snakemake()

    [case] = read_cases(run.results / "planted" / "converted" / "0of1" / "cases.tsv")
    assert case.roles() == ["MR"]
    for kept in ("results", "logs"):
        assert plants.found_below(run.folder / kept) == {}
    assert plants.found_in(printed.encode()) == []
    shutil.rmtree(run.folder / "resources")
