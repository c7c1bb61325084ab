"""Fingerprints of images: equal for equal contents, whatever they are stored as."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fuseflow.fingerprints import difference_hash, hash_image, hash_volume

NOISE = np.random.default_rng(5).integers(0, 256, (24, 27), dtype=np.uint8)
VOXELS = np.random.default_rng(6).integers(-500, 500, (7, 6, 5)).astype(np.int16)


def test_mirrored_pictures_share_one_hash_and_turned_ones_do_not():
    hashed = [hash_image(image) for image in (NOISE, NOISE[::-1], NOISE[:, ::-1], NOISE[::-1, ::-1])]
    assert len({hashes.pixels for hashes in hashed}) == 4
    assert len({hashes.mirrored for hashes in hashed}) == 1
    assert hash_image(np.rot90(NOISE)).mirrored != hashed[0].mirrored


def test_how_pixels_are_stored_counts_for_nothing():
    stored = [NOISE, np.stack([NOISE] * 3, axis=2), NOISE.astype(np.uint16), np.asfortranarray(NOISE)]
    assert len({hash_image(image).pixels for image in stored}) == 1


def test_equal_bytes_of_another_size_are_another_picture():
    assert hash_image(NOISE).pixels != hash_image(NOISE.reshape(27, 24)).pixels


def test_one_level_in_one_pixel_is_another_picture_but_nearly_the_same():
    changed = NOISE.copy()
    changed[11, 11] ^= 1
    assert hash_image(changed).mirrored != hash_image(NOISE).mirrored
    assert (difference_hash(changed) ^ difference_hash(NOISE)).bit_count() <= 1


def test_the_difference_hash_has_a_bit_per_rise_row_by_row():
    image = np.zeros((8, 9), np.uint8)
    image[0, 1] = 9  # rises from column 0 to 1, falls from 1 to 2
    image[7, 8] = 9  # rises from column 7 to 8
    assert difference_hash(image) == 1 << 63 | 1


@pytest.mark.parametrize("level", [0, 113, 255])
def test_flat_background_hashes_as_zero(level):
    assert difference_hash(np.full((251, 253), level, np.uint8)) == 0


def test_sixteen_bit_colour_can_be_hashed():
    image = np.zeros((16, 18, 3), np.uint16)
    image[:, 10:, 1] = 65535
    assert difference_hash(image).bit_count() == 8


def test_mirrored_volumes_share_one_hash_and_turned_ones_do_not():
    mirrors = [VOXELS[::x, ::y, ::z] for x, y, z in itertools.product((1, -1), repeat=3)]
    hashed = [hash_volume(voxels) for voxels in mirrors]

    assert len({hashes.pixels for hashes in hashed}) == 8
    assert len({hashes.mirrored for hashes in hashed}) == 1
    assert hash_volume(VOXELS.transpose(1, 0, 2)).mirrored != hashed[0].mirrored


def test_the_type_and_order_of_voxels_count_for_nothing():
    stored = [VOXELS, VOXELS.astype(np.int32), np.asfortranarray(VOXELS), VOXELS.astype(">i8")]
    assert len({hash_volume(voxels) for voxels in stored}) == 1
    floats = VOXELS / np.float32(3)
    assert hash_volume(floats) == hash_volume(floats.astype(np.float64))


def test_one_voxel_makes_another_volume():
    changed = VOXELS.copy()
    changed[3, 3, 1] += 1
    assert hash_volume(changed).mirrored != hash_volume(VOXELS).mirrored
    assert hash_volume(VOXELS.astype(np.int32) * 100000).pixels != hash_volume(VOXELS).pixels


def test_volumes_with_phases_and_without_finite_values_can_be_hashed():
    phases = np.stack([VOXELS, VOXELS + 1], axis=-1)
    assert hash_volume(phases).mirrored == hash_volume(phases[::-1]).mirrored
    missing = np.full((3, 2, 2), np.nan, np.float32)
    assert hash_volume(missing).difference == 0
