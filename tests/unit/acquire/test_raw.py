"""The raw folder: from the mirror, the web or a local folder, verified, whole or not there at all."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal

import pytest

from fuseflow.acquire import archive
from fuseflow.acquire.download import Retry
from fuseflow.acquire.raw import acquire
from fuseflow.errors import InputError

FILES = {"top/CT/1.png": b"one", "top/CT/2.png": b"two"}
URL = "http://127.0.0.1:1/a.zip"
ONCE = Retry(attempts=1)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "resources" / "toy" / "raw"


@pytest.fixture
def get(raw, tmp_path, monkeypatch):
    """Acquire a card; afterwards there is the whole raw folder and nothing beside it, or nothing at all."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(card, *, mirror=None):
        try:
            acquire(card, raw, downloads=tmp_path / "resources/.downloads", mirror=mirror, retry=ONCE)
        finally:
            assert {path.name for path in raw.parent.glob("*")} <= {"raw"}
        return tree(raw)

    return run


@pytest.fixture
def listed_card(make_card):
    """A zip whose own hash is not known, only those of its files."""

    def make(url):
        return make_card(f"[{{url: '{url}', mirror: sub/a.zip, verify: toy.sha256, unpack: zip}}]", listed=FILES)

    return make


@pytest.fixture
def mirror(tmp_path, make_zip):
    (tmp_path / "mirror/sub").mkdir(parents=True)
    (tmp_path / "mirror/sub/a.zip").write_bytes(make_zip(FILES))
    return tmp_path / "mirror"


def test_a_mirrored_file_is_read_in_place(get, listed_card, mirror, tmp_path):
    assert get(listed_card(URL), mirror=str(mirror)) == FILES
    assert not (tmp_path / "resources/.downloads").exists()


def test_a_mirror_may_be_a_base_url(server, get, listed_card, make_zip):
    server.files["/base/sub/a.zip"] = make_zip(FILES)

    assert get(listed_card(URL), mirror=f"{server.url}/base/") == FILES


def test_the_scheme_of_a_mirror_may_be_in_capitals(server, get, listed_card, make_zip):
    server.files["/base/sub/a.zip"] = make_zip(FILES)

    assert get(listed_card(URL), mirror=f"{server.url}/base".replace("http", "HTTP")) == FILES


def test_a_mirror_that_is_no_folder_is_an_error_at_once(server, get, listed_card, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match=f"the mirror {tmp_path}/typo is no folder"):
        get(listed_card(f"{server.url}/a.zip"), mirror="typo")
    assert server.asked == []


def test_what_went_wrong_at_every_place_is_told(get, listed_card, mirror):
    (mirror / "sub/a.zip").write_bytes(b"half")

    with pytest.raises(InputError, match=r"sub/a\.zip cannot be read as a zip file.*; .*the server cannot be reached"):
        get(listed_card(URL), mirror=str(mirror))


def test_what_a_mirror_lacks_comes_from_the_source(server, get, listed_card, tmp_path, make_zip, caplog):
    (tmp_path / "empty").mkdir()
    server.files["/a.zip"] = make_zip({**FILES, "top/README": b"more than the card lists"})

    assert get(listed_card(f"{server.url}/a.zip"), mirror=str(tmp_path / "empty")) == FILES
    assert f"the mirror has no {tmp_path}/empty/sub/a.zip; trying http" in caplog.text


def test_a_wrong_file_in_the_mirror_is_never_used_silently(server, get, listed_card, mirror, make_zip, caplog):
    (mirror / "sub/a.zip").write_bytes(make_zip({**FILES, "top/CT/2.png": b"other"}))
    server.files["/a.zip"] = make_zip(FILES)

    assert get(listed_card(f"{server.url}/a.zip"), mirror=str(mirror)) == FILES
    assert "1 file (top/CT/2.png) with another sha256 than the card lists; trying http" in caplog.text


def test_a_mirrored_file_is_held_to_the_hash_of_the_card(server, get, make_card, mirror):
    card = make_card(f"[{{url: '{URL}', mirror: sub/a.zip, sha256: '{'0' * 64}', unpack: zip}}]")

    with pytest.raises(InputError, match="the server cannot be reached"):
        get(card, mirror=str(mirror))


def test_a_wrong_file_from_the_web_is_not_kept(server, get, listed_card, make_zip):
    server.files["/a.zip"] = b"<html>"
    with pytest.raises(InputError, match=r"cannot be read as a zip file"):
        get(listed_card(f"{server.url}/a.zip"))
    server.files["/a.zip"] = make_zip(FILES)

    assert get(listed_card(f"{server.url}/a.zip")) == FILES


