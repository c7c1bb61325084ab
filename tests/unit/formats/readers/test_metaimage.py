"""MetaImage files: every voxel where ITK puts it, and damage that ITK passes over refused."""

import gzip
import zlib

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import only, refusal, remarks
from simpleitk_volumes import image_of, read_by_simpleitk
from world_positions import is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.reading import companions_of, read_images

NUMBERS = np.arange(24, dtype="<i2")
BODY = NUMBERS.tobytes()
FIELDS = {
    "ObjectType": "Image",
    "NDims": "3",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "1 2 3",
    "ElementSpacing": "1 2 3",
    "DimSize": "2 3 4",
    "ElementType": "MET_SHORT",
    "ElementDataFile": "LOCAL",
}


def write(path, body=BODY, more="", **changes):
    """A file with a header of `FIELDS`; None leaves a field out, the data file comes last."""
    fields = FIELDS | changes
    data_file = fields.pop("ElementDataFile")
    lines = [f"{name} = {value}\n" for name, value in fields.items() if value is not None]
    path.write_bytes(("".join(lines) + more + f"ElementDataFile = {data_file}\n").encode() + body)
    return path


@pytest.fixture
def mha(tmp_path):
    return tmp_path / "a.mha"


def test_every_orientation_that_simpleitk_writes_is_in_place(mha):
    for affine in [*right_angled_affines(), oblique_affine()]:
        data = values_at(affine, dtype=np.float64)
        SimpleITK.WriteImage(image_of(data, affine), str(mha), useCompression=True)
        volume = only(mha)
        assert is_in_place(volume.data, volume.affine)
        assert (volume.geometry, remarks(volume)) == ("world", [])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_type_that_simpleitk_writes(tmp_path, dtype, name, packed):
    data = (np.arange(24).reshape(2, 3, 4) * 5).astype(dtype)
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    SimpleITK.WriteImage(image_of(data, affine), str(tmp_path / name), useCompression=packed)
    volume = only(tmp_path / name)
    np.testing.assert_array_equal(volume.data, data)
    assert volume.sidecar["stored_data_type"] == str(np.dtype(dtype))
    assert volume.data.dtype == (dtype if dtype != "f8" else "f4")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("field", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB", "elementbyteordermsb"])
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("MET_LONG", "i4"), ("MET_ULONG", "u4"), ("MET_LONG_LONG", "i8"), ("MET_USHORT", "u2"), ("MET_DOUBLE", "f8")],
)
def test_byte_orders_and_types_of_metaio(mha, name, dtype, field, order):
    body = np.arange(24).astype(order + dtype).tobytes()
    write(mha, body, ElementType=name, **{field: str(order == ">")})
    np.testing.assert_array_equal(only(mha).data[::-1, ::-1].reshape(-1, order="F"), np.arange(24))
    if field[0] != "e":
        np.testing.assert_array_equal(read_by_simpleitk(mha)[0].reshape(-1, order="F"), np.arange(24))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"TransformMatrix": "0 1 0 0 0 1 1 0 0"},
        {"TransformMatrix": "1 0 0 0 1 0 0 .5 1"},
        {"TransformMatrix": "2 0 0 0 1 0 0 0 1"},
        {"TransformMatrix": None, "Rotation": "0 1 0 -1 0 0 0 0 1"},
        {"TransformMatrix": None, "Orientation": "0 1 0 -1 0 0 0 0 1"},
        {"TransformMatrix": None},
        {"Offset": None, "Position": "7 8 9"},
        {"Offset": None, "Origin": "7 8 9"},
        {"ElementSpacing": None, "ElementSize": "4 5 6"},
        {"ElementSize": "4 5 6"},
        {"ElementSpacing": "1 -2 3"},
        {"CenterOfRotation": "10 20 30", "TransformMatrix": "0 1 0 -1 0 0 0 0 1"},
        {"AnatomicalOrientation": "LPS"},
        {"ElementToIntensityFunctionSlope": "2", "ElementToIntensityFunctionOffset": "10"},
        {"DimSize": "2 3 4", "BinaryData": "False"},
    ],
)
def test_positions_and_values_are_those_of_simpleitk(mha, changes):
    text = "\n".join(map(str, [*NUMBERS, ""])).encode()
    write(mha, text if "BinaryData" in changes else BODY, **changes)
    data, affine = read_by_simpleitk(mha)
    volume = only(mha)
    assert volume.geometry == "world"
    for voxel in np.ndindex(data.shape):
        position = affine @ [*voxel, 1]
        found = np.rint(np.linalg.solve(volume.affine, position)[:3]).astype(int)
        np.testing.assert_allclose(volume.affine @ [*found, 1], position, atol=1e-9)
        assert volume.data[tuple(found)] == data[voxel]


