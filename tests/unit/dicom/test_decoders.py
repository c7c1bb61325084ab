import importlib.util
from pathlib import Path

import pydicom
import pytest
from dicom_series import Geometry, series
from dicom_volumes import refusal_of
from pydicom.pixels import get_decoder

from fuseflow.dicom import decoders
from fuseflow.dicom.decoders import DECODERS, UNCOMPRESSED, check_installed, is_known
from fuseflow.errors import InputError

JPEG_2000, JPEG_LS = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80"


@pytest.mark.parametrize("syntax", sorted(DECODERS))
def test_every_decoder_is_installed_and_known_to_pydicom(syntax):
    check_installed([syntax])
    assert DECODERS[syntax].plugin in get_decoder(syntax).available_plugins


def test_uncompressed_encodings_need_no_decoder():
    check_installed(UNCOMPRESSED)
    assert all(is_known(syntax, bits_stored=16) for syntax in UNCOMPRESSED)


def test_video_is_not_known():
    assert not is_known("1.2.840.10008.1.2.4.100", bits_stored=8)


def test_twelve_bits_of_jpeg_extended_are_refused_by_name_and_not_called_damaged(tmp_path):
    dataset = pydicom.dcmread(Path(pydicom.__file__).parent / "data" / "test_files" / "JPEG-lossy.dcm")
    plain = series(Geometry(rows=dataset.Rows, columns=dataset.Columns), [0], bits=12, signed=False)[0]
    plain.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    plain.PixelData = dataset.PixelData
    plain["PixelData"].is_undefined_length = True

    assert refusal_of(tmp_path, [plain]).reason == "unsupported-syntax"


def test_missing_decoders_are_named_with_the_command_that_installs_them(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        decoders.importlib.util, "find_spec", lambda name: None if name in ("openjpeg", "gdcm") else found(name)
    )
    with pytest.raises(InputError) as caught:
        check_installed([JPEG_2000, JPEG_LS, *UNCOMPRESSED])
    assert "JPEG 2000" in str(caught.value)
    assert "JPEG-LS" in str(caught.value)
    assert str(caught.value).endswith("pip install pylibjpeg pylibjpeg-openjpeg python-gdcm")


def test_no_decoder_has_a_licence_that_binds_users():
    assert all("libjpeg" not in decoder.packages for decoder in DECODERS.values())
