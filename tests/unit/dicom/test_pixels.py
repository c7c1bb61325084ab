import pytest
from dicom_series import Geometry, series, write_series
from dicom_volumes import assert_right
from pydicom.uid import JPEG2000Lossless, RLELossless

from fuseflow.dicom.pixels import stored_values
from fuseflow.dicom.reading import read_files
from fuseflow.dicom.series import SeriesRules, convert_series, find_series
from fuseflow.errors import Refused


def compress(datasets, syntax):
    for dataset in datasets:
        if syntax == RLELossless:
            dataset.compress(syntax, encoding_plugin="pydicom")
        else:
            dataset.compress(syntax, encoding_plugin="pylibjpeg")
    return datasets


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize(("signed", "bits"), [(True, 16), (False, 16), (False, 12), (True, 13)])
def test_compressed_slices_are_exact(tmp_path, syntax, signed, bits):
    datasets = series(Geometry(rows=40, columns=36), signed=signed, bits=bits)
    paths = write_series(tmp_path, compress(datasets, syntax))
    (group,) = find_series(paths).groups
    assert_right(convert_series(group, SeriesRules(), threads=2).volume)


def test_damaged_compressed_pixels_are_refused(tmp_path):
    (path,) = write_series(tmp_path, compress(series(Geometry(rows=40, columns=36), [0]), JPEG2000Lossless))
    data = bytearray(path.read_bytes())
    start = data.index(b"\xff\x4f\xff\x51")
    data[start : start + 40] = bytes(40)
    path.write_bytes(data)
    ((frame,), _) = read_files([path])
    with pytest.raises(Refused, match="unreadable"):
        stored_values(frame)


def test_file_that_changed_after_it_was_read_is_refused(tmp_path):
    (path,) = write_series(tmp_path, compress(series(Geometry(), [0]), RLELossless))
    ((frame,), _) = read_files([path])
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(Refused):
        stored_values(frame)


def test_native_file_that_vanished_is_refused(tmp_path):
    (path,) = write_series(tmp_path, series(Geometry(), [0]))
    ((frame,), _) = read_files([path])
    path.unlink()
    with pytest.raises(Refused, match="unreadable"):
        stored_values(frame)
