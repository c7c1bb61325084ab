"""What can go wrong, in words: refused cases and unusable input.

A case that cannot be right is *refused*: it gets a reason code from `REASONS` and one sentence, the run goes on, and
the report counts it. Input that makes the whole command meaningless (a missing table, an unknown method) is an
`InputError`; commands print its sentence and end with exit status 2.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    "unreadable": "the file is damaged, cut short or not of the format its name says",
    "changed": "the file is no longer the one that was indexed",
    "wrong-size": "the image has another size than the data set card expects",
    "wrong-depth": "the image has another bit depth than the data set card expects",
    "unsupported-pixels": "the pixels are of a kind that cannot be kept or used without loss",
    "orphan": "one or more of the images that make a case are missing",
    "ambiguous-role": "several files claim the same role of a case",
    "unsafe-name": "the name cannot be used as an id",
    "unknown-patient": "the name does not say which patient the image belongs to",
    "constant": "all pixels have the same value",
    "duplicate": "the same pixels are already there under another name",
    "size-mismatch": "the images of one case have different sizes",
    "unknown-format": "the file is not of a format that is read",
    "apple-double": "the file holds metadata of macOS and no image",
    "crashed": "a decoder crashed on the file",
    "timeout": "a decoder did not come to an end with the file",
    # files of volumes
    "impossible-size": "the header announces more data than the file can hold",
    "too-large": "the image is larger than what is decoded into memory",
    "outside-path": "the header names a data file outside of its folder",
    "unsupported-dimensions": "the image has more axes than can be kept",
    "no-geometry": "the directions and spacings of the grid are not usable",
    "no-axes": "nobody says what the axes of the array are",
    "not-labels": "a label image holds values that are no labels",
    "several-images": "the file holds several images, and nobody says which of them is meant",
    "sheared": "the format cannot hold a grid whose axes are not perpendicular",
    # DICOM files that are no part of a volume
    "not-dicom": "the file is not a DICOM file",
    "dicomdir": "the file is a DICOMDIR, which only lists other files",
    "structured-report": "the file is a structured report, such as a dose report",
    "presentation-state": "the file is a presentation state",
    "key-object": "the file is a key object selection",
    "not-an-image": "the DICOM object is not an image",
    "unsupported-class": "the DICOM image is not of CT, MR or PET",
    "unsupported-syntax": "the pixels are encoded in a way that there is no decoder for",
    "secondary-capture": "the image is a secondary capture",
    "screen-save": "the image is a picture of a screen",
    "burned-in": "the image says that annotation is burned in, which may identify the patient",
    "colour": "the image is in colour, a volume is not",
    "localizer": "the image is a localizer",
    "reprojection": "the image is a projection of a volume, such as a MIP",
    "no-position": "the image does not say where it lies",
    "no-spacing": "the image does not say how large its pixels are",
    "not-attenuation-corrected": "the PET image is not corrected for attenuation",
    # series that are no volume
    "single-slice": "the series has one slice only",
    "duplicate-position": "two different images claim the same position",
    "ambiguous-phases": "several elements tell phases apart, and in different ways",
    "incomplete-phases": "the phases of the series do not have the same positions",
    "missing-slices": "slices are missing between the first and the last",
    "uneven-spacing": "the slices are not evenly spaced",
    "shifted-slices": "the slices do not lie on a line",
    "inconsistent-series": "images of one series disagree about something that holds for all of it",
    # volumes that cannot be brought onto one grid
    "no-overlap": "the images of one case hardly overlap in space",
    "different-frame": "the positions of two images are told from different origins",
    "different-grids": "the images of one case lie on different grids, and nobody says which of them to take",
    # normalization
    "not-finite": "voxels are NaN or infinite",
    "wrong-modality": "the normalization is for images of another modality or unit",
    "empty-mask": "no voxel lies inside the mask that is computed with",
    # segmentations
    "no-reference": "the images that the segmentation was drawn on are missing",
    "no-segments": "the segmentation holds no segment that can be drawn",
    # PET series whose SUV cannot be computed
    "suv-units": "the unit of the PET image does not allow to compute SUV",
    "suv-scale-factor": "the PET image is in counts and has no factor to convert them",
    "suv-decay": "the decay correction of the PET image is missing or unknown",
    "suv-weight": "the patient's weight is missing",
    "suv-height": "the patient's height is missing and the formula needs it",
    "suv-dose": "the injected activity is missing or not positive",
    "suv-half-life": "the half-life of the radionuclide is missing and the nuclide is not known",
    "suv-injection-time": "the time of injection is missing or after the scan",
    "suv-scan-time": "the time of the scan is missing",
    "suv-frame-time": "the duration of the frame is missing and the formula needs it",
    "suv-multiframe": "SUV of enhanced and legacy converted PET images is not supported",
    "bad-time": "a date or time is not written as the standard says",
}
"""Every reason code a case can be refused for, with its meaning in general terms."""


class FuseflowError(Exception):
    """Base class: its text is one sentence that says what, where and what to do."""


class InputError(FuseflowError):
    """Wrong usage or unusable input; the command ends with exit status 2."""


class Refused(FuseflowError):
    """A case, or a method on a case, cannot be done right.

    Parameters
    ----------
    reason
        A code from `REASONS`.
    detail
        One sentence for this case: what was found and what was expected.

    Raises
    ------
    KeyError
        If `reason` is not in `REASONS`.

    Examples
    --------
    >>> raise Refused("constant", "CT has the value 0 everywhere")
    Traceback (most recent call last):
    fuseflow.errors.Refused: constant: CT has the value 0 everywhere
    """

    def __init__(self, reason: str, detail: str) -> None:
        if reason not in REASONS:
            raise KeyError(reason)
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
