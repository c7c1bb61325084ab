"""The index: cases and patients as the card's patterns say, and no file lost without a word."""

from __future__ import annotations

import errno
import os

import pytest

from fuseflow import index
from fuseflow.cases import read_cases, write_cases
from fuseflow.errors import InputError
from fuseflow.files import sha256_of_bytes
from fuseflow.index import Index, list_files, raw_path

ROLES = {"CT": ("*/CT-MRI/CT/{case}.png",), "MR": ("*/CT-MRI/MRI/{case}.png",)}


@pytest.fixture
def raw(tmp_path):
    for name in ("CT/2004", "MRI/2004", "CT/16003", "MRI/16003", "MRI/2005", "CT/notes"):
        path = tmp_path / "raw" / "top" / "CT-MRI" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "raw" / "README").touch()
    return tmp_path / "raw"


def test_aanlib_names_are_case_number_and_slice(raw):
    cases = Index(roles=ROLES, patient=("{patient}{slice:3d}",), public_ids=True)(raw).cases

    assert {case.id: case.patient for case in cases} == {"2004": "2", "16003": "16", "2005": "2", "notes": ""}


def test_files_are_found_by_role_and_hashed(raw):
    [case] = [case for case in Index(roles=ROLES, public_ids=True)(raw).cases if case.id == "2004"]

    assert case.roles() == ["CT", "MR"]
    assert case.file("MR").path == "top/CT-MRI/MRI/2004.png"
    assert case.file("CT").sha256 == sha256_of_bytes(b"CT/2004")


def test_private_ids_appear_nowhere(raw):
    cases = Index(roles=ROLES, patient=("{patient}{slice:3d}",), salt="s")(raw).cases

    text = repr([(case.id, case.patient, case.files) for case in cases])
    assert not any(name in text for name in ("2004", "16003", "CT-MRI"))
    assert len({case.patient for case in cases}) == 3
    listing = list_files(raw)
    for case in cases:
        for file in case.files:
            assert sha256_of_bytes(raw_path(raw, file.path, listing).read_bytes()) == file.sha256


def test_another_salt_gives_other_pseudonyms(raw):
    first, second = ({case.id for case in Index(roles=ROLES, salt=salt)(raw).cases} for salt in ("a", "b"))

    assert not first & second


def test_a_limit_keeps_the_same_cases_whatever_else_is_there(raw):
    every = {case.id for case in Index(roles=ROLES, public_ids=True)(raw).cases}
    kept = {case.id for case in Index(roles=ROLES, public_ids=True, limit=2)(raw).cases}
    for path in raw.rglob(f"{sorted(every - kept)[0]}.png"):
        path.unlink()

    assert len(kept) == 2
    assert {case.id for case in Index(roles=ROLES, public_ids=True, limit=2)(raw).cases} == kept


def test_a_name_that_cannot_be_a_file_name_gets_another_and_no_patient(tmp_path):
    (tmp_path / "a b.png").touch()

    [case] = Index(roles={"CT": ("{case}.png",)}, public_ids=True)(tmp_path).cases

    assert case.id.startswith("unnamed-")
    assert case.patient == ""


def test_a_stratum_comes_from_the_path(tmp_path):
    (tmp_path / "lesion").mkdir()
    (tmp_path / "lesion" / "1.png").touch()

    [case] = Index(roles={"CT": ("{stratum}/{case}.png",)}, public_ids=True)(tmp_path).cases

    assert case.stratum == "lesion"


def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret.png").touch()
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "link.png").symlink_to(tmp_path / "secret.png")

    assert list_files(raw) == []


def test_pipes_are_not_listed(tmp_path):
    (tmp_path / "a.png").touch()
    os.mkfifo(tmp_path / "b.png")

    assert list_files(tmp_path) == ["a.png"]


def refuse(*_arguments, **_named):
    raise PermissionError(errno.EACCES, "Permission denied", "the name of a patient")


def test_a_folder_that_cannot_be_read_is_an_error_without_its_name(raw, monkeypatch):
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (refuse if str(folder).endswith("MRI") else scan)(folder))

    with pytest.raises(InputError, match=r"something in .*raw cannot be read \(Permission denied\); find it with"):
        list_files(raw)


