"""Downloads from a server that drops connections, ignores ranges, is busy or changes its files."""

from __future__ import annotations

import hashlib
import threading

import pytest

from fuseflow.acquire.checksums import Fingerprint
from fuseflow.acquire.download import Retry, download, download_once
from fuseflow.errors import InputError

DATA = hashlib.shake_128(b"data").digest(600_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
QUICK = Retry(attempts=4, first_wait=0, longest_wait=0)
ONCE = Retry(attempts=1)


@pytest.fixture
def get(server, tmp_path):
    server.files["/a.zip"] = DATA

    def run(*, expected=None, retry=QUICK, progress=None):
        path = tmp_path / "downloads" / "a"
        path.parent.mkdir(exist_ok=True)
        known = expected or Fingerprint(sha256=SHA256)
        download(f"{server.url}/a.zip", path, expected=known, retry=retry, progress=progress)
        assert [file.name for file in path.parent.iterdir()] == ["a"]
        return path.read_bytes()

    return run


def test_a_file_arrives_whole_and_says_how_far_it_is(get):
    told = []

    assert get(progress=lambda have, total: told.append((have, total))) == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert [have for have, _ in told] == sorted(have for have, _ in told)


def test_a_dropped_connection_is_continued_where_it_broke_off(server, get):
    server.cuts = [200_000, 450_000]

    assert get() == DATA
    assert server.asked == [None, "bytes=200000-", "bytes=450000-"]


def test_an_interrupted_run_is_continued_by_the_next_one(server, get, tmp_path):
    server.cuts = [200_000]
    with pytest.raises(InputError, match=r"could not be downloaded \(the connection broke off"):
        get(retry=ONCE)
    assert (tmp_path / "downloads/a.part").read_bytes() == DATA[:200_000]

    assert get() == DATA
    assert server.asked == [None, "bytes=200000-"]


def test_a_server_that_ignores_ranges_starts_again(server, get):
    server.ranges, server.cuts = False, [200_000]

    assert get() == DATA
    assert server.asked == [None, "bytes=200000-"]


def test_a_piece_from_another_place_of_the_file_is_not_put_in(server, get):
    server.shift, server.cuts = 7, [200_000]

    assert get(expected=Fingerprint()) == DATA
    assert server.asked == [None, "bytes=200000-", None]


def test_a_file_that_changed_in_between_is_not_mixed_with_its_older_self(server, get):
    server.files["/a.zip"], server.cuts = DATA[::-1], [200_000]
    with pytest.raises(InputError):
        get(retry=ONCE)
    server.files["/a.zip"] = DATA

    assert get(expected=Fingerprint()) == DATA


def test_a_mixed_file_is_found_by_its_hash_and_loaded_anew(server, get, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.part").write_bytes(b"\0" * 100)

    assert get() == DATA
    assert server.asked == ["bytes=100-", None]


def test_a_part_that_is_already_whole_is_taken(server, get, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.part").write_bytes(DATA)

    assert get() == DATA
    assert server.asked == [f"bytes={len(DATA)}-"]


def test_a_part_that_is_too_long_is_thrown_away(server, get, tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.part").write_bytes(DATA + b"more")

    assert get() == DATA
    assert server.asked == [f"bytes={len(DATA) + 4}-", None]


def test_a_busy_server_is_asked_again(server, get):
    server.statuses = [503, 503]

    assert get() == DATA
    assert len(server.asked) == 3


def test_a_server_that_stays_busy_is_given_up(server, get):
    server.statuses = [503] * 9

    with pytest.raises(InputError, match=r"a\.zip could not be downloaded \(the server answers 503"):
        get()
    assert len(server.asked) == QUICK.attempts


def test_a_missing_file_is_not_asked_for_again(server, get):
    server.files.clear()

    with pytest.raises(InputError, match="the server answers 404"):
        get()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (Fingerprint(sha256="0" * 64), "its sha256 is"),
        (Fingerprint(md5="0" * 32), "its md5 is"),
        (Fingerprint(size=599_999), "it has 600000 bytes, not 599999"),
    ],
)
def test_another_file_than_the_expected_one_is_not_kept(server, get, tmp_path, expected, words):
    with pytest.raises(InputError, match=f"is not the file that the card expects: {words}"):
        get(expected=expected)
    assert not list((tmp_path / "downloads").iterdir())
    assert len(server.asked) == 1


def test_without_a_stated_length_a_short_file_is_found_by_its_size(server, get):
    server.lengths, server.cuts = False, [1000]

    with pytest.raises(InputError, match="it has 1000 bytes instead of 600000"):
        get(expected=Fingerprint(size=len(DATA)), retry=ONCE)


def test_compression_on_the_way_is_not_undone(server, get):
    server.headers = {"Content-Encoding": "gzip"}

    assert get() == DATA


def test_a_server_that_cannot_be_reached_is_named_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    with pytest.raises(InputError) as caught:
        download("http://127.0.0.1:1/a", tmp_path / "a", expected=Fingerprint(), retry=QUICK)
    assert str(caught.value) == "http://127.0.0.1:1/a could not be downloaded (the server cannot be reached)"


def test_two_at_a_time_load_a_file_once(server, tmp_path):
    server.files["/a.zip"] = DATA
    paths = []

    def run():
        paths.append(download_once(f"{server.url}/a.zip", tmp_path, expected=Fingerprint(sha256=SHA256)))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert paths == [tmp_path / SHA256] * 4
    assert len(server.asked) == 1


def test_a_damaged_file_in_the_folder_of_downloads_is_loaded_anew(server, tmp_path, caplog):
    server.files["/a.zip"] = DATA
    (tmp_path / SHA256).write_bytes(b"damaged")

    assert download_once(f"{server.url}/a.zip", tmp_path, expected=Fingerprint(sha256=SHA256)).read_bytes() == DATA
    assert "downloaded again" in caplog.text


def test_a_file_without_a_known_hash_lies_under_the_hash_of_its_url(server, tmp_path):
    server.files["/a.zip"] = DATA
    url = f"{server.url}/a.zip"

    assert download_once(url, tmp_path, expected=Fingerprint()).name == hashlib.sha256(url.encode()).hexdigest()


def test_a_folder_of_downloads_that_cannot_be_is_an_error(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="could not be written"):
        download_once("http://127.0.0.1:1/a", tmp_path / "file" / "downloads", expected=Fingerprint())
