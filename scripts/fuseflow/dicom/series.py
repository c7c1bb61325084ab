"""Series: which of a collection of files form volumes, and the volume of each; everything else with its reason.

Exactly one volume per accepted series, right to the last voxel, or a refusal that names the reason.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fuseflow.dicom.assembling import assemble
from fuseflow.dicom.decoders import check_installed, is_known
from fuseflow.dicom.flat_classes import is_flat_class
from fuseflow.dicom.frames import Frame, Instance, RefusedFile
from fuseflow.dicom.geometry import canonical_grid
from fuseflow.dicom.grouping import Group, group_frames
from fuseflow.dicom.holes import holes_of
from fuseflow.dicom.modalities import CLASSIC_PET, PET
from fuseflow.dicom.pet import check_usable
from fuseflow.dicom.pixels import stored_values
from fuseflow.dicom.reading import read_files
from fuseflow.dicom.references import is_segmentation, is_structure_set
from fuseflow.dicom.screening import check_slice
from fuseflow.dicom.sidecar import describe, phase_axis
from fuseflow.dicom.stacking import Stack, stack_slices
from fuseflow.dicom.suv import Suv, compute_suv
from fuseflow.errors import Refused
from fuseflow.volume import Volume


@dataclass(frozen=True, kw_only=True)
class SeriesRules:
    """What is done with series that could be used in more than one way.

    Parameters
    ----------
    uneven
        Series with missing or unevenly spaced slices: refuse them, or resample them along the stack.
    single_slices
        Series of one slice: keep them as a volume of one slice, or refuse them.
    salt
        Secret for the pseudonyms of UIDs; without one, sidecars have none.
    """

    uneven: Literal["refuse", "resample"] = "refuse"
    single_slices: Literal["keep", "refuse"] = "keep"
    salt: str = ""


@dataclass(frozen=True, kw_only=True)
class RefusedSeries:
    """Files that become no volume: where they lie, the first sha256 of theirs, and why.

    `sha256` is empty if the file could not be opened; `modality` and `series_uid` are where they are not known.
    """

    paths: frozenset[Path]
    sha256: str
    modality: str
    series_uid: str
    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a collection of files holds.

    Parameters
    ----------
    groups
        Slices that may be volumes.
    flat
        Files with images that are flat by their kind, such as radiographs.
    drawn
        Files with segmentations: SEG and RTSTRUCT.
    refused
        All others.
    """

    groups: tuple[Group, ...]
    flat: tuple[Instance, ...] = ()
    drawn: tuple[Instance, ...] = ()
    refused: tuple[RefusedSeries, ...]

    @property
    def no_slices(self) -> tuple[RefusedSeries, ...]:
        """Everything that is no slice of a volume, as refused."""
        flat = [refused_file(file, "unsupported-class", "a flat image is no slice of a volume") for file in self.flat]
        drawn = [refused_file(file, "not-an-image", "a segmentation is no slice") for file in self.drawn]
        return (*self.refused, *flat, *drawn)


@dataclass(frozen=True, kw_only=True)
class Converted:
    """The volume of a series and, of PET, its SUV volume or why there is none; None for other modalities."""

    volume: Volume
    suv: Volume | Refused | None


def find_series(paths: Sequence[Path], *, workers: int = 1) -> Found:
    """Read all files up to their pixels and sort them into series.

    Parameters
    ----------
    paths
        Files of any kind; neither their order nor their names matter.
    workers
        How many processes read.

    Raises
    ------
    InputError
        If a decoder is not installed that pixels will need.
    """
    frames, refused_files = read_files(paths, workers=workers)
    accepted: list[Frame] = []
    refused: dict[tuple[str, str, str, str], list[Frame]] = defaultdict(list)
    flat: dict[Path, Instance] = {}
    drawn: dict[Path, Instance] = {}
    slices: list[tuple[Frame, Refused | None]] = []
    for frame in frames:
        instance = frame.instance
        if is_segmentation(instance.sop_class) or is_structure_set(instance.sop_class):
            drawn[instance.path] = instance
        elif instance.pixels and is_flat_class(instance.sop_class, instance.modality):
            flat[instance.path] = instance
        else:
            slices.append((frame, _refusal_of(frame)))
    holes = holes_of(slices, refused_files)
    for frame, found in slices:
        if refusal := found or holes.refusal_of(frame.instance):
            instance = frame.instance
            refused[instance.series_uid, instance.modality, refusal.reason, refusal.detail].append(frame)
        else:
            accepted.append(frame)
    check_installed({frame.instance.pixels.transfer_syntax for frame in accepted if frame.instance.pixels})
    series = [refused_group(Group(tuple(members)), *why[2:]) for why, members in refused.items()]
    return Found(
        groups=tuple(group_frames(accepted)),
        flat=_by_hash(flat.values()),
        drawn=_by_hash(drawn.values()),
        refused=tuple(sorted([*series, *map(_alone, refused_files)], key=lambda row: (row.sha256, row.reason))),
    )


def _by_hash(instances: Iterable[Instance]) -> tuple[Instance, ...]:
    return tuple(sorted(instances, key=lambda instance: (instance.series_uid, instance.sha256)))