def test_a_file_that_cannot_be_read_is_an_error_without_its_name(raw, monkeypatch):
    monkeypatch.setattr(index, "hash_of_file", refuse)

    with pytest.raises(InputError, match=r"something in .*raw cannot be read \(Permission denied\); find it with"):
        Index(roles=ROLES, public_ids=True)(raw)


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("name", [b"a\xff.png", b"#1", b"a\nb.png"])
def test_a_path_that_a_table_cannot_hold_becomes_a_number(tmp_path, name, public):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "0").write_bytes(b"other")
    (raw / os.fsdecode(name)).write_bytes(b"this")
    cases = Index(roles={"CT": ("{case}",)}, public_ids=public, salt="s")(raw).cases
    write_cases(tmp_path / "cases.tsv", cases)

    [file] = [
        case.file("CT")
        for case in read_cases(tmp_path / "cases.tsv")
        if case.file("CT").sha256 == sha256_of_bytes(b"this")
    ]

    assert raw_path(raw, file.path, list_files(raw)).read_bytes() == b"this"


def test_a_path_may_begin_with_a_hash_sign(tmp_path):
    assert raw_path(tmp_path, "#1/a.png") == tmp_path / "#1/a.png"


@pytest.mark.parametrize(
    ("path", "words"), [("#2", "which has 2 files"), ("CT/../../x", "leads out of the raw folder")]
)
def test_paths_that_name_no_raw_file_are_errors(tmp_path, path, words):
    with pytest.raises(InputError, match=words):
        raw_path(tmp_path, path, ["a.png", "b.png"])


def test_a_stratum_must_be_plain_text(tmp_path):
    folder = tmp_path / os.fsdecode(b"a\xff")
    folder.mkdir()
    (folder / "1.png").touch()

    with pytest.raises(InputError, match=r"the stratum 'a\\udcff' of case 1 is not plain text"):
        Index(roles={"CT": ("{stratum}/{case}.png",)}, public_ids=True)(tmp_path)


@pytest.mark.parametrize(
    ("roles", "patient", "field"), [({"CT": ("CT/x.png",)}, ("{patient}",), "case"), (ROLES, ("{x}",), "patient")]
)
def test_patterns_without_their_field_are_named(raw, roles, patient, field):
    with pytest.raises(InputError, match=rf"has no field \{{{field}\}}"):
        Index(roles=roles, patient=patient, public_ids=True)(raw)


def test_no_fitting_file_is_an_error(raw):
    with pytest.raises(InputError, match=r"none of the 7 files .* fits"):
        Index(roles={"CT": ("{case}.dcm",)})(raw)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Index(roles=ROLES)(tmp_path / "none")


def test_a_stratum_may_stand_in_one_role_only(tmp_path):
    for path in ("lesion/CT/1.png", "MR/1.png"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()

    [case] = Index(roles={"CT": ("{stratum}/CT/{case}.png",), "MR": ("MR/{case}.png",)}, public_ids=True)(
        tmp_path
    ).cases

    assert case.stratum == "lesion"


def test_a_case_in_two_strata_is_an_error(tmp_path):
    for path in ("a/CT/1.png", "b/MR/1.png"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()

    with pytest.raises(InputError, match=r"case 1 lie in several strata \(a, b\)"):
        Index(roles={"CT": ("{stratum}/CT/{case}.png",), "MR": ("{stratum}/MR/{case}.png",)}, public_ids=True)(tmp_path)


def test_files_that_fit_no_pattern_are_counted(raw, caplog):
    survey = Index(roles=ROLES, public_ids=True)(raw)

    assert "1 of 7 files fit no role" in caplog.text
    assert (survey.files, survey.left_out) == (7, 1)


def test_a_file_that_two_roles_claim_is_counted_once(tmp_path):
    for name in ("a.png", "b.txt"):
        (tmp_path / name).touch()

    survey = Index(roles={"CT": ("{case}.png",), "MR": ("{case}.png",)}, public_ids=True)(tmp_path)

    assert (survey.files, survey.left_out) == (2, 1)


def test_the_first_pattern_that_fits_counts(tmp_path):
    for name in ("a/00000001_002.png", "b/other.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())
    roles, patient = {"CXR": ("a/{case}.png", "b/{case}.jpg")}, ("{patient:8d}_{n:3d}", "{patient}")

    cases = Index(roles=roles, patient=patient, public_ids=True)(tmp_path).cases

    assert [(case.id, case.patient) for case in cases] == [("00000001_002", "00000001"), ("other", "other")]


def test_data_files_belong_to_the_image_whose_header_names_them(tmp_path):
    header = (
        "NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\nElementDataFile = shared.raw\n"
    )
    for name in ("one", "two"):
        (tmp_path / f"{name}.mhd").write_text(header)
    (tmp_path / "shared.raw").write_bytes(b"x")

    survey = Index(roles={"MR": ("{case}.mhd",)}, public_ids=True)(tmp_path)

    assert [[file.path for file in case.files] for case in survey.cases] == [
        ["one.mhd", "shared.raw"],
        ["shared.raw", "two.mhd"],
    ]
    assert survey.left_out == 0
