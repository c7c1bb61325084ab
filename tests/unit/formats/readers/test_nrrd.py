"""NRRD files: every sample in its place, in all encodings and kinds of data files."""

import bz2
import gzip

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from nrrd_files import BODY, NUMBERS, write
from readings import only, refusal, remarks
from simpleitk_volumes import image_of, read_by_simpleitk
from world_positions import is_in_place, oblique_affine, right_angled_affines, values_at

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.reading import companions_of, format_of, read_images


@pytest.fixture
def nrrd(tmp_path):
    return tmp_path / "a.nrrd"


def test_every_orientation_that_simpleitk_writes_is_in_place(nrrd):
    for affine in [*right_angled_affines(), oblique_affine()]:
        SimpleITK.WriteImage(image_of(values_at(affine, dtype=np.float64), affine), str(nrrd), useCompression=True)
        volume = only(nrrd)
        assert is_in_place(volume.data, volume.affine)
        assert (volume.geometry, remarks(volume)) == ("world", [])


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_type_that_simpleitk_writes(tmp_path, dtype, name):
    data = (np.arange(24).reshape(2, 3, 4) * 5).astype(dtype)
    SimpleITK.WriteImage(image_of(data, np.diag([1.0, 2.0, 3.0, 1.0])), str(tmp_path / name))
    volume = only(tmp_path / name)
    np.testing.assert_array_equal(volume.data, data)
    assert volume.sidecar["stored_data_type"] == str(np.dtype(dtype))
    assert len(companions_of(tmp_path / name)) == (name == "a.nhdr")


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("magic", ["NRRD0001", "NRRD0005", "NRRD00.01"])
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("raw", bytes),
        ("gzip", gzip.compress),
        ("GZ", gzip.compress),
        ("bzip2", bz2.compress),
        ("bz2", bz2.compress),
        ("hex", lambda body: body.hex(" ", 40).upper().encode()),
    ],
)
def test_encodings(nrrd, encoding, pack, magic, order):
    body = NUMBERS.astype(">i2" if order == "big" else "<i2").tobytes()
    write(nrrd, pack(body), magic, encoding=encoding, endian=order)
    volume = only(nrrd)
    assert remarks(volume) == []
    np.testing.assert_array_equal(volume.data.reshape(-1, order="F"), NUMBERS)
    if encoding not in ("bz2", "bzip2"):
        np.testing.assert_array_equal(read_by_simpleitk(nrrd)[0], volume.data)


@pytest.mark.parametrize("encoding", ["ascii", "text", "txt"])
def test_text(nrrd, encoding):
    write(nrrd, b" ".join(b"%d" % number for number in NUMBERS) + b"\n", encoding=encoding, endian=None)
    np.testing.assert_array_equal(only(nrrd).data, read_by_simpleitk(nrrd)[0])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("lines", "skip"), [(0, 3), (2, 0), (2, 3), (0, -1), (2, -1)])
def test_what_is_skipped_before_the_samples(tmp_path, lines, skip, packed):
    """Lines count in the file as it is, bytes after unpacking."""
    before, after = b"a\nb\n" if lines else b"", b"xyz" if skip else b""
    body = after + BODY
    (tmp_path / "b.raw").write_bytes(before + (gzip.compress(body) if packed else body))
    header = write(
        tmp_path / "a.nhdr",
        b"",
        encoding="gzip" if packed else "raw",
        line_skip=str(lines),
        byte_skip=str(skip),
        data_file="b.raw",
    )
    np.testing.assert_array_equal(only(header).data.reshape(-1, order="F"), NUMBERS)


