"""Conversion: raw files of a case become canonical images, or the case is refused with a reason.

Flat images become PNG: grey of 8 or 16 bits where the source is grey, also where it is grey stored as RGB, else RGB.
Pixel values are never changed. Slices of DICOM series become volumes, see `fuseflow.dicom.studies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fuseflow.errors import Refused
from fuseflow.formats.png import Pixels, read_png
from fuseflow.grey import is_grey


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Turn the raw files of one case into canonical images.

    Parameters
    ----------
    size
        Expected columns and rows; None accepts any size, as long as all roles agree.
    bits
        Expected bits per sample, 8 or 16; None accepts both.
    """

    size: tuple[int, int] | None = None
    bits: int | None = None

    def __call__(self, raw: Mapping[str, bytes]) -> dict[str, Pixels]:
        """Canonical images by role.

        Parameters
        ----------
        raw
            Role -> bytes of its file.

        Returns
        -------
        dict
            Role -> pixels, uint8 or uint16, shape (rows, columns) or (rows, columns, 3).

        Raises
        ------
        Refused
            ``unreadable``, ``unsupported-pixels``, ``wrong-size``, ``wrong-depth``, ``constant`` or ``size-mismatch``.
        """
        images = {role: self._image(role, data) for role, data in sorted(raw.items())}
        shapes = {role: image.shape[:2] for role, image in images.items()}
        if len(set(shapes.values())) > 1:
            found = ", ".join(f"{role} has {columns} x {rows}" for role, (rows, columns) in shapes.items())
            raise Refused("size-mismatch", f"the images of this case differ in size: {found} pixels")
        return images

    def _image(self, role: str, data: bytes) -> Pixels:
        try:
            pixels = collapse_grey(read_png(data))
        except Refused as refusal:
            raise Refused(refusal.reason, f"{role}: {refusal.detail}") from None
        rows, columns = pixels.shape[:2]
        bits = 8 * pixels.itemsize
        if self.size is not None and (columns, rows) != tuple(self.size):
            raise Refused(
                "wrong-size", f"{role} has {columns} x {rows} pixels, the card expects {self.size[0]} x {self.size[1]}"
            )
        if self.bits is not None and bits != self.bits:
            raise Refused("wrong-depth", f"{role} has {bits} bits per sample, the card expects {self.bits}")
        if (pixels == pixels[0, 0]).all():
            raise Refused("constant", f"every pixel of {role} has the value {pixels[0, 0].tolist()}")
        return pixels


def collapse_grey(pixels: Pixels) -> Pixels:
    """Grey as (rows, columns) where all three channels are equal; other pixels unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> collapse_grey(np.full((2, 2, 3), 7, np.uint8)).shape
    (2, 2)
    """
    if pixels.ndim == 3 and is_grey(pixels):
        return pixels[..., 0].copy()
    return pixels
