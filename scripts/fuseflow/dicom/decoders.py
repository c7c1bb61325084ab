"""Decoders of compressed pixels, all with permissive licences: which there are, and what is missing.

The decoder of each encoding is fixed, so that other packages that happen to be installed never change a pixel.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.uid import UID

from fuseflow.errors import InputError


@dataclass(frozen=True)
class Decoder:
    """A decoder: pydicom's name for its plugin, the module it needs, the packages to install (its own is the last)."""

    plugin: str
    module: str
    packages: tuple[str, ...]


GDCM = Decoder("gdcm", "gdcm", ("python-gdcm",))
OPENJPEG = Decoder("pylibjpeg", "openjpeg", ("pylibjpeg", "pylibjpeg-openjpeg"))
RLE = Decoder("pylibjpeg", "rle", ("pylibjpeg", "pylibjpeg-rle"))

UNCOMPRESSED = frozenset(
    {
        "1.2.840.10008.1.2",  # implicit, little endian
        "1.2.840.10008.1.2.1",  # explicit, little endian
        "1.2.840.10008.1.2.1.99",  # deflated
        "1.2.840.10008.1.2.2",  # explicit, big endian
    }
)
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
DECODERS = {
    "1.2.840.10008.1.2.4.50": GDCM,  # JPEG baseline, 8 bits
    JPEG_EXTENDED: GDCM,  # 8 bits only
    "1.2.840.10008.1.2.4.57": GDCM,  # JPEG lossless
    "1.2.840.10008.1.2.4.70": GDCM,  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.80": GDCM,  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.81": GDCM,  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90": OPENJPEG,  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91": OPENJPEG,  # JPEG 2000
    "1.2.840.10008.1.2.4.201": OPENJPEG,  # high-throughput JPEG 2000 lossless
    "1.2.840.10008.1.2.4.202": OPENJPEG,  # high-throughput JPEG 2000 lossless, RPCL
    "1.2.840.10008.1.2.4.203": OPENJPEG,  # high-throughput JPEG 2000
    RLE_LOSSLESS: RLE,
}
"""UID of a compressed transfer syntax -> its decoder."""
KEEP_ALL_BITS = UNCOMPRESSED | {RLE_LOSSLESS}
"""Encodings that keep every allocated bit where it was; the others keep the stored ones, as the lowest."""


def is_known(transfer_syntax: str, *, bits_stored: int) -> bool:
    """Whether pixels of this encoding can be decoded, if the decoder is installed.

    The only decoder of JPEG Extended with more than 8 bits has a licence that this project cannot take on.

    Examples
    --------
    >>> is_known("1.2.840.10008.1.2.4.51", bits_stored=8), is_known("1.2.840.10008.1.2.4.51", bits_stored=12)
    (True, False)
    """
    if transfer_syntax == JPEG_EXTENDED and bits_stored > 8:
        return False
    return transfer_syntax in UNCOMPRESSED or transfer_syntax in DECODERS


def packages_for(transfer_syntaxes: Iterable[str]) -> list[str]:
    """The packages whose decoders are used for some encodings, sorted.

    Examples
    --------
    >>> packages_for(["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"])
    ['python-gdcm']
    """
    used = {DECODERS[syntax] for syntax in transfer_syntaxes if syntax in DECODERS}
    return sorted({decoder.packages[-1] for decoder in used})


def check_installed(transfer_syntaxes: Iterable[str]) -> None:
    """Make sure that every decoder that will be needed is there, before any work is done.

    Raises
    ------
    InputError
        Naming the encodings and the command that installs what is missing.

    Examples
    --------
    >>> check_installed(["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5"])
    """
    missing = {
        UID(syntax).name: DECODERS[syntax].packages
        for syntax in sorted(set(transfer_syntaxes))
        if syntax in DECODERS and importlib.util.find_spec(DECODERS[syntax].module) is None
    }
    if missing:
        packages = " ".join(sorted({package for packages in missing.values() for package in packages}))
        raise InputError(f"no decoder for {', '.join(missing)} is installed; install it with: pip install {packages}")