@pytest.mark.parametrize(
    ("changes", "geometry", "codes"),
    [
        ({"space": "scanner-xyz"}, "spacing", ["no-space"]),
        ({"space": "3D-left-handed"}, "spacing", ["no-space"]),
        ({"space": None, "space_dimension": "3"}, "spacing", ["no-space"]),
        ({"space_origin": None}, "spacing", ["no-origin"]),
        ({"space_origin": "(nan,nan,nan)"}, "spacing", ["no-origin"]),
        ({"space": None, "space_directions": None, "spacings": "1 2 3"}, "spacing", []),
        ({"space": None, "space_directions": None, "spacings": "1 -2 3"}, "spacing", ["negative-spacing"]),
        (
            {"space": None, "space_directions": None, "spacings": "1 2 3", "units": '"cm" "cm" "cm"'},
            "spacing",
            ["units-converted"],
        ),
        ({"space": None, "space_directions": None, "spacings": "1 2 nan"}, "unknown", ["no-spacing"]),
        ({"space": None, "space_directions": None}, "unknown", ["no-spacing"]),
        ({"space_units": '"mm" "mm" "mm"'}, "world", []),
        ({"space_units": '"um" "um" "um"'}, "world", ["units-converted"]),
        ({"space_units": '"ell" "ell" "ell"'}, "world", ["no-units"]),
        ({"measurement_frame": "(1,0,0) (0,1,0) (0,0,1)"}, "world", ["measurement-frame"]),
        ({"more": "what is this\nis: it\n"}, "world", ["skipped-lines"]),
        ({"body": BODY + b"."}, "world", ["surplus-data"]),
        ({"body": gzip.compress(BODY) + b"more", "encoding": "gzip"}, "world", ["surplus-data"]),
        ({"body": gzip.compress(BODY + b"more"), "encoding": "gzip"}, "world", ["surplus-data"]),
        ({"body": bz2.compress(BODY + bytes(10**6)), "encoding": "bzip2"}, "world", ["surplus-data"]),
        ({"body": bz2.compress(BODY) + b"more", "encoding": "bzip2"}, "world", ["surplus-data"]),
        ({"body": b"1 " * 25, "encoding": "ascii"}, "world", ["surplus-data"]),
        ({"more": "# Doe\nDoe: a:=b\nContent: Doe\nthicknesses: 1 2 3\nDoe:=Doe: Doe\n"}, "world", []),
    ],
)
def test_what_is_remarked(nrrd, changes, geometry, codes):
    volume = only(write(nrrd, **changes))
    assert (volume.geometry, remarks(volume)) == (geometry, codes)
    assert "Doe" not in str(volume.sidecar)


@pytest.mark.parametrize("dtype", ["u1", "<u2"])
@pytest.mark.parametrize("colour", [False, True])
def test_two_axes_of_unsigned_numbers_are_a_flat_image(nrrd, dtype, colour):
    pixels = np.arange(18 if colour else 6).astype(dtype)
    write(
        nrrd,
        pixels.tobytes(),
        type="uint8" if dtype == "u1" else "unsigned short int",
        dimension="3" if colour else "2",
        sizes="3 3 2" if colour else "3 2",
        kinds="RGB-color domain domain" if colour else None,
        space=None,
        space_directions=None,
        space_origin=None,
        spacings="nan .5 2" if colour else ".5 2",
    )
    image = only(nrrd)
    assert isinstance(image, FlatImage)
    np.testing.assert_array_equal(image.pixels, pixels.reshape((2, 3, 3) if colour else (2, 3)))
    assert (image.sidecar["spacing"], image.sidecar["photometric"]) == ([2.0, 0.5], "RGB" if colour else "grey")


