"""The public sets, from a mirror: every listed file is there, and nothing else."""

from __future__ import annotations

import pytest

from fuseflow.acquire.raw import acquire
from fuseflow.cards import PROJECT, load_card


@pytest.mark.parametrize(
    ("dataset", "files"),
    [("harvard-ct-mri", 368), ("cddfuse-mri-ct", 42), ("cddfuse-mri-pet", 84), ("cddfuse-mri-spect", 146)],
)
def test_a_public_set_comes_whole_out_of_the_mirror(shared, tmp_path, dataset, files):
    card = load_card(dataset, [PROJECT / "config" / "datasets"])
    acquire(card, tmp_path / "raw", downloads=tmp_path / "downloads", mirror=str(shared / "data"))

    assert len([path for path in (tmp_path / "raw").rglob("*") if path.is_file()]) == files
    for role in card.roles.values():
        assert len(list((tmp_path / "raw").glob(role.files[0].replace("{case}", "*")))) == card.expect.cases
    assert not (tmp_path / "downloads").exists()


@pytest.mark.parametrize("modality", ["CT", "PET", "SPECT"])
def test_the_published_test_names_are_those_of_the_authors(shared, modality):
    card = load_card(f"harvard-{modality.lower()}-mri", [PROJECT / "config" / "datasets"])
    names = (shared / f"data/harvard-aanlib/splits/{modality}-MRI_test.txt").read_text().split()

    assert sorted(card.published_splits["authors"].test) == sorted(name.removesuffix(".png") for name in names)
