"""ellipses: CT and T2-weighted MR of the same head, axial slices painted from ellipses.

A small stand-in for registered CT-MR pairs: bone is bright in CT and dark in MR, brain tissue has contrast in MR and is
nearly flat in CT. Tissues are laid out first, then each role is rendered from them, so both images show one anatomy.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fuseflow.synthesize.generator import Generator, Patient
from fuseflow.synthesize.shapes import Ellipse, inside

SIZE = 256
LOWEST, HIGHEST = 0.05, 0.8
"""First and last possible height of a slice: 0 is the widest cross-section of the head, 1 the vertex."""

DEEP_GREY_EXTENT, VENTRICLE_EXTENT, LESION_EXTENT = 0.6, 0.55, 0.9
"""How far above its widest place a structure ends; the lesion goes through all slices."""

VENTRICLE_HEIGHT = 0.2
"""Where the ventricles are widest."""

GREY_LEVELS: Mapping[str, Mapping[str, float]] = {
    "CT": {"scalp": 62.0, "bone": 250.0, "grey matter": 84.0, "white matter": 76.0, "fluid": 34.0},
    "MR": {"scalp": 105.0, "bone": 14.0, "grey matter": 138.0, "white matter": 88.0, "fluid": 222.0},
}
NOISE = {"CT": 2.5, "MR": 4.0}
"""Standard deviation of the noise in grey levels."""

SHADING = {"CT": 0.0, "MR": 1.0}
"""How much of the drawn coil shading a role shows: none in CT."""

Grid = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
Layer = tuple[str, npt.NDArray[np.float64]]


def draw(stream: np.random.Generator, number: int) -> Patient:
    """Draw the anatomy of a patient; every second patient has a lesion.

    Parameters
    ----------
    stream
        The anatomy stream of the patient.
    number
        Number of the patient: the even ones have a lesion, so that any two patients or more show both strata.

    Returns
    -------
    Patient
        Lengths in pixels, angles in degrees, grey levels 0..255.

    Examples
    --------
    >>> patient = draw(np.random.default_rng(0), 2)
    >>> patient.stratum, sorted(patient.anatomy)[:3]
    ('lesion', ['brain_asymmetry', 'column', 'gyri'])
    """
    anatomy = {
        "row": stream.uniform(124.0, 132.0),
        "column": stream.uniform(124.0, 132.0),
        "head_half_length": stream.uniform(98.0, 110.0),
        "head_aspect": stream.uniform(0.77, 0.86),
        "head_angle": stream.uniform(-6.0, 6.0),
        "scalp_thickness": stream.uniform(4.0, 6.0),
        "skull_thickness": stream.uniform(5.0, 8.0),
        "gyri": float(stream.integers(11, 17)),
        "gyri_phase": stream.uniform(0.0, 360.0),
        "gyri_depth": stream.uniform(0.05, 0.08),
        "brain_asymmetry": stream.uniform(-0.02, 0.02),
        "ventricle_half_length": stream.uniform(22.0, 30.0),
        "ventricle_half_width": stream.uniform(5.0, 9.0),
        "ventricle_angle": stream.uniform(10.0, 18.0),
        "shading": stream.uniform(0.05, 0.12),
        "shading_angle": stream.uniform(0.0, 360.0),
    }
    if number % 2:
        return Patient(stratum="normal", anatomy=anatomy)
    lesion = {
        "lesion_radius": stream.uniform(10.0, 17.0),
        "lesion_aspect": stream.uniform(0.7, 1.0),
        "lesion_angle": stream.uniform(0.0, 180.0),
        "lesion_side": float(stream.choice((-1, 1))),
        "lesion_distance": stream.uniform(0.52, 0.6),
        "lesion_direction": stream.uniform(40.0, 140.0),
        "lesion_height": stream.uniform(0.2, 0.6),
        "lesion_level_MR": stream.uniform(195.0, 225.0),
        "lesion_level_CT": float(stream.choice((48.0, 128.0))),
    }
    return Patient(stratum="lesion", anatomy=anatomy | lesion)


def render(anatomy: Mapping[str, float], role: str, slices: int, noise: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Render all slices of one role, from the widest cross-section of the head upwards, equally spaced.

    Parameters
    ----------
    anatomy
        As `draw` gives it.
    role
        ``CT`` or ``MR``.
    slices
        Number of slices.
    noise
        The stream of this patient and role; used for one slice after the other.

    Returns
    -------
    numpy.ndarray
        uint8, shape (slices, 256, 256); exactly 0 outside the head.

    Examples
    --------
    >>> anatomy = draw(np.random.default_rng(0), 1).anatomy
    >>> image = render(anatomy, "CT", 1, np.random.default_rng(0))[0]
    >>> image.shape, int(image[0, 0]), bool((image > 200).any())
    ((256, 256), 0, True)
    """
    heights = LOWEST + (HIGHEST - LOWEST) * np.arange(slices) / slices
    return np.stack([_render_slice(anatomy, role, float(height), noise) for height in heights])