@pytest.mark.parametrize(
    ("data_file", "more", "names"),
    [
        ("LIST", "1.raw\n2.raw\n3.raw\n4.raw\n", "1234"),
        ("LIST 2", "4.raw\n2.raw\n3.raw\n1.raw\n", "4231"),
        ("%d.raw 1 4 1", "", "1234"),
        ("%01d.raw 8 2 -2 2", "", "8642"),
    ],
)
def test_several_data_files(tmp_path, data_file, more, names):
    header = write(tmp_path / "a.nhdr", b"", data_file=data_file, more=more)
    for name, part in zip(names, NUMBERS.reshape(4, 6), strict=True):
        (tmp_path / f"{name}.raw").write_bytes(part.tobytes())
    np.testing.assert_array_equal(only(header).data.reshape(-1, order="F"), NUMBERS)
    assert [path.name[0] for path in companions_of(header)] == list(names)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("impossible-size", {"body": BODY[:-1]}),
        ("impossible-size", {"sizes": "100000 100000 100000"}),
        ("impossible-size", {"sizes": "100000 100000 100000", "encoding": "gzip"}),
        ("impossible-size", {"sizes": "100000 100000 100000", "encoding": "bzip2"}),
        ("impossible-size", {"sizes": "100000 100000 100000", "encoding": "ascii"}),
        ("impossible-size", {"sizes": "100000 100000 100000", "encoding": "hex"}),
        ("unreadable", {"magic": "NRRD0006"}),
        ("unreadable", {"magic": "NRRD"}),
        ("unreadable", {"body": gzip.compress(BODY)[:-1], "encoding": "gzip"}),
        ("unreadable", {"body": gzip.compress(BODY)[:-8] + bytes(8), "encoding": "gzip"}),
        ("impossible-size", {"body": gzip.compress(BODY[:-1]), "encoding": "gzip"}),
        ("unreadable", {"body": bz2.compress(BODY)[:-1], "encoding": "bzip2"}),
        ("unreadable", {"body": bz2.compress(BODY)[:-9] + bytes(9), "encoding": "bzip2"}),
        ("unreadable", {"body": b"Doe^Jane" * 20, "encoding": "bzip2"}),
        ("unreadable", {"body": b"0x" * 200, "encoding": "hex"}),
        ("unreadable", {"body": b"1.5 " * 24, "encoding": "ascii"}),
        ("unreadable", {"body": b"1_0 " * 24, "encoding": "ascii"}),
        ("unreadable", {"body": b"99999 " * 24, "encoding": "ascii"}),
        ("unreadable", {"body": b"1          " * 20, "encoding": "ascii"}),
        ("unreadable", {"more": "type: int\n"}),
        ("unreadable", {"dimension": None}),
        ("unreadable", {"type": None}),
        ("unreadable", {"sizes": None}),
        ("unreadable", {"encoding": None}),
        ("unreadable", {"endian": None}),
        ("unreadable", {"endian": "middle"}),
        ("unreadable", {"sizes": "2 3"}),
        ("unreadable", {"sizes": "2 3 0"}),
        ("unreadable", {"spacings": "1 2"}),
        ("unreadable", {"kinds": "space"}),
        ("unreadable", {"labels": '"x" "y"'}),
        ("unreadable", {"labels": '"' + '\\"' * 10**5}),
        ("unreadable", {"space_directions": "(1,0,0) (0,1,0)"}),
        ("unreadable", {"space_directions": "(1,0,0) (0,1,0) 3"}),
        ("unreadable", {"space_directions": "(1,0,0) (0,1) (0,0,1)"}),
        ("unreadable", {"space_directions": "(1,0,0) (0,nan,0) (0,0,1)"}),
        ("unreadable", {"space_directions": "(1,0,0) (0,inf,0) (0,0,1)"}),
        ("unreadable", {"line_skip": "100"}),
        ("unreadable", {"line_skip": "-1"}),
        ("unreadable", {"byte_skip": "-2"}),
        ("unreadable", {"data_file": "missing.raw"}),
        ("unreadable", {"data_file": "LIST", "body": b""}),
        ("unreadable", {"data_file": "%d.raw 1 4 0"}),
        ("unreadable", {"data_file": "%d.raw 1 999999999 1"}),
        ("unreadable", {"data_file": "%d%d.raw 1 4 1"}),
        ("outside-path", {"data_file": "/etc/hostname"}),
        ("outside-path", {"data_file": "../a.raw"}),
        ("outside-path", {"data_file": ""}),
        ("unsupported-dimensions", {"dimension": "5", "sizes": "1 1 1 1 24"}),
        ("unsupported-dimensions", {"dimension": "1", "sizes": "24"}),
        ("unsupported-dimensions", {"kinds": "time list domain"}),
        ("unsupported-pixels", {"type": "block"}),
        ("unsupported-pixels", {"encoding": "zrl"}),
        ("unsupported-pixels", {"kinds": "vector domain domain"}),
        ("unsupported-pixels", {"kinds": "covariant-vector domain domain"}),
        ("unsupported-pixels", {"kinds": "complex domain domain"}),
        ("unsupported-pixels", {"kinds": "domain domain quaternion"}),
        ("unsupported-pixels", {"kinds": "3D-symmetric-matrix domain domain"}),
        ("unsupported-pixels", {"kinds": "domain RGB-color domain"}),
        ("colour", {"kinds": "HSV-color domain domain"}),
        ("no-geometry", {"space_directions": "(1,0,0) (1,0,0) (0,0,1)"}),
        ("no-geometry", {"space": None, "space_directions": None, "spacings": "1 0 3"}),
        ("no-geometry", {"space_directions": "(1,0) (0,1) (1,1)"}),
        ("no-geometry", {"space_origin": "(1,2)"}),
    ],
)
def test_what_is_refused(nrrd, reason, changes):
    refused = refusal(write(nrrd, **changes))
    assert refused.reason == reason
    assert "Doe" not in refused.detail


def test_the_components_of_colours_of_a_volume_are_refused(nrrd):
    write(
        nrrd,
        dimension="4",
        sizes="3 2 2 2",
        kinds="RGB-color domain domain domain",
        space_directions="none (1,0,0) (0,1,0) (0,0,1)",
    )
    assert refusal(nrrd).reason == "colour"


def test_a_file_is_known_by_how_it_begins(tmp_path):
    assert format_of(write(tmp_path / "a.img")) == "nrrd"


@given(position=st.integers(0, 400), byte=st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_damage_is_refused_or_changes_no_sample_of_compressed_data(tmp_path_factory, position, byte):
    path = tmp_path_factory.getbasetemp() / "damaged.nrrd"
    damaged = bytearray(write(path, gzip.compress(BODY), encoding="gzip").read_bytes())
    place = position % len(damaged)
    damaged[place] = byte
    path.write_bytes(damaged)
    try:
        [image] = read_images(path)
    except Refused:
        return
    if place >= len(damaged) - len(gzip.compress(BODY)):
        np.testing.assert_array_equal(image.data.reshape(-1, order="F"), NUMBERS)