def test_data_sets_that_share_an_archive_load_it_once(server, get, raw, listed_card, tmp_path, make_zip):
    server.files["/a.zip"] = make_zip(FILES)
    card = listed_card(f"{server.url}/a.zip")
    get(card)
    acquire(card, tmp_path / "other", downloads=tmp_path / "resources/.downloads", retry=ONCE)

    assert tree(tmp_path / "other") == FILES
    assert len(server.asked) == 1


def test_without_a_network_the_message_says_what_to_do(get, listed_card):
    with pytest.raises(InputError) as caught:
        get(listed_card(URL))
    assert str(caught.value) == (
        f"{URL} could not be downloaded (the server cannot be reached); start again later, "
        "or put the file at MIRROR/sub/a.zip and give --mirror MIRROR"
    )


def test_a_file_that_is_no_archive_is_taken_as_it_is(server, get, make_card):
    server.files["/files/a%20b.npz?download=1"] = b"numbers"
    url = f"{server.url}/files/a%20b.npz?download=1"

    card = make_card(f"[{{url: '{url}', sha256: {hashlib.sha256(b'numbers').hexdigest()}, unpack: none}}]")
    assert get(card) == {"a b.npz": b"numbers"}


@pytest.mark.parametrize(
    ("access", "words"), [("form", "filling in a form"), ("login", "logging in"), ("manual", "by hand")]
)
def test_what_is_not_open_is_never_asked_for(server, get, make_card, access, words):
    card = make_card(f"[{{url: '{server.url}/a.zip', mirror: a.zip, md5: '{'0' * 32}', unpack: zip}}]", access=access)

    with pytest.raises(InputError, match=f"only be had .*{words}.* get it from .* put the file at MIRROR/a.zip"):
        get(card)
    assert server.asked == []


def test_what_is_not_open_may_lie_in_the_mirror(get, make_card, mirror, make_zip):
    sha256 = hashlib.sha256(make_zip(FILES)).hexdigest()
    (mirror / "a.zip").write_bytes(make_zip(FILES))
    card = make_card(f"[{{url: '{URL}', mirror: a.zip, sha256: {sha256}, unpack: zip}}]", access="login")

    assert get(card, mirror=str(mirror)) == FILES


def test_a_local_folder_is_relative_to_the_working_directory(get, make_card, tmp_path, monkeypatch):
    (tmp_path / "mine/CT").mkdir(parents=True)
    (tmp_path / "mine/CT/1.png").write_bytes(b"one")
    monkeypatch.chdir(tmp_path)

    assert get(make_card("[{folder: mine}]")) == {"CT/1.png": b"one"}


def test_a_missing_local_folder_is_an_error(get, make_card):
    with pytest.raises(InputError, match="toy: the folder mine does not exist; put the data set's files there"):
        get(make_card("[{folder: mine}]"))


def test_several_sources_share_the_raw_folder_but_no_file(get, make_card, tmp_path, monkeypatch):
    for name, file in (("a", "1.png"), ("b", "2.png"), ("c", "1.png")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match="two sources of the card hold a file of the same name"):
        get(make_card("[{folder: a}, {folder: c}]"))
    assert get(make_card("[{folder: a}, {folder: b}]")) == {"1.png": b"a", "2.png": b"b"}


def test_raw_data_are_never_overwritten(get, raw, listed_card, mirror):
    raw.mkdir(parents=True)
    (raw / "mine.png").touch()

    with pytest.raises(InputError, match="already exists"):
        get(listed_card(URL), mirror=str(mirror))
    assert list(tree(raw)) == ["mine.png"]


def test_a_missing_list_is_an_error_before_anything_is_loaded(server, get, make_card):
    card = make_card(f"[{{url: '{server.url}/a.zip', verify: none.sha256, unpack: zip}}]")

    with pytest.raises(InputError, match=r"the list of checksums .*none\.sha256 cannot be read"):
        get(card)
    assert server.asked == []


def killed_while_unpacking(card, raw, mirror):
    def write_and_die(member, path):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)

    archive._write = write_and_die
    acquire(card, raw, downloads=raw.parent, mirror=mirror)


def test_after_a_kill_there_is_no_raw_folder_and_a_new_start_makes_it(raw, listed_card, mirror):
    card = listed_card(URL)
    process = multiprocessing.get_context("fork").Process(target=killed_while_unpacking, args=(card, raw, str(mirror)))
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    assert not raw.exists()
    acquire(card, raw, downloads=raw.parent, mirror=str(mirror))
    assert tree(raw) == FILES


def test_a_generator_has_nothing_to_download(get, make_card):
    with pytest.raises(InputError, match="toy is made by the generator ellipses"):
        get(make_card("[{generator: ellipses, seed: 1, patients: 1, slices: 1}]"))