@pytest.mark.parametrize(
    ("changes", "geometry", "codes"),
    [
        ({"Offset": None}, "spacing", ["no-origin"]),
        ({"Offset": None, "TransformMatrix": None}, "spacing", ["no-origin"]),
        ({"ElementSpacing": None}, "unknown", ["no-spacing"]),
        ({"ElementSpacing": None, "ElementSize": "1 2 3"}, "world", ["element-size"]),
        ({"TransformMatrix": None}, "world", ["no-directions"]),
        ({"TransformMatrix": "1 0 0 0 1 0 0 .5 1"}, "world", ["scaled-directions", "sheared"]),
        ({"ElementSpacing": "1 -2 3"}, "world", ["negative-spacing"]),
        ({"CenterOfRotation": "1 0 0"}, "world", ["center-of-rotation"]),
        ({"ElementToIntensityFunctionSlope": "2"}, "world", ["intensity-function"]),
        ({"DistanceUnits": "furlong"}, "world", ["no-units"]),
        ({"DistanceUnits": "um"}, "world", ["units-converted"]),
        ({"more": "woohoo\n# a comment\n"}, "world", ["skipped-lines"]),
        ({"body": BODY + b"."}, "world", ["surplus-data"]),
        ({"more": "Offset = 1  2 3\n"}, "world", []),
    ],
)
def test_what_is_remarked(mha, changes, geometry, codes):
    volume = only(write(mha, **changes))
    assert (volume.geometry, remarks(volume)) == (geometry, codes)
    np.testing.assert_array_equal(np.sort(volume.data.ravel()), NUMBERS)


def test_lengths_in_other_units_become_mm(mha):
    volume = only(write(mha, DistanceUnits="cm"))
    np.testing.assert_allclose(np.diag(volume.affine)[:3], [10, 20, 30])
    # the last voxel along x and y in LPS is the first in RAS+
    np.testing.assert_allclose(volume.affine[:3, 3], [-20, -60, 30])


