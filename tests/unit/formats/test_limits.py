"""Data files beside a header: in its folder, there, and with names that can be."""

import pytest

from fuseflow.errors import Refused
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared, file_beside


def reason(header, name):
    with pytest.raises(Refused) as caught:
        file_beside(header, name)
    return caught.value.reason


@pytest.fixture
def header(tmp_path):
    (tmp_path / "in" / "below").mkdir(parents=True)
    for name in ("secret.raw", "in/a.raw", "in/below/b.raw"):
        (tmp_path / name).touch()
    return tmp_path / "in" / "a.mhd"


@pytest.mark.parametrize("name", ["a.raw", "./a.raw", "below/b.raw"])
def test_files_in_the_folder_or_below(header, name):
    assert file_beside(header, name).samefile(header.parent / name)


@pytest.mark.parametrize(
    "name", ["", "../secret.raw", "below/../../secret.raw", "..\\secret.raw", "/etc/hostname", "C:\\a.raw", "a\0.raw"]
)
def test_names_that_lead_out_of_the_folder(header, name):
    assert reason(header, name) == "outside-path"


def test_links_out_of_the_folder(header):
    (header.parent / "link.raw").symlink_to("../secret.raw")
    (header.parent / "folder").symlink_to("..")
    assert reason(header, "link.raw") == "outside-path"
    assert reason(header, "folder/secret.raw") == "outside-path"


def test_what_is_no_file(header):
    (header.parent / "circle.raw").symlink_to("circle.raw")
    for name in ("b.raw", "below", "circle.raw", "a" * 5000, "\ud800.raw"):
        assert reason(header, name) == "unreadable"


@pytest.mark.parametrize(("declared", "stored"), [(-1, 10), (11, 10)])
def test_impossible_sizes(declared, stored):
    with pytest.raises(Refused) as caught:
        check_declared(declared, stored)
    assert caught.value.reason == "impossible-size"


def test_what_no_image_shrinks_to_is_refused():
    check_declared(2**29, 2**20, ratio=DEFLATE_RATIO)
    check_declared(2**30, 2**23, ratio=DEFLATE_RATIO)
    check_declared(2**40, 2**40)
    with pytest.raises(Refused, match="far more than any image does") as caught:
        check_declared(2**30, 2**21, ratio=DEFLATE_RATIO)
    assert caught.value.reason == "too-large"
