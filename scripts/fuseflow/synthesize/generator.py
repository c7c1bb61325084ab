"""What a generator of synthetic images is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What was drawn for one patient.

    Parameters
    ----------
    stratum
        The group that the patient belongs to, for example ``lesion`` or ``normal``.
    anatomy
        Every drawn parameter by name: all that the rendering needs, apart from the noise.
    """

    stratum: str
    anatomy: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Generator:
    """A generator: random drawing of parameters apart from their deterministic rendering.

    Parameters
    ----------
    name
        How the command line and data set cards spell it.
    title
        One line that says what it makes.
    roles
        The images of a case, for example ``("CT", "MR")``.
    draw
        Draws a patient from its anatomy stream; the second argument is the number of the patient, from 1.
    render
        Renders one role of a patient: from the anatomy, the role, the number of slices and the noise stream of that
        patient and role to uint8 of shape (slices, rows, columns).
    """

    name: str
    title: str
    roles: tuple[str, ...]
    draw: Callable[[np.random.Generator, int], Patient]
    render: Callable[[Mapping[str, float], str, int, np.random.Generator], npt.NDArray[np.uint8]]
