"""Studies: the DICOM series of a case, one per role, become its volumes; of PET also the one in SUV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fuseflow.cases import Case
from fuseflow.dicom.drawing import EVERY, Drawable, Drawing, read_drawing
from fuseflow.dicom.frames import Instance
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.series import (
    Converted,
    Found,
    RefusedSeries,
    SeriesRules,
    convert_series,
    find_series,
    refused_group,
)
from fuseflow.errors import Refused
from fuseflow.volume import Volume

SUV = "SUV"
"""The role of a PET volume in standardized uptake values."""
DAMAGED = ("unreadable", "not-dicom")


@dataclass(frozen=True, kw_only=True)
class LoadSeries:
    """Read the files of every role that a case must have, up to their pixels.

    Parameters
    ----------
    roles
        The roles.
    optional
        Those without which a case is whole.
    threads
        How many files are read at a time.
    """

    roles: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    threads: int = 1

    def __call__(self, case: Case) -> dict[str, Found]:
        """Role -> its series.

        Raises
        ------
        Refused
            ``orphan`` if a role has no file, ``changed`` if a file is not the one that was indexed, ``unreadable`` if
            one is damaged: a slice may be missing.
        """
        present = [role for role in self.roles if role in case.roles() or role not in self.optional]
        return {role: self._role(case, role) for role in present}

    def _role(self, case: Case, role: str) -> Found:
        files = [file for file in case.files if file.role == role]
        if not files:
            raise Refused("orphan", f"there is no {role} series for this case, only {', '.join(case.roles())}")
        found = find_series([case.folder / file.path for file in files], workers=self.threads)
        damaged = [row for row in found.refused if row.reason in DAMAGED]
        if damaged:
            raise Refused(damaged[0].reason, f"{role}: {damaged[0].detail}")
        read = {sha256 for group in found.groups for sha256 in group.sha256} | {row.sha256 for row in found.no_slices}
        if not read <= {file.sha256 for file in files}:
            raise Refused("changed", f"a {role} file is no longer the one that was indexed")
        return found


@dataclass(frozen=True, kw_only=True)
class ConvertSeries:
    """Turn the series of one case into canonical volumes.

    Parameters
    ----------
    rules
        What to do where there is a choice.
    drawn
        Roles that are segmentations -> the role of the series that they are drawn on.
    segments
        Of those roles, which segments are wanted: role -> wildcard of their names; all where nothing is said.
    threads
        How many slices are decoded at a time.
    """

    rules: SeriesRules
    drawn: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1

    def __call__(self, found: Mapping[str, Found]) -> dict[str, Volume]:
        """Role -> volume, and `SUV` if a role is PET.

        Raises
        ------
        Refused
            ``ambiguous-role`` if several series of a role are volumes, or several segmentations are drawn on them; if
            none is, the reason of the first; the reason why there is no SUV.
        """
        volumes: dict[str, Volume] = {}
        drawable: dict[str, Drawable] = {}
        for role, series in sorted(found.items()):
            if role in self.drawn:
                continue
            group, converted = self._only(role, series)
            volumes[role] = converted.volume
            drawable[role] = Drawable(
                group=group, name=role, affine=converted.volume.affine, shape=converted.volume.data.shape
            )
            if isinstance(converted.suv, Refused):
                raise Refused(converted.suv.reason, f"{role}: {converted.suv.detail}")
            if converted.suv is not None:
                volumes[SUV] = converted.suv
        for role in sorted(set(found) & set(self.drawn)):
            volumes[role] = self._drawing(role, found[role], drawable)
        return volumes

    def _drawing(self, role: str, found: Found, drawable: Mapping[str, Drawable]) -> Volume:
        """The one label volume of a role, of those drawn on the series that it belongs to."""
        on = self.drawn[role]
        drawings: list[Drawing] = []
        refusals: list[Refused] = []
        for instance in found.drawn:
            try:
                drawings.append(self._read(role, instance, drawable))
            except Refused as refusal:
                refusals.append(refusal)
        drawings = [drawing for drawing in drawings if drawing.reference == on]
        if len(drawings) > 1:
            raise Refused("ambiguous-role", f"{len(drawings)} segmentations are drawn on the {on}, as the {role} is")
        if not drawings and refusals:
            raise Refused(refusals[0].reason, f"{role}: {refusals[0].detail}")
        if not drawings:
            raise Refused("orphan", f"none of the {len(found.drawn)} segmentations of the {role} is drawn on the {on}")
        volumes = tuple(drawings[0].volumes)
        if len(volumes) > 1:
            raise Refused("several-images", f"segments of the {role} overlap, so that no one image holds all of them")
        return volumes[0]

    def _read(self, role: str, instance: Instance, drawable: Mapping[str, Drawable]) -> Drawing:
        wanted = self.segments.get(role, EVERY)
        return read_drawing(instance, list(drawable.values()), salt=self.rules.salt, segment=wanted)

    def _only(self, role: str, series: Found) -> tuple[Group, Converted]:
        accepted: list[tuple[Group, Converted]] = []
        refused: list[RefusedSeries] = list(series.no_slices)
        for group in series.groups:
            try:
                accepted.append((group, convert_series(group, self.rules, threads=self.threads)))
            except Refused as refusal:
                refused.append(refused_group(group, refusal.reason, refusal.detail))
            if len(accepted) > 1:
                raise Refused(
                    "ambiguous-role", f"several series claim to be the {role}; let the card choose one of them"
                )
        if not accepted:
            raise Refused(refused[0].reason, f"{role}: {refused[0].detail}")
        group, converted = accepted[0]
        return group, _noting(converted, refused)


def _noting(converted: Converted, refused: Sequence[RefusedSeries]) -> Converted:
    """The sidecars also list what else the role's files held."""
    left_out: list[dict[str, Any]] = [
        {"reason": row.reason, "detail": row.detail, "files": len(row.paths), "sha256": row.sha256} for row in refused
    ]
    volume, suv = converted.volume, converted.suv
    return Converted(
        volume=replace(volume, sidecar={**volume.sidecar, "left_out": left_out}),
        suv=replace(suv, sidecar={**suv.sidecar, "left_out": left_out}) if isinstance(suv, Volume) else suv,
    )