def _refusal_of(frame: Frame) -> Refused | None:
    """Why a frame is no slice, as far as it says itself."""
    pixels = frame.instance.pixels
    try:
        check_slice(frame)
        if pixels and not is_known(pixels.transfer_syntax, bits_stored=pixels.bits_stored):
            raise Refused("unsupported-syntax", "there is no decoder for the way in which the pixels are encoded")
    except Refused as refusal:
        return refusal
    return None


def refused_group(group: Group, reason: str, detail: str) -> RefusedSeries:
    """A group of frames that becomes no volume."""
    instance = group.first.instance
    return RefusedSeries(
        sha256=group.sha256[0],
        paths=group.paths,
        modality=instance.modality,
        series_uid=instance.series_uid,
        reason=reason,
        detail=detail,
    )


def refused_file(instance: Instance, reason: str, detail: str) -> RefusedSeries:
    """A file that becomes no image."""
    return RefusedSeries(
        paths=frozenset([instance.path]),
        sha256=instance.sha256,
        modality=instance.modality,
        series_uid=instance.series_uid,
        reason=reason,
        detail=detail,
    )


def _alone(file: RefusedFile) -> RefusedSeries:
    return RefusedSeries(
        sha256=file.sha256,
        paths=frozenset([file.path]),
        modality=file.modality,
        series_uid=file.series_uid,
        reason=file.reason,
        detail=file.detail,
    )


def convert_series(group: Group, rules: SeriesRules, *, threads: int = 1) -> Converted:
    """The volume of a group of slices.

    Parameters
    ----------
    group
        Slices of one series, from `find_series`.
    rules
        What to do where there is a choice.
    threads
        How many slices are decoded at a time; the result does not depend on it.

    Returns
    -------
    Converted
        Its sidecars say what was found and done; see `fuseflow.dicom.sidecar.describe`.

    Raises
    ------
    Refused
        As `fuseflow.dicom.stacking.stack_slices`, ``unreadable`` if pixels are damaged, and for PET
        ``reprojection`` and ``not-attenuation-corrected``.
    """
    with warnings.catch_warnings():
        # what pydicom warns of quotes the file; here and not where pixels are decoded, since threads share the filters
        warnings.simplefilter("ignore")
        return _convert(group, rules, threads)


def _convert(group: Group, rules: SeriesRules, threads: int) -> Converted:
    _check_values(group)
    stack = stack_slices(group, uneven=rules.uneven, single_slices=rules.single_slices, fingerprint=_fingerprint)
    suv = _suv(stack) if group.first.instance.modality == PET else None
    factors = _by_phase(stack, suv.factors) if isinstance(suv, Suv) else None
    grid = canonical_grid(stack)
    voxels = assemble(stack, grid, factors=factors, threads=threads)
    sidecar = describe(group, stack, voxels, grid, salt=rules.salt)
    axis = phase_axis(stack)
    volume = Volume(data=voxels.data, affine=grid.affine, fourth_axis=axis, sidecar=sidecar)
    if not isinstance(suv, Suv) or voxels.scaled is None:
        return Converted(volume=volume, suv=suv if isinstance(suv, Refused) else None)
    ordered = [grid.in_order(phase) for phase in factors or ()]
    described = {**sidecar, "data_type": "float32", "unit": "g/ml", "suv": suv.describe() | {"factors": ordered}}
    scaled = Volume(data=voxels.scaled, affine=grid.affine, fourth_axis=axis, sidecar=described)
    return Converted(volume=volume, suv=scaled)


def _check_values(group: Group) -> None:
    """Whether the values of all slices mean the same, and are of use.

    Raises
    ------
    Refused
        ``inconsistent-series`` if some files say how to rescale and others do not, or none of a PET does; for PET also
        ``reprojection`` and ``not-attenuation-corrected``.
    """
    rescaled = {frame.rescaled for frame in group.frames}
    if len(rescaled) > 1:
        raise Refused("inconsistent-series", "some slices have a rescale slope and intercept and others have none")
    if group.first.instance.modality != PET:
        return
    if rescaled == {False}:
        raise Refused(
            "inconsistent-series", "a PET image has a rescale slope and intercept, and these slices have none"
        )
    pet = [frame.pet for frame in group.frames if frame.pet is not None]
    if pet:
        check_usable(pet)
    elif any(frame.instance.uncorrected for frame in group.frames):
        raise Refused("not-attenuation-corrected", "the image says that it is not corrected for attenuation")


def _fingerprint(frame: Frame) -> str:
    """Equal for slices with equal values."""
    values = stored_values(frame)
    return f"{frame.slope} {frame.intercept} {hashlib.sha256(values.astype('<i8').tobytes()).hexdigest()}"


def _suv(stack: Stack) -> Suv | Refused:
    slices = [frame.pet for phase in stack.phases for frame in phase]
    try:
        if stack.phases[0][0].instance.sop_class not in ("", CLASSIC_PET):
            raise Refused("suv-multiframe", "SUV of enhanced and legacy converted PET images is not supported")
        return compute_suv([pet for pet in slices if pet is not None])
    except Refused as refusal:
        return refusal


def _by_phase(stack: Stack, factors: Sequence[float]) -> list[list[float]]:
    count = len(stack.positions)
    return [list(factors[start : start + count]) for start in range(0, len(factors), count)]