def test_a_stated_size_of_compressed_data_that_is_wrong_is_said(mha):
    """The public file image10x11x12x13-extra-stuff.mhd has such a size; where zlib's data end, zlib says."""
    packed = zlib.compress(BODY)
    volume = only(write(mha, packed, CompressedData="True", CompressedDataSize=len(packed) - 1))
    assert remarks(volume) == ["compressed-size"]


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
@pytest.mark.parametrize("stated", [True, False])
def test_compressed_data_also_without_their_size(mha, pack, stated):
    packed = pack(BODY)
    size = {"CompressedDataSize": len(packed)} if stated else {}
    assert remarks(only(write(mha, packed, CompressedData="True", **size))) == []
    assert remarks(only(write(mha, packed + b"more", CompressedData="True"))) == ["surplus-data"]


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("impossible-size", {"body": BODY[:-1]}),
        ("impossible-size", {"DimSize": "100000 100000 100000"}),
        ("impossible-size", {"DimSize": "100000 100000 100000", "CompressedData": "True"}),
        ("unreadable", {"body": zlib.compress(BODY)[:-2], "CompressedData": "True"}),
        ("unreadable", {"body": zlib.compress(BODY)[:-4] + b"\1\2\3\4", "CompressedData": "True"}),
        ("impossible-size", {"body": zlib.compress(BODY[:-2]), "CompressedData": "True"}),
        ("unreadable", {"more": "Offset = 1 2 4\n"}),
        ("unreadable", {"more": "Origin = 1 2 4\n"}),
        (
            "unreadable",
            {"more": "\0" * 2**20},
        ),
        ("unreadable", {"NDims": None}),
        ("unreadable", {"NDims": "two"}),
        ("unreadable", {"ObjectType": "Tube"}),
        ("unreadable", {"DimSize": "2 3"}),
        ("unreadable", {"DimSize": "2 3 0"}),
        ("unreadable", {"DimSize": "2 3 -4"}),
        ("unreadable", {"ElementSpacing": "1 2"}),
        ("unreadable", {"Offset": "1 2 3 4"}),
        ("unreadable", {"TransformMatrix": "1 0 0 1"}),
        ("unreadable", {"ElementNumberOfChannels": "0"}),
        ("unreadable", {"CompressedData": "maybe"}),
        ("unreadable", {"CompressedData": "True", "BinaryData": "False"}),
        ("unreadable", {"HeaderSize": "-2"}),
        ("unreadable", {"HeaderSize": "3"}),
        ("unreadable", {"BinaryData": "False", "body": b"1 2 3 x " + b"1 " * 20}),
        ("unreadable", {"BinaryData": "False", "body": b"1 2 3 40000 " + b"1 " * 20}),
        ("unreadable", {"ElementDataFile": "missing.raw"}),
        ("unreadable", {"ElementDataFile": "%s%s.raw"}),
        ("unreadable", {"ElementDataFile": "a" * 10**4}),
        ("outside-path", {"ElementDataFile": "/etc/hostname"}),
        ("outside-path", {"ElementDataFile": "../a.raw"}),
        ("outside-path", {"ElementDataFile": "C:\\a.raw"}),
        ("unsupported-dimensions", {"NDims": "5", "DimSize": "1 1 1 1 24"}),
        ("unsupported-dimensions", {"NDims": "1", "DimSize": "24"}),
        ("unsupported-pixels", {"ElementType": "MET_FLOAT_MATRIX"}),
        ("unsupported-pixels", {"ElementNumberOfChannels": "2"}),
        ("colour", {"ElementNumberOfChannels": "3", "ElementType": "MET_UCHAR"}),
        ("no-geometry", {"ElementSpacing": "1 0 3"}),
        ("no-geometry", {"ElementSpacing": "1 nan 3"}),
        ("no-geometry", {"Offset": "1 inf 3"}),
        ("no-geometry", {"TransformMatrix": "1 0 0 1 0 0 0 0 1"}),
        ("no-geometry", {"TransformMatrix": "0 0 0 0 0 0 0 0 0"}),
    ],
)
def test_what_is_refused(mha, reason, changes):
    refused = refusal(write(mha, **changes))
    assert refused.reason == reason
    assert not any(str(changes.get(name, "-")) in refused.detail for name in ("ElementDataFile", "ObjectType"))


def test_a_header_that_is_no_text(mha):
    write(mha)
    mha.write_bytes(b"\xff\xfe" + mha.read_bytes())
    assert refusal(mha).reason == "unreadable"


def test_what_may_identify_a_person_goes_nowhere(mha):
    volume = only(write(mha, more="PatientName = Doe\nStudyDate = 20200101\nComment = Doe\nDoe\n"))
    assert "Doe" not in str(volume.sidecar)
    assert "2020" not in str(volume.sidecar)


def test_four_axes(mha):
    matrix = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
    write(mha, NDims="4", DimSize="2 3 2 2", TransformMatrix=matrix, Offset="1 2 3 0", ElementSpacing="1 1 1 2.5")
    volume = only(mha)
    assert (volume.data.shape, volume.fourth_axis.name, volume.fourth_axis.step) == ((2, 3, 2, 2), "unknown", 2.5)
    np.testing.assert_array_equal(volume.data[::-1, ::-1], read_by_simpleitk(mha)[0])
    write(
        mha,
        NDims="4",
        DimSize="2 3 2 2",
        TransformMatrix="1 0 0 0 0 1 0 0 0 0 0 1 0 0 1 0",
        Offset="1 2 3 0",
        ElementSpacing="1 1 1 1",
    )
    assert refusal(mha).reason == "no-geometry"


@pytest.mark.parametrize("dtype", ["MET_UCHAR", "MET_USHORT"])
@pytest.mark.parametrize("channels", [1, 3])
def test_two_axes_of_unsigned_numbers_are_a_flat_image(mha, dtype, channels):
    pixels = np.arange(6 * channels).astype("u1" if dtype == "MET_UCHAR" else "<u2")
    plane = {"NDims": 2, "DimSize": "3 2", "Offset": "0 0", "TransformMatrix": "1 0 0 1", "ElementSpacing": ".5 2"}
    write(mha, pixels.tobytes(), ElementType=dtype, ElementNumberOfChannels=channels, **plane)
    image = only(mha)
    assert isinstance(image, FlatImage)
    np.testing.assert_array_equal(image.pixels, SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(mha))))
    assert image.sidecar["spacing"] == [2.0, 0.5]
    assert image.sidecar["photometric"] == ("grey" if channels == 1 else "RGB")


