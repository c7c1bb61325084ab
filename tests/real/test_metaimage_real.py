"""The public MetaImage files of rse-panimg: all of them read as SimpleITK does, or refused with a reason."""

import zipfile
from collections import Counter

import numpy as np
import pytest
import SimpleITK

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.reading import headers_of, read_images

REFUSED = {
    "5_1_1_1_invalid.mha": "unsupported-pixels",
    "image128x256x3RGB.mhd": "colour",
    "image128x256x4RGB.mhd": "colour",
    "image4x4x4x4x4.mha": "unsupported-dimensions",
    "invalid_utf8.mhd": "unreadable",
    "referring_to_system_file.mhd": "outside-path",
    # these lie in a folder of their own, without the data file that they name
    "image3x4-center-gt-width.mhd": "unreadable",
    "image3x4-len-0.mhd": "unreadable",
    "image3x4-only-center-array.mhd": "unreadable",
    "image3x4-only-width-array.mhd": "unreadable",
    "image3x4-width-gt-center.mhd": "unreadable",
}
REMARKS = {
    "element-size": 2,
    "no-spacing": 2,
    "compressed-size": 1,
    "scaled-directions": 1,
    "sheared": 1,
    "skipped-lines": 1,
    "no-slice-spacing": 2,
}


@pytest.fixture
def files(shared, tmp_path):
    [archive] = (shared / "data" / "metaimage").glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    return sorted(path for path in tmp_path.rglob("*.*") if path.suffix in (".mha", ".mhd", ".zraw"))


def as_simpleitk_reads(path, image):
    """Whether an image has the values of SimpleITK's reading, in its order of axes but for flips."""
    expected = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    if isinstance(image, FlatImage):
        return np.array_equal(image.pixels, expected)
    expected = expected.T.reshape(image.data.shape)
    if image.geometry == "world":
        # x and y run to the left and back in these files
        expected = expected[::-1, ::-1]
    return np.array_equal(image.data, expected)


def test_every_file_is_read_or_refused(files):
    assert Counter(path.suffix for path in files) == {".mha": 9, ".mhd": 26, ".zraw": 8}
    headers = headers_of(files)
    assert len(headers) == 35
    refused, remarks, kinds = {}, Counter(), Counter()
    for path in headers:
        try:
            [image] = read_images(path)
        except Refused as refusal:
            refused[path.name] = refusal.reason
            continue
        assert as_simpleitk_reads(path, image), path.name
        assert "1234" not in str(image.sidecar)
        kinds["flat" if isinstance(image, FlatImage) else image.geometry] += 1
        remarks.update(warning["code"] for warning in image.sidecar["warnings"])
    assert refused == REFUSED
    assert kinds == {"flat": 10, "world": 11, "spacing": 2, "unknown": 1}
    assert remarks == REMARKS
