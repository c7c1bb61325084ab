"""Conversion: raw files of a case become canonical images, or the case is refused with a reason.

Volumes become NIfTI (RAS+, mm), flat images PNG: grey of 8 or 16 bits where the source is grey, also where it is grey
stored as RGB, else RGB. Values are never changed. Slices of DICOM series become volumes too, see
`fuseflow.dicom.studies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fuseflow.errors import Refused
from fuseflow.files import hash_of_file
from fuseflow.flat import FlatImage, Pixels, pixel_facts
from fuseflow.formats.reading import Image, companions_of, format_of, read_images
from fuseflow.formats.registry import READERS
from fuseflow.grey import is_grey
from fuseflow.labels import as_labels
from fuseflow.provenance import packages_of, versions_of

FLAT_DICOM = "dicom/flat"
"""The module that reads flat DICOM images, as a path below the library."""


@dataclass(frozen=True, kw_only=True)
class RoleRules:
    """What the image of a role must be like.

    Parameters
    ----------
    label
        Whether its values are labels, whole numbers without an order.
    optional
        Whether a case is whole without it.
    page
        Which image of a file with several it is, from 1; 0 if the file must hold one only.
    """

    label: bool = False
    optional: bool = False
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Turn the raw files of one case into canonical images.

    Parameters
    ----------
    roles
        Rules of roles that have any.
    size
        Expected columns and rows of flat images; None accepts any size.
    bits
        Expected bits per sample of flat images, 8 or 16; None accepts both.
    one_size
        Whether all flat images of a case must have the same size.
    """

    roles: Mapping[str, RoleRules] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    bits: int | None = None
    one_size: bool = False

    def __call__(self, files: Mapping[str, Path]) -> dict[str, Image]:
        """Canonical images by role.

        Parameters
        ----------
        files
            Role -> its file; of images that consist of several files the one with the header.

        Raises
        ------
        Refused
            As `read_file` and `fuseflow.labels.as_labels`; ``several-images``; of flat images also ``wrong-size``,
            ``wrong-depth``, ``constant`` or ``size-mismatch``.
        """
        images = {role: self._image(role, path) for role, path in sorted(files.items())}
        if self.one_size:
            _check_one_size(images)
        return images

    def _image(self, role: str, path: Path) -> Image:
        rules = self.roles.get(role, RoleRules())
        try:
            image = _chosen(read_file(path), rules.page)
            if isinstance(image, FlatImage):
                image = collapse_grey(image)
                self._check_flat(image.pixels, label=rules.label)
            return as_labels(image) if rules.label else image
        except Refused as refusal:
            raise Refused(refusal.reason, f"{role}: {refusal.detail}") from None

    def _check_flat(self, pixels: Pixels, *, label: bool) -> None:
        rows, columns = pixels.shape[:2]
        bits = 8 * pixels.itemsize
        if self.size is not None and (columns, rows) != tuple(self.size):
            raise Refused(
                "wrong-size",
                f"it has {columns} x {rows} pixels, the card expects {self.size[0]} x {self.size[1]}",
            )
        if self.bits is not None and bits != self.bits:
            raise Refused("wrong-depth", f"it has {bits} bits per sample, the card expects {self.bits}")
        # of labels one value may be the truth: nothing to be seen
        if not label and (pixels == pixels[0, 0]).all():
            raise Refused("constant", f"every pixel has the value {pixels[0, 0].tolist()}")


def read_file(path: Path) -> tuple[Image, ...]:
    """The canonical images in a file of any format, DICOM of flat images included.

    Their sidecars also say what they were made from and by: ``files``, the sha256 of the file and of those that belong
    to it, and ``versions``, those of the packages that read it.

    Raises
    ------
    Refused
        As `fuseflow.formats.reading.read_images` and `fuseflow.dicom.flat.flat_image`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from fuseflow.formats.png import write_png
    >>> path = Path(tempfile.mkdtemp()) / "CT.png"
    >>> _ = path.write_bytes(write_png(np.array([[1, 2]], np.uint8)))
    >>> (image,) = read_file(path)
    >>> image.pixels.tolist(), len(image.sidecar["files"]), "numpy" in image.sidecar["versions"]
    ([[1, 2]], 1, True)
    """
    images: tuple[Image, ...]
    if _is_dicom(path):
        from fuseflow.dicom.flat import flat_image

        images, reader = (flat_image(path),), FLAT_DICOM
    else:
        images, reader = read_images(path), READERS.module(format_of(path))
    origin = {"files": _digests_of(path), "versions": versions_of(packages_of(reader))}
    return tuple(replace(image, sidecar={**origin, **image.sidecar}) for image in images)


def _is_dicom(path: Path) -> bool:
    if format_of(path):
        return False
    # pydicom costs a quarter of a second, which other formats need not pay
    from fuseflow.dicom.reading import looks_like_dicom

    return looks_like_dicom(path)


def _digests_of(path: Path) -> list[str]:
    try:
        return [hash_of_file(file) for file in (path, *companions_of(path))]
    except OSError as error:
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror})") from None


def _chosen(images: tuple[Image, ...], page: int) -> Image:
    if page > len(images):
        raise Refused("several-images", f"the card asks for image {page} of the file, which holds {len(images)}")
    if not page and len(images) > 1:
        raise Refused("several-images", f"the file holds {len(images)} images; let the card say which page is meant")
    return images[max(page, 1) - 1]


def collapse_grey(image: FlatImage) -> FlatImage:
    """Grey as (rows, columns) where all three channels are equal, and say so; other images unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> collapse_grey(FlatImage(pixels=np.full((2, 2, 3), 7, np.uint8))).pixels.shape
    (2, 2)
    """
    pixels = image.pixels
    if pixels.ndim != 3 or not is_grey(pixels):
        return image
    warning = {"code": "grey-as-rgb", "detail": "all three channels are equal everywhere; one of them was kept"}
    grey = pixels[..., 0].copy()
    warnings = [*image.sidecar.get("warnings", []), warning]
    return replace(image, pixels=grey, sidecar={**image.sidecar, **pixel_facts(grey), "warnings": warnings})


def _check_one_size(images: Mapping[str, Image]) -> None:
    shapes = {role: image.pixels.shape[:2] for role, image in images.items() if isinstance(image, FlatImage)}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{role} has {columns} x {rows}" for role, (rows, columns) in shapes.items())
        raise Refused("size-mismatch", f"the images of this case differ in size: {found} pixels")
