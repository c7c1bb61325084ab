"""Memory of intermediate results stays with the process from one case to the next."""

from __future__ import annotations

import numpy as np

LARGEST_BLOCK = 31 * 2**20
"""Just below 32 MiB, from where on the allocator of the GNU C library no longer adapts."""


def keep_freed_memory() -> None:
    """Tell the allocator that blocks of the size of images come and go, so that it keeps freed ones for the next image.

    The allocator of the GNU C library gives freed memory back to the operating system whenever more than twice the
    largest block freed so far lies unused, which is 1 MiB for images of 256 x 256 float64, and takes it anew, page by
    page, for the next intermediate result: about half of the time of a whole profile. Freeing one large block, which no
    page of memory is ever given to, moves that limit to 62 MiB. With another allocator nothing happens.

    Notes
    -----
    mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD: "dynamic mmap threshold".
    """
    np.empty(LARGEST_BLOCK, np.uint8)