def test_two_axes_of_other_numbers_are_a_slice(mha):
    plane = {"NDims": 2, "DimSize": "6 4", "Offset": "0 0", "TransformMatrix": "1 0 0 1", "ElementSpacing": ".5 2"}
    volume = only(write(mha, **plane))
    assert (volume.data.shape, volume.geometry, remarks(volume)) == ((6, 4, 1), "spacing", ["no-slice-spacing"])
    assert only(write(mha, **plane | {"ElementSpacing": None})).geometry == "unknown"
    assert refusal(write(mha, ElementNumberOfChannels=2, **plane | {"DimSize": "6 2"})).reason == "unsupported-pixels"


@pytest.mark.parametrize(
    ("data_file", "names"),
    [
        ("LIST\n1.raw\n2.raw\n3.raw\n4.raw", "1234"),
        ("LIST 2\n4.raw\n2.raw\n3.raw\n1.raw", "4231"),
        ("%d.raw", "1234"),
        ("%01d.raw 2 8 2", "2468"),
        ("%d.raw 3", "3456"),
    ],
)
def test_several_data_files(tmp_path, data_file, names):
    header = write(tmp_path / "a.mhd", b"", ElementDataFile=data_file)
    for name, part in zip(names, NUMBERS.reshape(4, 6), strict=True):
        (tmp_path / f"{name}.raw").write_bytes(part.tobytes())
    np.testing.assert_array_equal(only(header).data[::-1, ::-1].reshape(-1, order="F"), NUMBERS)
    assert [path.name[0] for path in companions_of(header)] == list(names)


@pytest.mark.parametrize(
    "data_file",
    ["LIST\n1.raw\n1.raw\n2.raw\n2.raw", "LIST\n1.raw\n2.raw", "LIST 7\n1.raw", "%d.raw 1 3", "%d.raw 1 8 0"],
)
def test_lists_that_do_not_give_the_files_that_are_needed(tmp_path, data_file):
    for name in "12345678":
        (tmp_path / f"{name}.raw").write_bytes(bytes(12))
    assert refusal(write(tmp_path / "a.mhd", b"", ElementDataFile=data_file)).reason == "unreadable"


@pytest.mark.parametrize(("size", "before"), [("7", b"Doe^Jan"), ("-1", b"any number of bytes")])
def test_data_files_with_a_header_of_their_own(tmp_path, size, before):
    (tmp_path / "b.raw").write_bytes(before + BODY)
    header = write(tmp_path / "a.mhd", b"", HeaderSize=size, ElementDataFile="b.raw")
    np.testing.assert_array_equal(only(header).data[::-1, ::-1], read_by_simpleitk(header)[0])
    assert companions_of(header) == (tmp_path / "b.raw",)


def test_headers_may_share_a_data_file_and_lack_it(tmp_path):
    headers = [write(tmp_path / name, b"", ElementDataFile="b.raw") for name in ("a.mhd", "b.mhd")]
    assert companions_of(headers[0]) == ()
    (tmp_path / "b.raw").write_bytes(BODY)
    np.testing.assert_array_equal(*(only(header).data for header in headers))


@given(position=st.integers(0, 400), byte=st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_damage_is_refused_or_changes_no_voxel_of_compressed_data(tmp_path_factory, position, byte):
    path = tmp_path_factory.getbasetemp() / "damaged.mha"
    affine = sheared_affine()
    data = values_at(affine)
    header = write(path, zlib.compress(data.tobytes(order="F")), CompressedData="True", DimSize="4 3 5").read_bytes()
    damaged = bytearray(header)
    damaged[position % len(damaged)] = byte
    path.write_bytes(damaged)
    try:
        [image] = read_images(path)
    except Refused:
        return
    stored = damaged.find(b"LOCAL\n")
    if stored > 0 and position % len(damaged) > stored + 6:
        np.testing.assert_array_equal(np.sort(image.data.ravel()), np.sort(data.ravel()))