def _render_slice(
    anatomy: Mapping[str, float], role: str, height: float, noise: np.random.Generator
) -> npt.NDArray[np.uint8]:
    rows, columns = np.meshgrid(np.arange(float(SIZE)), np.arange(float(SIZE)), indexing="ij")
    levels = {**GREY_LEVELS[role], "lesion": anatomy.get(f"lesion_level_{role}", 0.0)}
    layers = _layers(anatomy, height, (rows, columns))
    image = np.zeros((SIZE, SIZE))
    for tissue, coverage in layers:
        image += coverage * (levels[tissue] - image)
    turn = np.deg2rad(anatomy["shading_angle"])
    ramp = (np.cos(turn) * (rows - SIZE / 2) + np.sin(turn) * (columns - SIZE / 2)) / (SIZE / 2)
    image *= 1.0 + SHADING[role] * anatomy["shading"] * ramp
    head = layers[0][1]
    image += head * NOISE[role] * noise.standard_normal((SIZE, SIZE))
    return np.floor(np.clip(image, 0.0, 255.0) + 0.5).astype(np.uint8)


def _layers(anatomy: Mapping[str, float], height: float, grid: Grid) -> list[Layer]:
    """Tissues and their coverages, in the order they are painted: the head as a whole first."""
    scale = _cross_section(height, centre=0.0, extent=1.0)
    length = anatomy["head_half_length"] * scale
    head = _concentric(anatomy, length, length * anatomy["head_aspect"], inset=0.0)
    skull = _concentric(anatomy, head.half_height, head.half_width, inset=anatomy["scalp_thickness"])
    cavity = _concentric(anatomy, skull.half_height, skull.half_width, inset=anatomy["skull_thickness"])
    brain = _concentric(anatomy, cavity.half_height, cavity.half_width, inset=2.0)
    return [
        ("scalp", head.coverage(*grid)),
        ("bone", skull.coverage(*grid)),
        ("fluid", cavity.coverage(*grid)),
        *_brain(anatomy, height, brain, grid),
        *_deep_structures(anatomy, height, scale, grid),
        *_lesion(anatomy, height, brain, grid),
    ]


def _brain(anatomy: Mapping[str, float], height: float, brain: Ellipse, grid: Grid) -> list[Layer]:
    """Folded cortex over white matter, and the fissure between the hemispheres."""
    radius, angle = brain.polar(*grid)
    phase = np.deg2rad(anatomy["gyri_phase"]) + 2.0 * height
    count = anatomy["gyri"]
    folds = 0.6 * np.sin(count * angle + phase) + 0.4 * np.sin((2.0 * count - 3.0) * angle - 1.7 * phase)
    sulci = anatomy["gyri_depth"] * np.clip(folds, 0.0, None) ** 2
    cortex = 1.0 - sulci
    white = 0.83 - 1.6 * sulci + 0.05 * np.cos(count * angle + phase) + anatomy["brain_asymmetry"] * np.sin(angle)
    # the fissure runs from front to back and spares the middle, where the hemispheres are joined
    fissure = inside(1.3 / brain.half_width - radius * np.abs(np.sin(angle)), scale=brain.half_width, edge=1.5)
    fissure *= inside(radius * np.abs(np.cos(angle)) - 0.5, scale=brain.half_height, edge=6.0)
    fissure *= inside(1.0 - radius, scale=brain.half_width, edge=1.0)
    return [
        ("grey matter", inside(cortex - radius, scale=brain.half_width, edge=2.0)),
        ("white matter", inside(white - radius, scale=brain.half_width, edge=3.0)),
        ("fluid", fissure),
    ]


