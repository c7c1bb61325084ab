"""Deflated DICOM files: how much they become, found before anything is asked to hold it."""

from __future__ import annotations

import struct

from isal import igzip_lib
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fuseflow.errors import Refused
from fuseflow.formats.limits import ANY_RATIO, DEFLATE_RATIO, LIKELY_RATIO

META = 132
"""Where the file meta information begins, behind preamble and prefix."""
GROUP_LENGTH = struct.Struct("<HH2sHI")
"""The element that says how long it is: group, element, type, length and value."""
FED, PIECE = 2**18, 2**20
"""Bytes that go into the decompressor, and that come out of it at a time."""


def check_deflated(data: bytes) -> None:
    """Make sure that a deflated file does not become far more than any image does; other files pass.

    Raises
    ------
    Refused
        ``too-large``.

    Notes
    -----
    DICOM PS3.5, A.5: everything behind the file meta information is one deflate stream.

    Examples
    --------
    >>> check_deflated(b"not even DICOM")
    """
    start = _start_of_deflated(data)
    limit = max(ANY_RATIO, (len(data) - start) * LIKELY_RATIO)
    if not start or (len(data) - start) * DEFLATE_RATIO <= limit:
        return
    if _inflated_size(data, start, limit=limit) > limit:
        raise Refused("too-large", f"{len(data)} deflated bytes become more than {limit}, far more than any image does")


def _start_of_deflated(data: bytes) -> int:
    """Where the deflated part begins; 0 of files that have none, or do not say how long their meta information is."""
    if len(data) < META + GROUP_LENGTH.size:
        return 0
    group, element, kind, size, length = GROUP_LENGTH.unpack_from(data, META)
    if (group, element, kind, size) != (2, 0, b"UL", 4):
        return 0
    end = META + GROUP_LENGTH.size + length
    return end if DeflatedExplicitVRLittleEndian.encode() in data[META:end] else 0


def _inflated_size(data: bytes, start: int, *, limit: int) -> int:
    """How many bytes come out, as far as that is more than the limit; damage ends the count and is found later."""
    stream = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    size = 0
    for place in range(start, len(data), FED):
        fed = data[place : place + FED]
        while not stream.eof and size <= limit:
            try:
                size += len(stream.decompress(fed, PIECE))
            except MemoryError:
                raise
            except Exception:
                # isal's own error is no class that can be named here
                return size
            fed = b""
            if stream.needs_input:
                break
    return size
