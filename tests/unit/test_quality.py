"""The quality of a case: which volumes are shown, and the numbers beside the picture."""

import json
from dataclasses import replace

import numpy as np
import pytest
from volume_programs import everything_in, program, ramp, write_table

from fuseflow import quality
from fuseflow.cases import read_cases, read_refused
from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.layout import QUALITY
from fuseflow.quality import Quality
from fuseflow.resample import Resample

SHAPE = (12, 12, 12)


def image(modality="MR", **options):
    return ramp(**{"shape": SHAPE, "spacing": (1, 1, 1), "modality": modality, **options})


def labels():
    data = np.zeros((24, 24, 24), np.uint8)
    data[4:12, 4:12, 4:12] = 1
    # of one voxel on a grid that is made twice as coarse, nothing is left
    data[20, 20, 20] = 1
    return replace(image(shape=(24, 24, 24), spacing=(0.5, 0.5, 0.5), origin=(-0.25, -0.25, -0.25)), data=data)


def study():
    volumes = {"CT": image("CT", spacing=(0.5, 0.5, 0.5)), "PET": image("PT"), "SEG": labels()}
    return Resample(reference="PET", labels=("SEG",), keep=("CT",))(volumes)


@pytest.fixture
def shown(monkeypatch):
    """What a picture was made of, in order."""
    found = {}

    def picture(volumes, *, labels):
        found.update(volumes=list(volumes), labels=list(labels))
        return np.zeros((2, 3, 3), np.uint8)

    monkeypatch.setattr(quality, "quality_picture", picture)
    return found


def test_volumes_on_the_grid_are_shown_the_anatomy_first(shown):
    Quality(reference="PET", labels=("SEG",))(study())
    assert shown == {"volumes": ["CTres", "PET"], "labels": ["SEG"]}


def test_the_reference_comes_before_others_of_its_kind(shown):
    Quality(reference="T1c")({"FLAIR": image(), "T1": image(), "T1c": image()})
    assert shown["volumes"] == ["T1c", "FLAIR", "T1"]


def test_of_pet_volumes_the_one_in_suv_is_shown(shown):
    Quality()({"CT": image("CT"), "PET": image("PT"), "SUV": image("PT")})
    assert shown["volumes"] == ["CT", "SUV"]


def test_labels_that_were_resampled_are_labels_too(shown):
    volumes = Resample(reference="MR", labels=("SEG",), keep=("SEG",))({"MR": image(), "SEG": labels()})
    Quality(labels=("SEG",))(volumes)
    assert shown == {"volumes": ["MR"], "labels": ["SEGres"]}


def test_no_more_than_four_volumes_are_shown(shown):
    Quality()({f"T{number}": image() for number in range(6)})
    assert shown["volumes"] == ["T0", "T1", "T2", "T3"]


def test_numbers_of_every_volume():
    found = Quality(reference="PET", labels=("SEG",))(study())[QUALITY]
    json.dumps(found.sidecar, allow_nan=False)
    rows = {row["role"]: row for row in found.sidecar["volumes"]}
    assert list(rows) == ["CT", "CTres", "PET", "SEG"]
    assert (rows["CT"]["shape"], rows["CT"]["spacing"], rows["CT"]["overlap"]) == ([12, 12, 12], [0.5] * 3, None)
    assert rows["PET"]["range"] == [0, 12**3 - 1]
    # of the eight octants, one lies in the field of the CT
    assert rows["CTres"]["overlap"] == pytest.approx(1 / 8)
    assert rows["CTres"]["range"][0] == -1024
    (change,) = rows["SEG"]["labels"]
    assert change == pytest.approx({"label": 1, "ml_before": (8**3 + 1) / 8000, "ml_after": 4**3 / 1000, "lost": 1})


def test_a_range_is_that_of_finite_values():
    volume = image()
    volume.data[0, 0, 0], volume.data[5, 5, 5] = np.nan, np.inf
    (row,) = Quality()({"MR": volume})[QUALITY].sidecar["volumes"]
    assert row["range"] == [1, 12**3 - 1]


def test_cases_that_cannot_be_shown():
    nothing = replace(image(), data=np.full(SHAPE, np.nan))
    for volumes, reference, reason in (
        ({"SEG": image()}, None, "orphan"),
        ({"CT": image()}, "PET", "orphan"),
        ({}, None, "orphan"),
        ({"CT": image(), "MR": nothing}, None, "not-finite"),
    ):
        with pytest.raises(Refused) as caught:
            Quality(reference=reference, labels=("SEG",))(volumes)
        assert caught.value.reason == reason


def test_the_program_makes_a_picture_per_case(tmp_path):
    run = program("quality")
    flat = FlatImage(pixels=np.zeros((4, 5), np.uint8))
    table = write_table(tmp_path / "in", {"1": study(), "2": {"CT": image()}, "3": study(), "4": {"PET": flat}})
    arguments = ["--cases", table, "--reference-role", "PET", "--labels", "SEG"]
    assert run(*arguments, "--output", tmp_path / "one") == 0
    assert run(*arguments, "--output", tmp_path / "two", "--workers", 2) == 0
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "two")
    cases = read_cases(tmp_path / "one" / "cases.tsv")
    assert {case.id: case.roles() for case in cases} == {"1": [QUALITY], "3": [QUALITY]}
    refused = {row.case: row.reason for row in read_refused(tmp_path / "one" / "refused.tsv")}
    assert refused == {"2": "orphan", "4": "no-geometry"}


def test_wrong_use_of_the_program(tmp_path, capsys):
    run = program("quality")
    assert run("--output", tmp_path / "out") == 2
    assert "--cases is needed" in capsys.readouterr().err
    assert run("--cases", tmp_path / "none.tsv", "--output", tmp_path / "out") == 2
    assert "does not exist" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
