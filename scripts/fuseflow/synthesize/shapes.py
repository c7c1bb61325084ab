"""Soft-edged shapes on a pixel grid, to be painted over each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class Ellipse:
    """An ellipse; lengths in pixels, row 0 at the top.

    Parameters
    ----------
    row, column
        The centre.
    half_height, half_width
        The semi-axes, along rows and columns before rotation.
    angle
        Rotation, clockwise as displayed, in degrees.
    """

    row: float
    column: float
    half_height: float
    half_width: float
    angle: float = 0.0

    def polar(
        self, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Relative radius (1 on the ellipse) and polar angle in radians (0 at its own top) of points.

        Examples
        --------
        >>> ellipse = Ellipse(row=5.0, column=5.0, half_height=4.0, half_width=2.0)
        >>> radius, angle = ellipse.polar(np.array([1.0, 5.0]), np.array([5.0, 9.0]))
        >>> radius.tolist(), np.degrees(angle).tolist()
        ([1.0, 2.0], [0.0, 90.0])
        """
        turn = np.deg2rad(self.angle)
        down, right = rows - self.row, columns - self.column
        along = (np.cos(turn) * down - np.sin(turn) * right) / self.half_height
        across = (np.sin(turn) * down + np.cos(turn) * right) / self.half_width
        return np.hypot(along, across), np.arctan2(across, -along)

    def coverage(
        self, rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64], *, edge: float = 1.0
    ) -> npt.NDArray[np.float64]:
        """How far each point lies inside, 0 to 1, with a linear edge about `edge` pixels wide.

        Examples
        --------
        >>> ellipse = Ellipse(row=0.0, column=0.0, half_height=4.0, half_width=4.0)
        >>> ellipse.coverage(np.zeros(4), np.array([0.0, 3.75, 4.0, 5.0])).tolist()
        [1.0, 0.75, 0.5, 0.0]
        """
        radius, _ = self.polar(rows, columns)
        return inside(1.0 - radius, scale=min(self.half_height, self.half_width), edge=edge)


def inside(margin: npt.NDArray[np.float64], *, scale: float, edge: float) -> npt.NDArray[np.float64]:
    """Coverage 0 to 1 of points at a relative distance `margin` from a border, positive inside.

    Parameters
    ----------
    margin
        Relative distance.
    scale
        Pixels per unit of `margin`.
    edge
        Width in pixels over which the coverage goes from 0 to 1.

    Examples
    --------
    >>> inside(np.array([-1.0, 0.0, 0.1]), scale=10.0, edge=4.0).tolist()
    [0.0, 0.5, 0.75]
    """
    return np.clip(margin * (scale / edge) + 0.5, 0.0, 1.0)
