"""Quality pictures: what is in which column, where outlines run, and that strange volumes are drawn too."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from volume_programs import ramp
from world_positions import oblique_affine

from fuseflow.figures import COLUMN, GAP, MARGIN, TITLE, middle_of, quality_picture, span_of

SHAPE = (20, 20, 20)


def cube(value=0.0, **sidecar):
    volume = ramp(shape=SHAPE, spacing=(1, 1, 1), **sidecar)
    return replace(volume, data=np.full(SHAPE, value, np.float32))


def mask(box):
    data = np.zeros(SHAPE, np.uint8)
    data[box] = 1
    return replace(cube(), data=data)


def cyan(picture):
    red, green, blue = np.moveaxis(picture.astype(int), 2, 0)
    return (green > red + 60) & (blue > red + 60)


def white(picture):
    return (picture > 250).all(axis=2)


def lefts(count):
    """Where columns begin."""
    return [MARGIN + column * (COLUMN + GAP) for column in range(count)]


def first_slice(picture):
    """The pixels of the first slice of a volume that is as high as it is wide."""
    return picture[TITLE : TITLE + COLUMN, MARGIN : MARGIN + COLUMN]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 3), (3, 4), (4, 5)])
def test_one_column_per_volume_and_one_for_the_overlay(count, columns):
    volumes = {f"V{number}": ramp(shape=SHAPE, spacing=(1, 1, 1)) for number in range(count)}
    picture = quality_picture(volumes, labels={})
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (MARGIN + columns * (COLUMN + GAP), 3)
    # a column is blank if nothing is drawn in it
    for left in lefts(columns):
        assert not white(picture[:, left : left + COLUMN]).all()


def test_the_height_follows_from_the_size_of_the_volume():
    flat = quality_picture({"CT": ramp(shape=(20, 20, 5), spacing=(1, 1, 1))}, labels={})
    deep = quality_picture({"CT": ramp(shape=(20, 20, 5), spacing=(1, 1, 4))}, labels={})
    assert deep.shape[0] - flat.shape[0] == pytest.approx(2 * 0.75 * COLUMN, abs=3)


def test_the_outline_lies_where_the_label_is():
    # to the right of the patient and in front: on the left and at the top of an axial slice
    drawn = cyan(first_slice(quality_picture({"CT": cube()}, labels={"SEG": mask(np.s_[12:18, 10:18, 8:12])})))
    rows, columns = np.nonzero(drawn)
    voxel = COLUMN / 20
    assert columns.min() / voxel == pytest.approx(2, abs=0.4)
    assert columns.max() / voxel == pytest.approx(8, abs=0.4)
    assert rows.min() / voxel == pytest.approx(2, abs=0.4)
    assert rows.max() / voxel == pytest.approx(10, abs=0.4)
    inside = drawn[int(3 * voxel) : int(9 * voxel), int(3 * voxel) : int(7 * voxel)]
    assert not inside.any()


def test_values_are_shown_where_they_are():
    volume = cube(modality="CT")
    # bright in front of the middle and to the left of the patient: top right of an axial slice
    volume.data[0:5, 15:20, :] = 500
    rows, columns = np.nonzero(white(first_slice(quality_picture({"CT": volume}, labels={}))))
    assert rows.max() < 0.3 * COLUMN
    assert columns.min() > 0.7 * COLUMN


def test_only_what_is_labelled_has_an_outline():
    images = {"CT": cube()}
    assert not cyan(quality_picture(images, labels={})).any()
    assert not cyan(quality_picture(images, labels={"SEG": mask(np.s_[0:0])})).any()


def test_a_label_that_fills_the_volume_is_outlined_at_its_border():
    assert cyan(quality_picture({"CT": cube()}, labels={"SEG": mask(np.s_[:])})).sum() > 3 * 2 * COLUMN / 2


def test_the_overlay_shows_both():
    pet = cube(modality="PT")
    pet.data[8:12, 8:12, 8:12] = 9
    picture = quality_picture({"CT": cube(40, modality="CT"), "PET": pet}, labels={})
    grey = np.ptp(picture.astype(int), axis=2) < 10
    columns = [grey[:, left : left + COLUMN] for left in lefts(3)]
    assert columns[0].all()
    assert columns[1].all()
    yellow = ~columns[2]
    # four of twenty voxels, to the next pixel
    side = 0.2 * COLUMN
    assert 3 * (side - 1) ** 2 <= yellow.sum() <= 3 * (side + 1) ** 2


def test_the_same_pixels_twice_whatever_a_user_chose_for_other_figures():
    images = {"CT": ramp(shape=SHAPE), "PET": cube(3)}
    labels = {"SEG": mask(np.s_[3:9, 3:9, 3:9])}
    first = quality_picture(images, labels=labels)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 20, "figure.facecolor": "black"}):
        second = quality_picture(images, labels=labels)
    np.testing.assert_array_equal(first, second)


STRANGE = {
    "NaN": np.full(SHAPE, np.nan),
    "partly infinite": np.where(np.arange(20) < 3, np.inf, np.arange(20.0)) * np.ones(SHAPE),
    "constant": np.full(SHAPE, 7),
    "constant and large": np.full(SHAPE, 1e30),
    "four axes": np.random.default_rng(0).random((*SHAPE, 3)),
    "one slice": np.arange(400.0).reshape(20, 20, 1),
    "one voxel": np.ones((1, 1, 1), np.int16),
    "long": np.arange(600.0).reshape(1, 1, 600),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_volumes_are_drawn_with_their_labels(strange):
    volume = replace(cube(), data=STRANGE[strange])
    labels = replace(volume, data=np.ones(volume.data.shape, np.uint8))
    picture = quality_picture({"A": volume, "B": volume}, labels={"SEG": labels})
    assert picture.shape[1] == MARGIN + 3 * (COLUMN + GAP)
    assert cyan(picture).any()


def test_oblique_volumes_are_drawn_along_their_own_axes():
    straight, turned = ramp(shape=SHAPE, spacing=(1, 2, 3)), ramp(shape=SHAPE)
    turned = replace(turned, affine=oblique_affine(0.3, (1, 2, 3)))
    np.testing.assert_array_equal(
        quality_picture({"CT": straight}, labels={}), quality_picture({"CT": turned}, labels={})
    )


def test_grids_of_other_sizes_are_not_shown_together():
    with pytest.raises(ValueError, match="one grid"):
        quality_picture({"CT": cube(), "PET": ramp(shape=(3, 4, 5))}, labels={})
    with pytest.raises(ValueError, match="one grid"):
        quality_picture({"CT": cube()}, labels={"SEG": ramp(shape=(3, 4, 5))})


def test_the_span_of_values():
    assert span_of(cube(modality="CT")) == (-160, 240)
    assert span_of(cube(3, modality="CT", normalized=[{}])) == (3, 6)
    assert span_of(cube(np.nan)) == (0, 1)
    spoilt = ramp(shape=SHAPE)
    spoilt.data[0, 0, 0] = np.inf
    low, high = span_of(spoilt)
    assert 0 < low < high < spoilt.data.size


def test_slices_lie_where_most_is_labelled():
    first, second = np.zeros((2, 9, 9, 9), bool)
    first[1:3, 2, 4:7] = True
    second[2, 2, 4] = True
    assert middle_of([first, second], (9, 9, 9)) == (1, 2, 4)
    assert middle_of([np.zeros((9, 9, 9), bool)], (9, 9, 9)) == (4, 4, 4)
