"""Archives: what is unpacked, and what must not be."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.acquire import archive
from fuseflow.acquire.archive import safe_name, unpack
from fuseflow.errors import InputError

EVIL_NAMES = [
    "../a.png",
    "CT/../../a.png",
    "/etc/a.png",
    "C:/a.png",
    "c:a.png",
    "CT\\a.png",
    "..\\a.png",
    "a\nb.png",
    "..",
]


def write_zip(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in files:
            file.writestr(name, data)
    return path


def write_tar(path, files, mode="w"):
    with tarfile.open(path, mode) as file:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o4777
            file.addfile(info, io.BytesIO(data))
    return path


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def left_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_unpacked_whatever_its_compression(tmp_path, mode):
    path = write_tar(tmp_path / "a.tar", [("./CT/2.png", b"two"), ("./CT/1.png", b"one")], mode)

    assert unpack(path, tmp_path / "out", kind="tar") == ["CT/1.png", "CT/2.png"]
    assert (tmp_path / "out/CT/2.png").read_bytes() == b"two"


def test_mode_bits_of_the_archive_are_not_taken_over(tmp_path):
    path = write_tar(tmp_path / "a.tar", [("a.sh", b"#!/bin/sh")])
    unpack(path, tmp_path / "out", kind="tar")

    assert not (tmp_path / "out/a.sh").stat().st_mode & (stat.S_IXUSR | stat.S_ISUID)


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", EVIL_NAMES)
def test_names_that_lead_out_of_the_folder_are_refused_before_anything_is_written(tmp_path, kind, name):
    write = write_zip if kind == "zip" else write_tar
    path = write(tmp_path / "evil", [("good.png", b""), (name, b"evil")])

    with pytest.raises(InputError, match=r"not safe to unpack: the name .* is not a plain relative path"):
        unpack(path, tmp_path / "out", kind=kind)
    assert left_in(tmp_path) == [path]


def test_a_name_that_goes_on_after_a_nul_is_refused(tmp_path):
    data = write_zip(tmp_path / "a.zip", [("a.png_x", b"")]).read_bytes().replace(b"a.png_x", b"a.png\0x")
    (tmp_path / "a.zip").write_bytes(data)

    with pytest.raises(InputError, match="not a plain relative path"):
        unpack(tmp_path / "a.zip", tmp_path / "out", kind="zip")


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("ab./\\:\0C"), min_size=1, max_size=8))
def test_a_safe_name_stays_inside_and_is_stable(name):
    try:
        safe = safe_name(name)
    except InputError:
        return
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert safe_name(safe) == safe


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("CT")
        info.type, info.linkname = kind, "../outside"
        file.addfile(info)

    with pytest.raises(InputError, match="CT is a link or a device"):
        unpack(tmp_path / "a.tar", tmp_path / "out", kind="tar")


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("CT")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = write_zip(tmp_path / "a.zip", [(info, b"/etc")])

    with pytest.raises(InputError, match="CT is a link or a device"):
        unpack(path, tmp_path / "out", kind="zip")


def test_the_same_file_twice_is_refused(tmp_path):
    path = write_tar(tmp_path / "a.tar", [("CT/1.png", b"one"), ("./CT//1.png", b"other")])

    with pytest.raises(InputError, match=r"holds CT/1\.png twice"):
        unpack(path, tmp_path / "out", kind="tar")


def test_a_file_where_a_folder_must_be_is_an_error(tmp_path):
    path = write_tar(tmp_path / "a.tar", [("CT", b""), ("CT/1.png", b"")])

    with pytest.raises(InputError, match="could not be unpacked"):
        unpack(path, tmp_path / "out", kind="tar")


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("1.png", b"new")])
    (tmp_path / "1.png").write_bytes(b"old")

    with pytest.raises(InputError, match=r"could not be unpacked into .*File exists"):
        unpack(path, tmp_path, kind="zip")
    assert (tmp_path / "1.png").read_bytes() == b"old"


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_is_refused_by_its_declared_size(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archive, "FREE_BYTES", 10_000)
    zeros = [("0.raw", bytes(1_000_000))]
    path = write_zip(tmp_path / "a", zeros) if kind == "zip" else write_tar(tmp_path / "a", zeros, "w:gz")

    with pytest.raises(InputError, match="would grow to more than"):
        unpack(path, tmp_path / "out", kind=kind)
    assert not left_in(tmp_path / "out")


def test_a_zip_that_declares_less_than_it_holds_is_damaged(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("0.raw", bytes(1000))])
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 1000), struct.pack("<I", 10)))

    with pytest.raises(InputError, match="cannot be read as a zip file"):
        unpack(path, tmp_path / "out", kind="zip")
    assert all(file.stat().st_size <= 10 for file in left_in(tmp_path / "out"))


def test_the_ratio_does_not_matter_for_small_archives(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("0.raw", bytes(1_000_000))])

    assert unpack(path, tmp_path / "out", kind="zip") == ["0.raw"]


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    path = write_zip(tmp_path / "a.zip", [(f"{number}.png", b"") for number in range(3)])

    with pytest.raises(InputError, match="more than 2 files"):
        unpack(path, tmp_path / "out", kind="zip")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_what_is_no_archive_is_an_error(tmp_path, kind):
    (tmp_path / "a").write_text("<html>Not found</html>" * 100)

    with pytest.raises(InputError, match=f"cannot be read as a {kind} file"):
        unpack(tmp_path / "a", tmp_path / "out", kind=kind)


@pytest.mark.parametrize(("kind", "mode"), [("zip", ""), ("tar", "w"), ("tar", "w:gz"), ("tar", "w:xz")])
def test_an_archive_cut_short_is_an_error(tmp_path, kind, mode):
    files = [(f"{number}.raw", hashlib.shake_128(bytes([number])).digest(5000)) for number in range(4)]
    path = write_zip(tmp_path / "a", files) if kind == "zip" else write_tar(tmp_path / "a", files, mode)
    path.write_bytes(path.read_bytes()[:12_000])

    with pytest.raises(InputError, match="cannot be read as"):
        unpack(path, tmp_path / "out", kind=kind)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_of_a_listed_archive_exactly_the_listed_files_are_unpacked(tmp_path, kind):
    write = write_zip if kind == "zip" else write_tar
    path = write(tmp_path / "a", [("CT/1.png", b"one"), ("README", b"more"), ("../evil", b"not ours to judge")])

    assert unpack(path, tmp_path / "out", kind=kind, listed={"CT/1.png": sha256(b"one")}) == ["CT/1.png"]
    assert left_in(tmp_path / "out") == [tmp_path / "out/CT/1.png"]


def test_missing_files_are_counted_and_the_first_three_named(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("1.png", b"")])

    with pytest.raises(InputError, match=r"lacks 4 files \(2\.png, 3\.png, 4\.png, \.\.\.\) that the card lists"):
        unpack(path, tmp_path / "out", kind="zip", listed={f"{number}.png": sha256(b"") for number in range(1, 6)})


def test_different_files_are_named(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("1.png", b""), ("2.png", b"other")])

    with pytest.raises(InputError, match=r"has 1 file \(2\.png\) with another sha256"):
        unpack(path, tmp_path / "out", kind="zip", listed={"1.png": sha256(b""), "2.png": sha256(b"")})


def test_a_list_cannot_lead_out_of_the_folder_either(tmp_path):
    path = write_zip(tmp_path / "a.zip", [("../1.png", b"")])

    with pytest.raises(InputError, match="not a plain relative path"):
        unpack(path, tmp_path / "out", kind="zip", listed={"../1.png": sha256(b"")})
