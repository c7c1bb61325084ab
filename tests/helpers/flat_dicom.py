"""Flat DICOM files made for tests."""

import io

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

DX = "1.2.840.10008.5.1.4.1.1.1.1"
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
PHOTOGRAPHY = "1.2.840.10008.5.1.4.1.1.77.1.4"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def flat_dataset(pixels, *, syntax=ExplicitVRLittleEndian, sop_class=DX, modality="DX", bits=None, **elements):
    """A flat image of unsigned pixels, grey or RGB; `elements` replace or add, None removes."""
    pixels = np.asarray(pixels)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = sop_class or DX
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = "1.2.3"
    dataset.Modality = modality
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = "secret-1234"
    dataset.StudyDate = "20200102"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    allocated = 8 * pixels.itemsize
    dataset.BitsAllocated, dataset.BitsStored = allocated, bits or allocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 0
    data = pixels.tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


def jpeg_dataset(stream, pixels, **elements):
    """A flat image of the size of `pixels` whose pixels are a JPEG stream."""
    dataset = flat_dataset(pixels, syntax=JPEGBaseline8Bit, PixelData=encapsulate([stream]), **elements)
    dataset["PixelData"].is_undefined_length = True
    return dataset


def jpeg_stream(pixels, **options):
    """Pixels as Pillow encodes them."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def palette_elements(colours, *, first=0, bits=8, descriptor=None):
    """The elements of a palette: `colours` has shape (entries, 3), uint8 or uint16."""
    elements = {"PhotometricInterpretation": "PALETTE COLOR"}
    for column, name in enumerate(("Red", "Green", "Blue")):
        data = np.ascontiguousarray(colours[:, column]).tobytes()
        elements[f"{name}PaletteColorLookupTableDescriptor"] = descriptor or [len(colours) % 65536, first, bits]
        elements[f"{name}PaletteColorLookupTableData"] = data + bytes(len(data) % 2)
    return elements


def region(**elements):
    """A region of ultrasound: a plane with 0.02 cm between columns and 0.03 cm between rows."""
    item = Dataset()
    item.RegionSpatialFormat = 1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = 0.02, 0.03
    for name, value in elements.items():
        setattr(item, name, value)
    return item
