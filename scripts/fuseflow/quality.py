"""Quality of a case after resampling: a picture, and the numbers that matter beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fuseflow.dicom.modalities import PET
from fuseflow.errors import Refused
from fuseflow.figures import quality_picture
from fuseflow.flat import FlatImage
from fuseflow.grids import grid_of, same_grid
from fuseflow.layout import QUALITY
from fuseflow.resample import RESAMPLED
from fuseflow.volume import Volume

COLUMNS = 4
"""Volumes in a picture, at most."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Show the volumes of a case that share the grid of one of them.

    Parameters
    ----------
    reference
        The role whose grid it is; None takes the first by name.
    labels
        Roles that are labels; those that were made of them by resampling, which end in ``res``, are too.
    """

    reference: str | None = None
    labels: tuple[str, ...] = ()

    def __call__(self, volumes: Mapping[str, Volume]) -> dict[str, FlatImage]:
        """The picture, as the role `QUALITY`, with the numbers in its sidecar.

        Returns
        -------
        dict
            The sidecar has a list ``volumes`` of all volumes of the case, with ``role``, ``shape``, ``spacing`` (mm),
            ``range`` (smallest and largest finite value), ``overlap`` (share of the grid that lies in the source's
            field of view; None if nothing was resampled) and, of labels, ``labels``: ``label``, ``ml_before``,
            ``ml_after`` and ``lost`` (components without a voxel left).

        Raises
        ------
        Refused
            ``orphan`` if there is no image on the grid; ``not-finite`` if a volume has no finite value at all.

        Examples
        --------
        >>> ct = Volume(data=np.arange(27.0).reshape(3, 3, 3), affine=np.eye(4))
        >>> picture = Quality()({"CT": ct})["QUALITY"]
        >>> picture.pixels.shape[2], picture.sidecar["volumes"][0]["range"]
        (3, [0.0, 26.0])
        """
        first = self.reference or min((role for role in volumes if not self._is_label(role)), default="")
        if first not in volumes:
            raise Refused("orphan", f"there is no {first or 'image'} to show")
        grid = grid_of(volumes[first])
        shown = {role: volume for role, volume in sorted(volumes.items()) if same_grid(grid_of(volume), grid)}
        images = {role: volume for role, volume in shown.items() if not self._is_label(role)}
        labels = {role: volume for role, volume in shown.items() if self._is_label(role)}
        picture = quality_picture(_in_order(images, first), labels=labels)
        rows = [_numbers(role, volume) for role, volume in sorted(volumes.items())]
        return {QUALITY: FlatImage(pixels=picture, sidecar={"volumes": rows, "warnings": []})}

    def _is_label(self, role: str) -> bool:
        return role in self.labels or role.removesuffix(RESAMPLED) in self.labels


def _in_order(images: Mapping[str, Volume], reference: str) -> dict[str, Volume]:
    """Anatomy first, which the rest is laid over in colour, and the reference before others of its kind.

    Of several PET volumes the one in SUV is shown.
    """
    roles = sorted(images, key=lambda role: (images[role].sidecar.get("modality") == PET, role != reference, role))
    if "SUV" in roles and "PET" in roles:
        roles.remove("PET")
    return {role: images[role] for role in roles[:COLUMNS]}


def _numbers(role: str, volume: Volume) -> dict[str, Any]:
    resampled = volume.sidecar.get("resampled", {})
    finite = volume.data[np.isfinite(volume.data)]
    if not finite.size:
        raise Refused("not-finite", f"no voxel of {role} is a finite number")
    return {
        "role": role,
        "shape": list(volume.data.shape),
        "spacing": [round(float(length), 4) for length in grid_of(volume).spacing],
        "range": [float(finite.min()), float(finite.max())],
        "overlap": resampled.get("overlap"),
        "labels": _label_numbers(resampled.get("labels", [])),
    }


def _label_numbers(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "label": change["label"],
            "ml_before": change["ml"][0],
            "ml_after": change["ml"][1],
            "lost": len(change["lost"]),
        }
        for change in changes
    ]
