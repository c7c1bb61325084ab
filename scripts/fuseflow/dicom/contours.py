"""Which pixels of a plane closed contours enclose: the even-odd rule on the centres of the pixels.

A pixel is inside if a ray from its centre crosses the contours an odd number of times: holes, holes in islands and
keyholes (a hole joined to the border by a cut) come out as drawn, in whatever direction the contours run.

A centre on the contour itself belongs to the region if the region continues towards higher indices. So regions that
share an edge cover each pixel along it once: none twice, none not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fuseflow.dicom.label_grid import DIGITS, Indices, Mask, Points

CROSSINGS = 1 << 20
"""How many crossings of lines and edges are computed at a time, which bounds the memory."""


def fill(contours: Sequence[Points], window: tuple[slice, slice]) -> Mask:
    """Fill closed contours by the even-odd rule.

    Parameters
    ----------
    contours
        Corners of each polygon, shape (n, 2), in indices of pixels with fractions: the centre of a pixel has whole
        ones. The last corner is joined to the first.
    window
        The pixels to look at: start and stop along both axes, not negative. A pixel comes out the same in any window.

    Returns
    -------
    numpy.ndarray
        bool, of the shape of the window.

    Examples
    --------
    >>> square = np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5]])
    >>> hole = np.array([[1.5, 1.5], [2.5, 1.5], [2.5, 2.5], [1.5, 2.5]])
    >>> fill([square, hole], (slice(0, 4), slice(1, 5))).astype(int)
    array([[0, 0, 0, 0],
           [1, 1, 1, 0],
           [1, 0, 1, 0],
           [1, 1, 1, 0]])
    """
    along, lines = window
    length, count = along.stop - along.start, lines.stop - lines.start
    # a crossing turns all centres from there on from outside to inside or back; one place more for those beyond
    turns = np.zeros(count * (length + 1), np.int64)
    for place, line in _crossings(contours, lines):
        # a centre on the contour is on it, whatever the last digits of the crossing are
        first = np.clip(np.ceil(np.round(place, DIGITS)) - along.start, 0, length).astype(np.int64)
        turns += np.bincount((line - lines.start) * (length + 1) + first, minlength=turns.size)
    odd = (turns.reshape(count, length + 1).cumsum(axis=1) & 1).astype(bool)
    return odd[:, :length].T


def _crossings(contours: Sequence[Points], lines: slice) -> Iterator[tuple[Points, Indices]]:
    """Where edges cross lines of centres: the place on the line, and the number of the line."""
    start = np.concatenate(contours)
    end = np.concatenate([np.roll(contour, -1, axis=0) for contour in contours])
    # an edge is computed in one direction only, so that two regions that share it find the same crossings
    upward = (start[:, 1] < end[:, 1])[:, None]
    lower, upper = np.where(upward, start, end), np.where(upward, end, start)
    # lines from the lower end on and below the upper one: a corner between two edges is crossed once
    first = np.clip(np.ceil(lower[:, 1]), lines.start, lines.stop).astype(np.int64)
    counts = np.clip(np.ceil(upper[:, 1]), lines.start, lines.stop).astype(np.int64) - first
    crossed = np.flatnonzero(counts)
    total = np.cumsum(counts[crossed])
    for block in np.split(crossed, np.flatnonzero(np.diff(total // CROSSINGS)) + 1):
        edge = np.repeat(block, counts[block])
        before = np.repeat(np.cumsum(counts[block]) - counts[block], counts[block])
        line = first[edge] + np.arange(len(edge)) - before
        share = (line - lower[edge, 1]) / (upper[edge, 1] - lower[edge, 1])
        yield lower[edge, 0] + share * (upper[edge, 0] - lower[edge, 0]), line
