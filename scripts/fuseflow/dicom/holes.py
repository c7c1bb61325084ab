"""Series, files and divided images that lack a slice which cannot be used: the rest looks whole and is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fuseflow.dicom.frames import Frame, Instance, RefusedFile
from fuseflow.errors import Refused

DAMAGE = ("unreadable", "unsupported-pixels", "unsupported-syntax", "no-spacing")
"""Reasons for which a slice of a volume cannot be used."""
NO_PLACE = ("no-position", "no-spacing")


@dataclass(frozen=True)
class Holes:
    """Where slices are missing since they cannot be used.

    Parameters
    ----------
    series
        UIDs of series.
    files
        sha256 of files with several frames.
    concatenations
        UIDs of images that were divided into several files.
    """

    series: frozenset[str]
    files: frozenset[str]
    concatenations: frozenset[str]

    def refusal_of(self, instance: Instance) -> Refused | None:
        """Why the other slices cannot be used either."""
        if instance.series_uid in self.series:
            return Refused("unreadable", "another file of the series is damaged, so that slices are missing")
        if instance.sha256 in self.files:
            return Refused("unreadable", "another frame of the image does not say where it lies")
        if instance.concatenation and instance.concatenation[0] in self.concatenations:
            return Refused("missing-slices", "parts of the image are missing, which was divided into several files")
        return None


def holes_of(slices: Sequence[tuple[Frame, Refused | None]], files: Sequence[RefusedFile]) -> Holes:
    """Where slices are missing.

    Parameters
    ----------
    slices
        Frames that are neither flat images nor segmentations, each with why it is no slice, if it is none.
    files
        Files that could not be read.
    """
    reasons = [(frame.instance, refusal.reason) for frame, refusal in slices if refusal]
    damaged = {frame.instance.series_uid for frame, refusal in slices if refusal and _leaves_hole(frame, refusal)}
    return Holes(
        series=frozenset({file.series_uid for file in files if file.series_uid} | damaged),
        files=frozenset(instance.sha256 for instance, reason in reasons if reason in NO_PLACE),
        concatenations=frozenset(_incomplete_concatenations([frame for frame, _ in slices])),
    )


def _leaves_hole(frame: Frame, refusal: Refused) -> bool:
    """Whether a slice cannot be used though its series needs it: not if it says that it is no part of a volume."""
    return refusal.reason in DAMAGE or (refusal.reason == "burned-in" and frame.position is not None)


def _incomplete_concatenations(frames: Sequence[Frame]) -> set[str]:
    """UIDs of images that were divided into files of which some are not there."""
    parts: dict[tuple[str, int], set[int]] = defaultdict(set)
    for frame in frames:
        if frame.instance.concatenation:
            uid, part, total = frame.instance.concatenation
            parts[uid, total].add(part)
    return {uid for (uid, total), found in parts.items() if found != set(range(1, total + 1))}
