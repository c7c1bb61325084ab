"""Mosaics whose private headers are damaged: refused, and what they hold is not repeated."""

import struct

import pytest
from dicom_series import Geometry, slice_dataset

from fuseflow.dicom.mosaic import tiles_of
from fuseflow.dicom.reading import frames_of
from fuseflow.errors import Refused

Entries = dict[str, tuple[str, list[bytes]]]
NORMAL = {"SliceNormalVector": ("FD", [b"0", b"0", b"1"])}
COUNT = {"NumberOfImagesInMosaic": ("US", [b"4"])}


def csa_header(entries: Entries) -> bytes:
    header = b"SV10\4\3\2\1" + struct.pack("<2i", len(entries), 77)
    for name, (representation, values) in entries.items():
        header += struct.pack("<64si4s3i", name.encode(), len(values), representation.encode(), 1, len(values), 77)
        for value in values:
            header += struct.pack("<4i", len(value), len(value), 77, len(value)) + value + bytes(-len(value) % 4)
    return header


def tiles(tmp_path, entries: Entries, stated: str | None = None):
    dataset = slice_dataset(Geometry(rows=8, columns=8), 0, modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M"])
    dataset.SpacingBetweenSlices = "3"
    dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", csa_header(entries))
    if stated is not None:
        dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "LO", stated)
    [frame] = frames_of(dataset, path=tmp_path, sha256="")
    return tiles_of(dataset, frame)


@pytest.mark.parametrize(("entries", "stated"), [(NORMAL | COUNT, None), (NORMAL | COUNT, "Doe"), (NORMAL, "4")])
def test_the_number_of_tiles_is_in_either_header(tmp_path, entries, stated):
    found = tiles(tmp_path, entries, stated)
    assert [(tile.tile.row, tile.tile.column) for tile in found] == [(0, 0), (0, 4), (4, 0), (4, 4)]
    # the first pixel of the picture lies at (-10, -20, 30); a tile is half as large, pixels are 1.5 x 2 mm
    assert found[0].position == (-7, -16, 30)
    assert found[3].position == (-7, -16, 39)


@pytest.mark.parametrize(
    ("entries", "stated"),
    [
        (NORMAL, None),
        (NORMAL | {"NumberOfImagesInMosaic": ("LO", [b"Doe^Jane"])}, None),
        (NORMAL | {"NumberOfImagesInMosaic": ("US", [b"-4"])}, None),
        (NORMAL, "Doe^Jane"),
        (NORMAL, "-4"),
        (NORMAL, "65"),
        (COUNT, None),
        (COUNT | {"SliceNormalVector": ("LO", [b"Doe", b"0", b"1"])}, None),
        (COUNT | {"SliceNormalVector": ("FD", [b"nan", b"0", b"1"])}, None),
    ],
)
def test_a_header_that_is_damaged_or_says_too_little(tmp_path, entries, stated):
    with pytest.raises(Refused, match="does not say how its slices lie") as caught:
        tiles(tmp_path, entries, stated)
    assert caught.value.reason == "no-position"
    assert "Doe" not in caught.value.detail
