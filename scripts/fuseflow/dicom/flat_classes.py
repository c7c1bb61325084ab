"""Which DICOM images are flat: pictures by one exposure or one frame, which have no place in a volume.

Source: DICOM PS3.4, B.5 (Standard SOP Classes), and PS3.3, C.7.3.1.1.1 (Modality).
"""

from __future__ import annotations

from fuseflow.dicom.modalities import SECONDARY_CAPTURE

_STORAGE = "1.2.840.10008.5.1.4.1.1."
FLAT_CLASSES = frozenset(
    _STORAGE + number
    for number in (
        "1",  # computed radiography
        "1.1",  # digital X-ray, for presentation
        "1.1.1",  # digital X-ray, for processing
        "1.2",  # mammography
        "1.2.1",
        "1.3",  # intra-oral X-ray
        "1.3.1",
        "3",  # ultrasound with several frames, retired
        "3.1",  # ultrasound with several frames
        "6",  # ultrasound, retired
        "6.1",  # ultrasound
        "12.1",  # angiography
        "12.1.1",
        "12.2",  # radiofluoroscopy
        "12.2.1",
        "77.1.1",  # endoscopy
        "77.1.1.1",
        "77.1.2",  # microscopy
        "77.1.2.1",
        "77.1.3",
        "77.1.4",  # photography
        "77.1.4.1",
        "77.1.5.1",  # ophthalmic photography, 8 bits
        "77.1.5.2",  # ophthalmic photography, 16 bits
        "77.1.5.5",
        "77.1.7",  # dermoscopy
    )
)
FLAT_MODALITIES = frozenset({"CR", "DX", "ES", "IO", "MG", "OP", "RF", "US", "XA", "XC"})
"""Modalities of flat images whose class does not say what they are: secondary captures, and files without a class."""


def is_flat_class(sop_class: str, modality: str) -> bool:
    """Whether images of this storage class and modality are flat ones.

    Parameters
    ----------
    sop_class
        UID of the storage class; empty if the file does not name one.
    modality
        The standard's term.

    Examples
    --------
    >>> is_flat_class("1.2.840.10008.5.1.4.1.1.1.1", "DX"), is_flat_class("1.2.840.10008.5.1.4.1.1.2", "CT")
    (True, False)
    >>> is_flat_class("1.2.840.10008.5.1.4.1.1.7", "CR"), is_flat_class("1.2.840.10008.5.1.4.1.1.7", "CT")
    (True, False)
    """
    if not sop_class or is_secondary_capture(sop_class):
        return modality in FLAT_MODALITIES
    return sop_class in FLAT_CLASSES


def is_secondary_capture(sop_class: str) -> bool:
    """Whether a storage class is that of copies of images, of one frame or of several.

    Examples
    --------
    >>> is_secondary_capture("1.2.840.10008.5.1.4.1.1.7.4"), is_secondary_capture("1.2.840.10008.5.1.4.1.1.77.1.1")
    (True, False)
    """
    return sop_class == SECONDARY_CAPTURE or sop_class.startswith(f"{SECONDARY_CAPTURE}.")
