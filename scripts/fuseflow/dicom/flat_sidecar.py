"""What is known about a flat DICOM image besides its pixels: numbers and the standard's terms only."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from fuseflow.dicom.flat_classes import is_secondary_capture
from fuseflow.dicom.frames import Frame
from fuseflow.dicom.tags import Element, items, number_if_any, numbers, text
from fuseflow.errors import Refused
from fuseflow.formats.stored import Remark

SPACINGS = ("ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""Spacing on the detector or on the film, where that in the patient is not known."""
REGIONS = "SequenceOfUltrasoundRegions"
TWO_DIMENSIONAL, CENTIMETRES = 1, 3
"""Terms of RegionSpatialFormat and of PhysicalUnitsXDirection and PhysicalUnitsYDirection."""
WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
LOSSY_SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless)


def facts_of(dataset: Dataset, frame: Frame) -> dict[str, Any]:
    """Keys of the sidecar that `fuseflow.formats.flat_images.described` does not know.

    Returns
    -------
    dict
        ``modality``, ``transfer_syntax``, ``lossy``, ``spacing``, ``spacing_element``, ``window``, ``rescale`` and
        ``padding``, None where the file says nothing.
    """
    spacing, element = _spacing(dataset, frame)
    instance = frame.instance
    return {
        "modality": instance.modality or None,
        "transfer_syntax": instance.pixels.transfer_syntax if instance.pixels else None,
        "lossy": _is_lossy(dataset, frame),
        "spacing": spacing,
        "spacing_element": element,
        "window": _window(dataset),
        "rescale": {"slope": frame.slope, "intercept": frame.intercept} if frame.rescaled else None,
        "padding": None,
    }


def _is_lossy(dataset: Dataset, frame: Frame) -> bool | None:
    stated = {"01": True, "00": False}.get(text(dataset, "LossyImageCompression") or "")
    pixels = frame.instance.pixels
    return True if pixels and pixels.transfer_syntax in LOSSY_SYNTAXES else stated


def _spacing(dataset: Dataset, frame: Frame) -> tuple[list[float] | None, str | None]:
    """Between rows and between columns, in mm, and the element that says so."""
    stated = {"PixelSpacing": frame.spacing} | {name: _numbers_if_any(dataset, name, count=2) for name in SPACINGS}
    for element, spacing in stated.items():
        if spacing and min(spacing) > 0:
            return list(spacing), element
    regions = {_spacing_of_region(region) for region in items(dataset, REGIONS)}
    found = regions.pop() if len(regions) == 1 else None
    return (list(found), REGIONS) if found else (None, None)


def _spacing_of_region(region: Dataset) -> tuple[float, float] | None:
    """Between rows and between columns of a region of ultrasound, if it shows a plane."""
    units = [number_if_any(region, f"PhysicalUnits{axis}Direction") for axis in "YX"]
    steps = [number_if_any(region, f"PhysicalDelta{axis}") for axis in "YX"]
    plane = number_if_any(region, "RegionSpatialFormat") == TWO_DIMENSIONAL
    if not plane or units != [CENTIMETRES, CENTIMETRES] or not steps[0] or not steps[1]:
        return None
    return abs(steps[0]) * 10, abs(steps[1]) * 10


def _window(dataset: Dataset) -> dict[str, Any] | None:
    centers, widths = (_numbers_if_any(dataset, element) for element in ("WindowCenter", "WindowWidth"))
    if not centers or not widths or len(centers) != len(widths) or min(widths) <= 0:
        return None
    function = text(dataset, "VOILUTFunction")
    return {
        "center_width": [list(pair) for pair in zip(centers, widths, strict=True)],
        # what the standard assumes where the element is missing
        "function": function if function in WINDOW_FUNCTIONS else WINDOW_FUNCTIONS[0],
    }


def remarks_on(dataset: Dataset, frame: Frame) -> list[Remark]:
    """What a user should know of a flat image, though its pixels are right."""
    instance = frame.instance
    capture = is_secondary_capture(instance.sop_class)
    unstated = text(dataset, "BurnedInAnnotation") is None and (capture or instance.modality == "US")
    found = {
        "secondary-capture": capture and "the file is a secondary capture: the image was copied, and perhaps changed",
        "burned-in-unstated": unstated and "the file does not say whether text is burned into the pixels",
        "surplus-data": bool(instance.pixels and instance.pixels.surplus)
        and "there are some bytes behind the pixels that were not used",
        "not-rescaled": (frame.slope, frame.intercept) != (1, 0)
        and "the pixels are the stored values; rescale says how to compute others from them",
        "table-not-applied": "VOILUTSequence" in dataset
        and "the file holds a table for showing the image (VOI LUT), which was not applied",
        "overlay-left-out": any(0x6000 <= tag.group <= 0x60FF for tag in dataset.keys())  # noqa: SIM118
        and "the file holds overlays, which were left out",
        "spacing-not-in-patient": _spacing(dataset, frame)[1] in SPACINGS
        and "the spacing is that on the detector or on the film, not in the patient",
    }
    return [Remark(code=code, detail=detail) for code, detail in found.items() if isinstance(detail, str)]


def _numbers_if_any(dataset: Dataset, element: Element, *, count: int | None = None) -> tuple[float, ...] | None:
    """The numbers of an element that may be left out: None also if it does not hold such."""
    try:
        return numbers(dataset, element, count=count)
    except Refused:
        return None
