from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fuseflow.errors import InputError
from fuseflow.files import hash_of_file
from fuseflow.formats.png import read_png_file
from fuseflow.synthesize.generator import Generator, Patient
from fuseflow.synthesize.random_streams import random_stream
from fuseflow.synthesize.registry import GENERATORS
from fuseflow.synthesize.tree import write_tree

ELLIPSES = GENERATORS.load("ellipses")


def digests(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_of_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic") / "raw"
    write_tree(ELLIPSES, seed=1, patients=3, slices=2, output=folder)
    return folder


def test_names_are_stratum_role_patient_and_three_digit_slice(tree: Path) -> None:
    cases = [("normal", "1001"), ("normal", "1002"), ("lesion", "2001"), ("lesion", "2002")]
    cases += [("normal", "3001"), ("normal", "3002")]
    expected = {f"{stratum}/{role}/{case}.png" for stratum, case in cases for role in ("CT", "MR")}
    assert set(digests(tree)) == expected | {"truth.json"}


def test_images_are_8_bit_grey_and_none_is_equal_to_another_or_constant(tree: Path) -> None:
    images = [read_png_file(path) for path in tree.rglob("*.png")]
    assert {(image.shape, image.dtype.name) for image in images} == {((256, 256), "uint8")}
    assert len({image.tobytes() for image in images}) == len(images) == 12
    assert all(image.min() < image.max() for image in images)


def test_the_same_arguments_give_the_same_bytes_and_another_seed_other_images(tree: Path, tmp_path: Path) -> None:
    for name, seed in (("same", 1), ("other", 2)):
        write_tree(ELLIPSES, seed=seed, patients=3, slices=2, output=tmp_path / name)
    assert digests(tmp_path / "same") == digests(tree)
    assert not set(digests(tmp_path / "other").values()) & set(digests(tree).values())


def test_a_patient_does_not_depend_on_how_many_there_are(tree: Path, tmp_path: Path) -> None:
    write_tree(ELLIPSES, seed=1, patients=2, slices=2, output=tmp_path / "fewer")
    fewer = digests(tmp_path / "fewer")
    del fewer["truth.json"]
    assert fewer.items() <= digests(tree).items()


def test_every_image_can_be_rendered_again_from_the_truth(tree: Path) -> None:
    text = (tree / "truth.json").read_text(encoding="utf-8")
    truth = json.loads(text)
    assert text == json.dumps(truth, indent=2, sort_keys=True) + "\n"
    for number, patient in truth["patients"].items():
        for role in ("CT", "MR"):
            noise = random_stream(master=truth["seed"], kind=truth["generator"], patient=int(number), modality=role)
            again = ELLIPSES.render(patient["anatomy"], role, truth["slices"], noise)
            for index, image in enumerate(again, start=1):
                written = read_png_file(tree / patient["stratum"] / role / f"{number}{index:03d}.png")
                np.testing.assert_array_equal(written, image)


@pytest.mark.parametrize(
    ("patients", "slices", "sentence"),
    [(0, 1, "number of patients is 0"), (1, 0, "number of slices is 0"), (1, 1000, "give 1 to 999")],
)
def test_numbers_out_of_range_are_wrong_usage(patients: int, slices: int, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sentence):
        write_tree(ELLIPSES, seed=1, patients=patients, slices=slices, output=tmp_path / "raw")
    assert not any(tmp_path.iterdir())


def test_a_folder_with_files_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(f"{tmp_path} is there already")):
        write_tree(ELLIPSES, seed=1, patients=1, slices=1, output=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    write_tree(ELLIPSES, seed=1, patients=1, slices=1, output=folder)
    assert len(digests(folder)) == 3


def test_nothing_is_left_behind_when_a_generator_fails(tmp_path: Path) -> None:
    def fail_for_mr(anatomy: object, role: str, slices: int, noise: object) -> npt.NDArray[np.uint8]:
        if role == "MR":
            raise RuntimeError("no coil")
        return np.zeros((slices, 2, 2), np.uint8)

    def draw_nothing(stream: object, number: int) -> Patient:
        return Patient(stratum="normal", anatomy={})

    broken = Generator(
        name="broken",
        title="",
        roles=("CT", "MR"),
        draw=draw_nothing,
        render=fail_for_mr,
    )
    with pytest.raises(RuntimeError, match="no coil"):
        write_tree(broken, seed=1, patients=1, slices=1, output=tmp_path / "raw")
    assert not any(tmp_path.iterdir())
