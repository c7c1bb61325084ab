"""Studies: the DICOM series of a case, one per role, become its volumes; of PET also the one in SUV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fuseflow.cases import Case
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
    threads
        How many slices are decoded at a time.
    """

    rules: SeriesRules
    threads: int = 1

    def __call__(self, found: Mapping[str, Found]) -> dict[str, Volume]:
        """Role -> volume, and `SUV` if a role is PET.

        Raises
        ------
        Refused
            ``ambiguous-role`` if several series of a role are volumes; if none is, the reason of the first; the reason
            why there is no SUV.
        """
        volumes: dict[str, Volume] = {}
        for role, series in sorted(found.items()):
            converted = self._only(role, series)
            volumes[role] = converted.volume
            if isinstance(converted.suv, Refused):
                raise Refused(converted.suv.reason, f"{role}: {converted.suv.detail}")
            if converted.suv is not None:
                volumes[SUV] = converted.suv
        return volumes

    def _only(self, role: str, series: Found) -> Converted:
        accepted: list[Converted] = []
        refused: list[RefusedSeries] = list(series.no_slices)
        for group in series.groups:
            try:
                accepted.append(convert_series(group, self.rules, threads=self.threads))
            except Refused as refusal:
                refused.append(refused_group(group, refusal.reason, refusal.detail))
            if len(accepted) > 1:
                raise Refused(
                    "ambiguous-role", f"several series claim to be the {role}; let the card choose one of them"
                )
        if not accepted:
            raise Refused(refused[0].reason, f"{role}: {refused[0].detail}")
        return _noting(accepted[0], refused)


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
