"""One spacing for a data set: nnU-Net's rule and the median by hand, and files that hold no spacing."""

import json

import numpy as np
import pytest
from volume_programs import ramp, write_table

from fuseflow.cases import read_cases
from fuseflow.errors import InputError
from fuseflow.files import write_json
from fuseflow.flat import FlatImage
from fuseflow.target_spacing import fit_spacing, read_spacing, write_spacing


def cases_of(folder, volumes, **more):
    """A case per volume, each with the same other images."""
    return read_cases(write_table(folder, {f"c{number}": {"MR": mr, **more} for number, mr in enumerate(volumes)}))


def test_the_median_along_each_axis(tmp_path):
    volumes = [ramp(spacing=spacing) for spacing in ((1, 1, 2), (2, 1, 3), (4, 1.5, 9), (1, 3, 9))]
    found = fit_spacing(cases_of(tmp_path, volumes), rule="median")
    assert found == {"rule": "median", "spacing": [1.5, 1.25, 6.0], "images": 4}


def test_nnunet_takes_the_tenth_percentile_along_a_coarse_and_short_axis(tmp_path):
    depths = (4.0, 5.0, 6.0, 7.0, 8.0)
    cases = cases_of(tmp_path, [ramp(shape=(20, 20, 5), spacing=(1, 1, depth)) for depth in depths])
    # 10 % of the way through five sorted values: 0.4 of the step from the first to the second
    assert fit_spacing(cases, rule="nnunet")["spacing"] == pytest.approx([1, 1, 4.4])
    assert fit_spacing(cases, rule="median")["spacing"] == [1, 1, 6]


def test_nnunet_keeps_the_median_along_an_axis_with_many_voxels(tmp_path):
    cases = cases_of(tmp_path, [ramp(shape=(8, 8, 8), spacing=(1, 1, depth)) for depth in (4.0, 5.0, 6.0)])
    assert fit_spacing(cases, rule="nnunet")["spacing"] == [1, 1, 5]


def test_the_order_of_cases_counts_for_nothing(tmp_path):
    cases = cases_of(tmp_path, [ramp(spacing=(1, 1, depth)) for depth in (2, 3, 7)])
    assert fit_spacing(cases[::-1], rule="nnunet") == fit_spacing(cases, rule="nnunet")


def test_labels_flat_images_and_volumes_of_unknown_spacing_do_not_count(tmp_path):
    unknown = ramp(spacing=(9, 9, 9))
    unknown.sidecar["affine"] = None
    others = {"SEG": ramp(spacing=(5, 5, 5)), "US": unknown, "XA": FlatImage(pixels=np.zeros((3, 4), np.uint8))}
    cases = cases_of(tmp_path, [ramp(), ramp()], **others)
    found = fit_spacing(cases, rule="median", leave_out=["SEG"])
    assert found == {"rule": "median", "spacing": [1, 1, 2], "images": 2}


def test_cases_that_no_spacing_follows_from(tmp_path):
    cases = cases_of(tmp_path, [ramp()])
    for given, expected in (([], "none of the cases"), ([*cases, *cases], "several of the tables")):
        with pytest.raises(InputError, match=expected):
            fit_spacing(given, rule="median")


@pytest.mark.parametrize(
    "sidecar", [[], {}, {"affine": [[1, 2]], "shape": [1, 2, 3]}, {"affine": np.eye(4).tolist(), "shape": "no"}]
)
def test_a_sidecar_that_says_nothing_of_the_grid(tmp_path, sidecar):
    cases = cases_of(tmp_path, [ramp()])
    write_json(tmp_path / "c0" / "MR.json", sidecar)
    with pytest.raises(InputError, match="says nothing of the grid"):
        fit_spacing(cases, rule="median")


def test_what_is_written_is_read(tmp_path):
    found = fit_spacing(cases_of(tmp_path / "in", [ramp(spacing=(0.7, 0.7, 2.5))]), rule="nnunet")
    write_spacing(tmp_path / "spacing.json", found)
    assert read_spacing(tmp_path / "spacing.json") == pytest.approx((0.7, 0.7, 2.5))


@pytest.mark.parametrize(
    "text",
    [
        "[1, 1, 1]",
        '{"spacing": [1, 1]}',
        '{"spacing": [1, 1, 0]}',
        '{"spacing": [1, 1, -2]}',
        '{"spacing": [1, 1, NaN]}',
        '{"spacing": [1, 1, true]}',
        '{"spacing": [1, 1, "1"]}',
        '{"spacing": "111"}',
        json.dumps({"spacing": [1, 1, 10**400]}),
        '{"spacing": ',
    ],
)
def test_files_that_hold_no_spacing(tmp_path, text):
    (tmp_path / "spacing.json").write_text(text)
    with pytest.raises(InputError):
        read_spacing(tmp_path / "spacing.json")
