"""Studies of two patients, and files that are no volumes, full of planted values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from dicom_series import Geometry, enhanced_ct, pet_elements, series, slice_dataset
from planting import ZONE, Plants, element, plant, planted_dataset, without
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

GEOMETRY = Geometry(slices=3)
SCAN_SECONDS, INJECTION_SECONDS = 41410.125, 37810.125
DAMAGED = b"77770001"
"""A number that is overwritten in the finished file."""

UIDS_OF_A_SERIES = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
TIMES_OF_A_SCAN = (
    *("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "SeriesDate", "SeriesTime"),
    *("TimezoneOffsetFromUTC", "RadiopharmaceuticalInformationSequence"),
)
TIMES_OF_AN_INJECTION = ("RadiopharmaceuticalStartDateTime", "RadiopharmaceuticalStartTime")


def ct_slices(plants: Plants, places: Iterable[float] = range(3), **elements: object) -> list[Dataset]:
    return planted_series(plants, series(GEOMETRY, places, **elements))


def enhanced_slices(plants: Plants) -> list[Dataset]:
    dataset = enhanced_ct(GEOMETRY, range(3))
    for group in dataset.PerFrameFunctionalGroupsSequence:
        content = Dataset()
        content.add(element("StackID", "PLANT00000"))
        content.add(element("FrameReferenceDateTime", plants.value("DT")))
        content.add(element("FrameComments", plants.text()))
        group.FrameContentSequence = Sequence([content])
    return planted_series(plants, [dataset])


def pet_slices(plants: Plants, *, dated: bool = False, **elements: object) -> list[Dataset]:
    """A PET scan one hour after the injection, with times of day, or with moments that have a date and a zone."""
    day = plants.day(9 if dated else 8)
    scan, injection = plants.time(SCAN_SECONDS), plants.time(INJECTION_SECONDS)
    times = {"SeriesDate": day, "SeriesTime": scan, "AcquisitionDate": day, "AcquisitionTime": scan}
    datasets = series(GEOMETRY, **pet_elements(**times | elements))
    planted = planted_dataset(plants)
    item = datasets[0].RadiopharmaceuticalInformationSequence[0]
    del item.RadiopharmaceuticalStartTime
    for new in without(planted, TIMES_OF_AN_INJECTION):
        if new.tag not in item and new.VR != "SQ":
            item.add(new)
    if dated:
        item.RadiopharmaceuticalStartDateTime = plants.moment(day, injection)
    else:
        item.RadiopharmaceuticalStartTime = injection
    for dataset in datasets:
        dataset.RadiopharmaceuticalInformationSequence = Sequence([item])
        if dated:
            dataset.AcquisitionDateTime, dataset.TimezoneOffsetFromUTC = plants.moment(day, scan), ZONE
            dataset.private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", plants.moment(day, scan))
            dataset.private_block(0x0071, "SIEMENS MED PT", create=True).add_new(0x22, "LO", plants.text())
    return planted_series(plants, datasets, without(planted, TIMES_OF_A_SCAN))


def planted_series(plants: Plants, datasets: list[Dataset], planted: Dataset | None = None) -> list[Dataset]:
    """Data sets with planted values in all elements that they lack, and with UIDs of their own."""
    planted = planted_dataset(plants) if planted is None else planted
    shared = {keyword: plants.uid() for keyword in UIDS_OF_A_SERIES}
    for dataset in datasets:
        for keyword, uid in shared.items():
            setattr(dataset, keyword, uid)
        dataset.SOPInstanceUID = plants.uid()
        plant(dataset, planted, plants)
    return datasets


def write_planted(folder: Path, datasets: Iterable[Dataset], plants: Plants, damage: bytes = b"PLANT999") -> None:
    """Write files with planted names; their numbers `DAMAGED` become `damage`."""
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
        path = folder / f"{plants.text()}^.dcm"
        dataset.save_as(path, enforce_file_format=True)
        path.write_bytes(path.read_bytes().replace(DAMAGED, damage))


def _changed(dataset: Dataset, keyword: str, value: object) -> Dataset:
    dataset.add(element(keyword, value))
    return dataset


def _bare(plants: Plants, sop_class: str, modality: str) -> list[Dataset]:
    [dataset] = ct_slices(plants, [0])
    dataset = _changed(_changed(dataset, "SOPClassUID", sop_class), "Modality", modality)
    del dataset.PixelData, dataset.Rows, dataset.Columns
    return [dataset]


def _colour(plants: Plants) -> list[Dataset]:
    [dataset] = ct_slices(plants, [0])
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = 3 * dataset.PixelData
    return [dataset]


def _syntax(plants: Plants) -> list[Dataset]:
    [dataset] = ct_slices(plants, [0])
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.PhotometricInterpretation = plants.text()
    return [dataset]


def _disagreeing(plants: Plants) -> list[Dataset]:
    datasets = pet_slices(plants)
    datasets[1].Units, datasets[1].PatientWeight = plants.text(), "81.25"
    return datasets


def _lone(name: str, value: Callable[[Plants], str]) -> Callable[[Plants], list[Dataset]]:
    return lambda plants: [_changed(ct_slices(plants, [0])[0], name, value(plants))]


NO_VOLUMES: dict[str, tuple[str, Callable[[Plants], list[Dataset]]]] = {
    "a damaged number": ("unreadable", lambda plants: ct_slices(plants, RescaleIntercept=DAMAGED.decode())),
    "an unknown class": ("unsupported-class", _lone("SOPClassUID", Plants.uid)),
    "burned-in text": ("burned-in", lambda plants: ct_slices(plants, BurnedInAnnotation="YES")),
    "a dose report": ("structured-report", lambda plants: _bare(plants, "1.2.840.10008.5.1.4.1.1.88.67", "SR")),
    "contours": ("not-an-image", lambda plants: _bare(plants, "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")),
    "a private object": ("not-an-image", lambda plants: _bare(plants, plants.uid(), plants.text())),
    "a DICOMDIR": ("dicomdir", lambda plants: _bare(plants, "1.2.840.10008.1.3.10", plants.text())),
    "colour": ("colour", _colour),
    "pixels of an unknown kind": ("colour", _syntax),
    "a gap": ("missing-slices", lambda plants: ct_slices(plants, [0, 1, 2, 4])),
    "uneven slices": ("uneven-spacing", lambda plants: ct_slices(plants, [0, 1, 2.4, 3, 4])),
    "two at one place": ("duplicate-position", lambda plants: _twice(plants)),
    "no position": ("no-position", lambda plants: [without_position(ct_slices(plants, [0])[0])]),
    "no attenuation": ("not-attenuation-corrected", lambda plants: pet_slices(plants, CorrectedImage=plants.text())),
}
"""What becomes no volume: name -> reason, and its data sets."""

NO_SUV: dict[str, tuple[str, Callable[[Plants], list[Dataset]]]] = {
    "damaged weight": ("suv-weight", lambda plants: pet_slices(plants, PatientWeight=DAMAGED.decode())),
    "unknown unit": ("suv-units", lambda plants: pet_slices(plants, Units=plants.text())),
    "unknown decay": ("suv-decay", lambda plants: pet_slices(plants, DecayCorrection=plants.text())),
    "bad time": ("bad-time", lambda plants: _with_bad_time(plants)),
    "slices disagree": ("inconsistent-series", _disagreeing),
}
"""PET that becomes a volume without SUV: name -> reason, and its data sets."""


def _twice(plants: Plants) -> list[Dataset]:
    datasets = ct_slices(plants, [0, 1, 1, 2])
    datasets[2].PixelData = bytes(len(datasets[2].PixelData))
    return datasets


def without_position(dataset: Dataset) -> Dataset:
    del dataset.ImagePositionPatient
    return dataset


def _with_bad_time(plants: Plants) -> list[Dataset]:
    return [_changed(dataset, "SeriesTime", "PLANT998") for dataset in pet_slices(plants)]


def write_studies(folder: Path, plants: Plants) -> None:
    """Two patients, each with a CT and a PET series, in folders that bear their names."""
    for dated in (False, True):
        patient = folder / f"{plants.text()}^{plants.text()}" / plants.text()
        write_planted(patient, ct_slices(plants), plants)
        write_planted(patient / plants.text(), pet_slices(plants, dated=dated), plants)


def write_cut_file(folder: Path, plants: Plants) -> None:
    """A CT slice that ends within its pixels."""
    write_planted(folder, [slice_dataset(GEOMETRY, 0, SeriesInstanceUID=plants.uid())], plants)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-20])


def write_text(folder: Path, plants: Plants) -> None:
    """A list of patients that calls itself DICOM."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plants.text()}.dcm").write_text(f"patient\tborn\n{plants.text()}\t{plants.day()}\n")
