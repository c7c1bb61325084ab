"""Resampling: bring every volume of a case onto one grid.

The grid is that of one of them, the reference, or one of a wanted spacing that covers the same field. Images are
interpolated, labels keep their numbers, and what happened to either is written into the sidecars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fuseflow.anti_alias import anti_alias_sigma
from fuseflow.dicom.modalities import CT
from fuseflow.errors import InputError, Refused
from fuseflow.grids import Grid, Spacing, coarse_axis, corner_aligned, grid_of, overlap, same_grid
from fuseflow.interpolation import Interpolation, Sampling, interpolated
from fuseflow.label_resampling import LabelInterpolation, compare_labels, resampled_labels
from fuseflow.labels import as_labels
from fuseflow.resampled_volume import on_grid, passed_on
from fuseflow.volume import Volume

RESAMPLED = "res"
"""What the name of a resampled role ends with if the role is kept on its own grid too: CT, CTres."""
FILL_VALUES = {CT: -1024.0}
"""Modality -> its value beyond the field of view: air. Of all others it is 0."""
SMALLEST_OVERLAP = 0.5
"""Share of the new grid that must lie in the field of view of a volume, or of the volume in that of the new grid."""
BORDERS = {
    "nearest": "up to half a voxel beyond the outer voxel centres their values, then the fill value",
    "linear": "up to half a voxel beyond the outer voxel centres their values, then the fill value",
    "bspline": "up to half a voxel beyond the outer voxel centres mirrored about them, then the fill value",
}
"""Interpolation -> what is at the border of the field of view."""


@dataclass(frozen=True, kw_only=True)
class Resample:
    """Bring every volume of a case onto one grid.

    Parameters
    ----------
    reference
        The role whose grid it is. Without one, all volumes must lie on one grid already.
    spacing
        Wanted distance between voxels along x, y and z in mm, on the field that the reference or all of them cover;
        None keeps that of the reference.
    interpolation
        Of images: ``nearest``, ``linear`` or ``bspline`` (cubic).
    label_interpolation
        Of labels: ``nearest`` or ``linear``, see `fuseflow.label_resampling.resampled_labels`.
    anti_alias
        Whether images are smoothed before their voxels become larger. Labels never are.
    anisotropic
        Whether the nearest slice is taken along an axis that is more than three times coarser than the finest, as
        nnU-Net does; elsewhere, and between grids that are turned against each other, nothing changes.
    labels
        Roles that are labels.
    keep
        Roles that are kept on their own grid too. The resampled volume is then named with `RESAMPLED` at the end.

    Raises
    ------
    InputError
        If there is neither a reference nor a spacing, or the spacing is not of three positive numbers.
    """

    reference: str | None = None
    spacing: Spacing | None = None
    interpolation: Interpolation = "linear"
    label_interpolation: LabelInterpolation = "linear"
    anti_alias: bool = False
    anisotropic: bool = False
    labels: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.reference is None and self.spacing is None:
            raise InputError("nothing says which grid to resample to; give a reference, a spacing, or both")
        if self.spacing is not None and not (
            len(self.spacing) == 3 and all(math.isfinite(length) and length > 0 for length in self.spacing)
        ):
            raise InputError(f"the spacing {self.spacing} is not of three positive lengths in mm")

    def __call__(self, volumes: Mapping[str, Volume]) -> dict[str, Volume]:
        """Resampled volumes by role, and those that are kept.

        Parameters
        ----------
        volumes
            Role -> volume. Its sidecar is asked for ``modality`` (else the role counts) and ``frame_of_reference``.

        Returns
        -------
        dict
            Role -> volume on the grid. Voxels that lie there already are passed on as they are, bit for bit. The
            sidecar says what was done under ``resampled``.

        Raises
        ------
        Refused
            ``orphan`` without the reference; ``ambiguous-role`` if the name of a resampled role is taken;
            ``no-geometry`` if a volume does not lie in the patient, or without a reference if its spacing is not known;
            ``different-frame``; ``different-grids``; ``no-overlap`` if less than half of the new grid lies in the field
            of view of a volume, and less than half of that volume in the new grid; ``not-labels``; ``not-finite``.

        Examples
        --------
        >>> ct = Volume(data=np.full((4, 4, 4), 40, np.int16), affine=np.eye(4), sidecar={"modality": "CT"})
        >>> finer = Resample(spacing=(0.5, 0.5, 2.0))({"CT": ct})["CT"]
        >>> finer.data.shape, finer.sidecar["resampled"]["fill"]
        ((8, 8, 2), -1024.0)
        """
        self._check_names(volumes)
        target = self._target(volumes)
        results = {role: volume for role, volume in volumes.items() if self._name(role) != role}
        for role, volume in sorted(volumes.items()):
            try:
                results[self._name(role)] = self._resampled(role, volume, target)
            except Refused as refusal:
                raise Refused(refusal.reason, f"{role}: {refusal.detail}") from None
        return results

    def _name(self, role: str) -> str:
        """What the resampled volume of a role is called."""
        untouched = role == self.reference and self.spacing is None
        return role + RESAMPLED if role in self.keep and not untouched else role

    def _check_names(self, volumes: Mapping[str, Volume]) -> None:
        taken = sorted(name for role in volumes if (name := self._name(role)) != role and name in volumes)
        if taken:
            raise Refused(
                "ambiguous-role", f"{', '.join(taken)} is a volume of the case and the name of a resampled one"
            )

    def _target(self, volumes: Mapping[str, Volume]) -> Grid:
        first = self.reference or min(volumes, default="")
        if first not in volumes:
            raise Refused("orphan", f"the case has no volume {first}, whose grid is the reference")
        for role, volume in sorted(volumes.items()):
            _check_geometry(role, volume, in_patient=self.reference is not None)
            _check_frame(role, volume, first, volumes[first])
            if self.reference is None and not same_grid(grid_of(volumes[first]), grid_of(volume)):
                raise Refused("different-grids", f"{first} and {role} lie on different grids; name a reference")
        grid = grid_of(volumes[first])
        return grid if self.spacing is None else corner_aligned(grid, self.spacing)

    def _resampled(self, role: str, volume: Volume, target: Grid) -> Volume:
        is_label = role in self.labels
        volume = _with_labels(volume) if is_label else volume
        source = grid_of(volume)
        done: dict[str, Any] = {"reference": self.reference, "spacing": list(self.spacing) if self.spacing else None}
        if same_grid(source, target):
            return passed_on(volume, target, done)
        axis = coarse_axis(source, target) if self.anisotropic else None
        done |= {**_sufficient_overlap(source, target), "nearest_axis": None if axis is None else "xyz"[axis]}
        if is_label:
            return self._labels_on(volume, target, axis, done)
        return self._image_on(volume, target, axis, done, fill=_fill_value(role, volume))

    def _image_on(
        self, volume: Volume, target: Grid, axis: int | None, done: Mapping[str, Any], *, fill: float
    ) -> Volume:
        source = grid_of(volume)
        sigma = anti_alias_sigma(source, target) if self.anti_alias else np.zeros(3)
        x, y, z = (sigma / source.spacing).tolist()
        sampling = Sampling(interpolation=self.interpolation, fill=fill, sigma=(x, y, z), nearest_axis=axis)
        described = {
            **done,
            "interpolation": self.interpolation,
            "anti_alias_sigma_mm": sigma.tolist(),
            "fill": fill,
            "border": BORDERS[self.interpolation],
        }
        return on_grid(volume, interpolated(volume.data, source, target, sampling), target, described)

    def _labels_on(self, volume: Volume, target: Grid, axis: int | None, done: Mapping[str, Any]) -> Volume:
        source = grid_of(volume)
        before = [volume.data] if volume.data.ndim == 3 else list(np.moveaxis(volume.data, 3, 0))
        after = [
            resampled_labels(phase, source, target, interpolation=self.label_interpolation, nearest_axis=axis)
            for phase in before
        ]
        changes = [
            {"phase": number, **asdict(change)}
            for number, pair in enumerate(zip(before, after, strict=True))
            for change in compare_labels(*pair, source, target)
        ]
        described = {
            **done,
            "interpolation": self.label_interpolation,
            "fill": 0,
            "border": BORDERS[self.label_interpolation],
            "labels": changes,
        }
        data = after[0] if volume.data.ndim == 3 else np.stack(after, axis=3)
        return _with_warning(on_grid(volume, data, target, described), changes)


def _check_geometry(role: str, volume: Volume, *, in_patient: bool) -> None:
    if in_patient and volume.geometry != "world":
        raise Refused("no-geometry", f"nobody knows where the {role} lies in the patient")
    if volume.geometry == "unknown":
        raise Refused("no-geometry", f"nobody knows how large the voxels of the {role} are")


def _check_frame(role: str, volume: Volume, other: str, reference: Volume) -> None:
    frames = {image.sidecar.get("frame_of_reference") for image in (volume, reference)} - {None}
    if len(frames) > 1:
        raise Refused("different-frame", f"{role} and {other} have different frames of reference")


def _with_labels(volume: Volume) -> Volume:
    labels = as_labels(volume)
    assert isinstance(labels, Volume)
    return labels


def _sufficient_overlap(source: Grid, target: Grid) -> dict[str, float]:
    """How much of each grid lies in the field of view of the other.

    One of the two shares is enough: the field of a PET scanner often has more than twice the area of a CT image.
    """
    shares = {"overlap": overlap(source, target), "overlap_of_source": overlap(target, source)}
    if max(shares.values()) < SMALLEST_OVERLAP:
        new, own = (f"{100 * share:.1f} %" for share in shares.values())
        least = f"{100 * SMALLEST_OVERLAP:.0f} %"
        raise Refused(
            "no-overlap",
            f"{new} of the new grid lie in its field of view, {own} of it in the new grid; {least} must",
        )
    return shares


def _fill_value(role: str, volume: Volume) -> float:
    """What lies beyond the field of view; 0 if the voxels cannot hold that, as they are no HU then."""
    fill = FILL_VALUES.get(volume.sidecar.get("modality") or role, 0.0)
    dtype = volume.data.dtype
    return 0.0 if dtype.kind in "iu" and fill < np.iinfo(dtype.name).min else fill


def _with_warning(volume: Volume, changes: Sequence[Mapping[str, Any]]) -> Volume:
    """The same volume, whose sidecar warns of components that are lost."""
    lost = sum(len(change["lost"]) for change in changes)
    if not lost:
        return volume
    detail = f"{lost} of {sum(change['components'][0] for change in changes)} components have no voxel left"
    warnings = [*volume.sidecar["warnings"], {"code": "components-lost", "detail": detail}]
    return replace(volume, sidecar={**volume.sidecar, "warnings": warnings})
