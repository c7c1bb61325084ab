"""The index: cases and patients as the card's patterns say, and no file lost without a word."""

from __future__ import annotations

import pytest

from fuseflow.errors import InputError
from fuseflow.files import sha256_of_bytes
from fuseflow.index import Index, list_files, raw_path

ROLES = {"CT": "*/CT-MRI/CT/{case}.png", "MR": "*/CT-MRI/MRI/{case}.png"}


@pytest.fixture
def raw(tmp_path):
    for name in ("CT/2004", "MRI/2004", "CT/16003", "MRI/16003", "MRI/2005", "CT/notes"):
        path = tmp_path / "raw" / "top" / "CT-MRI" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "raw" / "README").touch()
    return tmp_path / "raw"


def test_aanlib_names_are_case_number_and_slice(raw):
    cases = Index(roles=ROLES, patient="{patient}{slice:3d}", public_ids=True)(raw)

    assert {case.id: case.patient for case in cases} == {"2004": "2", "16003": "16", "2005": "2", "notes": ""}


def test_files_are_found_by_role_and_hashed(raw):
    [case] = [case for case in Index(roles=ROLES, public_ids=True)(raw) if case.id == "2004"]

    assert case.roles() == ["CT", "MR"]
    assert case.file("MR").path == "top/CT-MRI/MRI/2004.png"
    assert case.file("CT").sha256 == sha256_of_bytes(b"CT/2004")


def test_private_ids_appear_nowhere(raw):
    cases = Index(roles=ROLES, patient="{patient}{slice:3d}", salt="s")(raw)

    text = repr([(case.id, case.patient, case.files) for case in cases])
    assert not any(name in text for name in ("2004", "16003", "CT-MRI"))
    assert len({case.patient for case in cases}) == 3
    listing = list_files(raw)
    for case in cases:
        for file in case.files:
            assert sha256_of_bytes(raw_path(raw, file.path, listing).read_bytes()) == file.sha256


def test_another_salt_gives_other_pseudonyms(raw):
    first, second = ({case.id for case in Index(roles=ROLES, salt=salt)(raw)} for salt in ("a", "b"))

    assert not first & second


def test_a_limit_keeps_the_same_cases_whatever_else_is_there(raw):
    every = {case.id for case in Index(roles=ROLES, public_ids=True)(raw)}
    kept = {case.id for case in Index(roles=ROLES, public_ids=True, limit=2)(raw)}
    for path in raw.rglob(f"{sorted(every - kept)[0]}.png"):
        path.unlink()

    assert len(kept) == 2
    assert {case.id for case in Index(roles=ROLES, public_ids=True, limit=2)(raw)} == kept


def test_a_name_that_cannot_be_a_file_name_gets_another_and_no_patient(tmp_path):
    (tmp_path / "a b.png").touch()

    [case] = Index(roles={"CT": "{case}.png"}, public_ids=True)(tmp_path)

    assert case.id.startswith("unnamed-")
    assert case.patient == ""


def test_a_stratum_comes_from_the_path(tmp_path):
    (tmp_path / "lesion").mkdir()
    (tmp_path / "lesion" / "1.png").touch()

    [case] = Index(roles={"CT": "{stratum}/{case}.png"}, public_ids=True)(tmp_path)

    assert case.stratum == "lesion"


def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret.png").touch()
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "link.png").symlink_to(tmp_path / "secret.png")

    assert list_files(raw) == []


def test_no_fitting_file_is_an_error(raw):
    with pytest.raises(InputError, match=r"none of the 7 files .* fits"):
        Index(roles={"CT": "{case}.dcm"})(raw)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Index(roles=ROLES)(tmp_path / "none")


def test_a_stratum_may_stand_in_one_role_only(tmp_path):
    for path in ("lesion/CT/1.png", "MR/1.png"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()

    [case] = Index(roles={"CT": "{stratum}/CT/{case}.png", "MR": "MR/{case}.png"}, public_ids=True)(tmp_path)

    assert case.stratum == "lesion"


def test_a_case_in_two_strata_is_an_error(tmp_path):
    for path in ("a/CT/1.png", "b/MR/1.png"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()

    with pytest.raises(InputError, match=r"case 1 lie in several strata \(a, b\)"):
        Index(roles={"CT": "{stratum}/CT/{case}.png", "MR": "{stratum}/MR/{case}.png"}, public_ids=True)(tmp_path)


def test_files_that_fit_no_pattern_are_counted(raw, caplog):
    Index(roles=ROLES, public_ids=True)(raw)

    assert "1 of 7 files fit no pattern" in caplog.text
