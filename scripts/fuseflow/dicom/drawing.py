"""A SEG or RTSTRUCT on the grid of the series that it was drawn on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from fuseflow.dicom.frames import Instance
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.dicom.labels import label_volumes
from fuseflow.dicom.references import is_structure_set, reference_of
from fuseflow.dicom.segmentation import Segmentation, read_segmentation
from fuseflow.dicom.segmentation_grid import own_grid
from fuseflow.dicom.structure_set import StructureSet, read_structure_set
from fuseflow.errors import Refused
from fuseflow.volume import Affine, Volume

EVERY = "*"
"""The wildcard that fits every name."""


@dataclass(frozen=True, kw_only=True)
class Drawable:
    """A series that became a volume, with the name and the grid of that."""

    group: Group
    name: str
    affine: Affine
    shape: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Label volumes, each drawn when it is asked for, and the name of the volume that they lie on, if there is one."""

    reference: str | None
    volumes: Iterator[Volume]


def read_drawing(instance: Instance, drawable: Sequence[Drawable], *, salt: str, segment: str = EVERY) -> Drawing:
    """Read a SEG or RTSTRUCT and draw it on the series that it names.

    Parameters
    ----------
    instance
        The file.
    drawable
        Series that became volumes.
    salt
        Secret for the pseudonym of the series; without one the sidecars have none.
    segment
        Name of the segments that are wanted, as a wildcard.

    Returns
    -------
    Drawing
        Its volumes' sidecars name the volume they lie on as ``reference_image``. A SEG that was drawn on images which
        are not there lies on its own grid.

    Raises
    ------
    Refused
        ``no-reference`` if an RTSTRUCT was drawn on images that are not there; ``no-segments`` if none has a wanted
        name; as
        `fuseflow.dicom.segmentation.read_segmentation` and `fuseflow.dicom.structure_set.read_structure_set`.
    """
    drawn: Segmentation | StructureSet
    if is_structure_set(instance.sop_class):
        drawn = read_structure_set(instance.path)
    else:
        drawn = read_segmentation(instance.path)
    name, grid = _reference(drawn, drawable)
    drawn = _only(drawn, segment)
    volumes = label_volumes(drawn, grid, salt=salt)
    named = (replace(volume, sidecar={**volume.sidecar, "reference_image": name}) for volume in volumes)
    return Drawing(reference=name, volumes=named)


def _only(drawn: Segmentation | StructureSet, segment: str) -> Segmentation | StructureSet:
    wanted = tuple(found for found in drawn.segments if fnmatchcase(found.name, segment))
    if not wanted:
        raise Refused("no-segments", f"none of its {len(drawn.segments)} segments has the name that is asked for")
    return replace(drawn, segments=wanted)


def _reference(drawn: Segmentation | StructureSet, drawable: Sequence[Drawable]) -> tuple[str | None, LabelGrid]:
    reference = reference_of(drawn.references, [volume.group for volume in drawable])
    if reference is None and isinstance(drawn, StructureSet):
        raise Refused("no-reference", "the images that the contours were drawn on are missing or were refused")
    if reference is None:
        assert isinstance(drawn, Segmentation)
        return None, own_grid(drawn)
    volume = next(volume for volume in drawable if volume.group is reference.group)
    return volume.name, LabelGrid(
        affine=volume.affine,
        shape=(volume.shape[0], volume.shape[1], volume.shape[2]),
        series_uid=volume.group.first.instance.series_uid,
        remarks=reference.remarks,
    )