def _deep_structures(anatomy: Mapping[str, float], height: float, scale: float, grid: Grid) -> list[Layer]:
    """Deep grey nuclei and the lateral ventricles, one of each per side."""
    layers: list[Layer] = []
    nuclei = _cross_section(height, centre=0.0, extent=DEEP_GREY_EXTENT)
    ventricles = _cross_section(height, centre=VENTRICLE_HEIGHT, extent=VENTRICLE_EXTENT)
    if nuclei:
        layers += [
            ("grey matter", _paired(anatomy, side, (4.0, 27.0), (20.0 * nuclei, 10.0 * nuclei), -8.0, scale, grid))
            for side in (-1.0, 1.0)
        ]
    if ventricles:
        axes = (anatomy["ventricle_half_length"] * ventricles, anatomy["ventricle_half_width"] * ventricles)
        angle = anatomy["ventricle_angle"]
        layers += [
            ("fluid", _paired(anatomy, side, (-3.0, anatomy["ventricle_half_width"] + 4.0), axes, angle, scale, grid))
            for side in (-1.0, 1.0)
        ]
    return layers


def _lesion(anatomy: Mapping[str, float], height: float, brain: Ellipse, grid: Grid) -> list[Layer]:
    if "lesion_radius" not in anatomy:
        return []
    size = anatomy["lesion_radius"] * _cross_section(height, centre=anatomy["lesion_height"], extent=LESION_EXTENT)
    direction = np.deg2rad(anatomy["lesion_direction"])
    row, column = _rotate(
        anatomy,
        -anatomy["lesion_distance"] * brain.half_height * float(np.cos(direction)),
        anatomy["lesion_side"] * anatomy["lesion_distance"] * brain.half_width * float(np.sin(direction)),
    )
    lesion = Ellipse(
        row=row,
        column=column,
        half_height=size,
        half_width=size * anatomy["lesion_aspect"],
        angle=anatomy["lesion_angle"],
    )
    return [("lesion", lesion.coverage(*grid, edge=4.0))]


def _cross_section(height: float, *, centre: float, extent: float) -> float:
    """Relative size at a height of an ellipsoid that is widest at `centre` and ends `extent` above and below it."""
    return float(max(0.0, 1.0 - ((height - centre) / extent) ** 2) ** 0.5)


def _concentric(anatomy: Mapping[str, float], half_height: float, half_width: float, *, inset: float) -> Ellipse:
    return Ellipse(
        row=anatomy["row"],
        column=anatomy["column"],
        half_height=half_height - inset,
        half_width=half_width - inset,
        angle=anatomy["head_angle"],
    )


def _paired(
    anatomy: Mapping[str, float],
    side: float,
    offset: tuple[float, float],
    axes: tuple[float, float],
    angle: float,
    scale: float,
    grid: Grid,
) -> npt.NDArray[np.float64]:
    """Coverage of the left (-1) or right (1) one of two mirrored ellipses, `offset` (down, out) from the centre."""
    row, column = _rotate(anatomy, offset[0] * scale, side * offset[1] * scale)
    ellipse = Ellipse(
        row=row,
        column=column,
        half_height=axes[0] * scale,
        half_width=axes[1] * scale,
        angle=anatomy["head_angle"] + side * angle,
    )
    return ellipse.coverage(*grid, edge=2.0)


def _rotate(anatomy: Mapping[str, float], down: float, right: float) -> tuple[float, float]:
    """Row and column of a point given relative to the centre of the head, along its own axes."""
    turn = np.deg2rad(anatomy["head_angle"])
    return (
        anatomy["row"] + float(np.cos(turn) * down + np.sin(turn) * right),
        anatomy["column"] + float(np.cos(turn) * right - np.sin(turn) * down),
    )


GENERATOR = Generator(
    name="ellipses",
    title="CT and MR of a head in axial slices, 256 x 256 pixels, 8-bit grey, made of ellipses",
    roles=("CT", "MR"),
    draw=draw,
    render=render,
)
