"""Normalization: the intensities of every role of a case, brought to a scale that a method defines.

Volumes become float32; grids do not change. A role keeps its name, so raw SUV beside scaled SUV takes two roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.method import Normalization, Normalized, Options, Values, normalize
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.parameters import Parameters
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.normalization.suitability import NORMALIZED
from fuseflow.volume import Volume

STILL_HOLDS = (
    "format",
    "series",
    "frame_of_reference",
    "modality",
    "shape",
    "axes",
    "fourth_axis",
    "geometry",
    "affine",
    "slice_axis",
    "slices",
    "filled_slices",
    "dropped_duplicates",
    "left_out",
    "phases",
    "spacing",
    "tilt_degrees",
    "resampled",
    "suv",
    "warnings",
    NORMALIZED,
)
"""Entries of a sidecar that other values on the same grid do not change, unlike units, rescaling and padding."""


@dataclass(frozen=True, kw_only=True)
class MethodChoice:
    """How a role is normalized.

    Parameters
    ----------
    method
        Name of a normalization, see `fuseflow.normalization.registry.NORMALIZATIONS`.
    options
        Its options; the others have their defaults. A fitted method has the options that it was fitted with.
    parameters
        What was fitted, for a method that needs it.
    """

    method: str
    options: Options = field(default_factory=dict)
    parameters: Parameters | None = None

    def resolved(self) -> tuple[Normalization, dict[str, Any], Values]:
        """The method, all of its options, and what was fitted.

        Raises
        ------
        InputError
            If there is no such method, an option is wrong, or parameters are missing, are not needed, or were fitted
            for another method or with other options.
        """
        method: Normalization = NORMALIZATIONS.load(self.method)
        if (method.fit is None) != (self.parameters is None):
            need = "is not fitted; give it no parameters" if method.fit is None else "needs fitted parameters"
            raise InputError(f"the normalization {method.name} {need}")
        if self.parameters is None:
            return method, complete_options(method, self.options), {}
        if self.parameters.method != method.name:
            raise InputError(f"the parameters are those of {self.parameters.method}, not of {method.name}")
        options = complete_options(method, {**self.parameters.options, **self.options})
        if options != self.parameters.options:
            raise InputError(f"the parameters of {method.name} were fitted with other options than those given")
        return method, options, self.parameters.values


@dataclass(frozen=True, kw_only=True)
class Normalize:
    """Normalize the volumes of one case.

    Parameters
    ----------
    methods
        Role -> how it is normalized; a role that is not named passes through.
    labels
        Roles whose values are labels; they pass through.
    optional
        Roles that a case may lack.

    Raises
    ------
    InputError
        If a method is wrong (see `MethodChoice.resolved`), or one is given for labels.
    """

    methods: Mapping[str, MethodChoice]
    labels: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for role, choice in self.methods.items():
            if role in self.labels:
                raise InputError(f"{role} holds labels, which have no intensities to be normalized")
            try:
                choice.resolved()
            except InputError as error:
                raise InputError(f"{role}: {error}") from None

    def __call__(self, volumes: Mapping[str, Volume]) -> dict[str, Volume]:
        """Role -> volume, normalized or passed through as it is.

        Parameters
        ----------
        volumes
            All roles of a case.

        Returns
        -------
        dict
            Normalized volumes are float32. Their sidecars list in ``normalized`` what was done, step by step:
            ``method``, ``options``, ``parameters_sha256`` (of the file; None without one), ``computed`` (from the image
            itself), ``unit_before`` (None if unknown), ``range_before``, ``range_after`` (smallest and largest value)
            and ``clipped`` (share of the voxels that lay outside of the method's range).

        Raises
        ------
        Refused
            ``orphan`` if a role with a method is missing and not optional; as
            `fuseflow.normalization.method.normalize`.
        """
        missing = sorted(set(self.methods) - set(volumes) - self.optional)
        if missing:
            raise Refused("orphan", f"there is no {missing[0]} image for this case, only {', '.join(sorted(volumes))}")
        return {
            role: self._normalized(role, volume) if role in self.methods else volume
            for role, volume in sorted(volumes.items())
        }

    def _normalized(self, role: str, volume: Volume) -> Volume:
        choice = self.methods[role]
        method, options, values = choice.resolved()
        try:
            normalized = normalize(method, volume, options=options, values=values)
        except Refused as refusal:
            raise Refused(refusal.reason, f"{role}: {refusal.detail}") from None
        step = {
            "method": method.name,
            "options": options,
            "parameters_sha256": (choice.parameters.sha256 or None) if choice.parameters else None,
            **_described(volume, normalized),
        }
        return replace(volume, data=normalized.data, sidecar=_sidecar(volume, step))


def _described(volume: Volume, normalized: Normalized) -> dict[str, Any]:
    return {
        "computed": dict(normalized.computed),
        "unit_before": volume.sidecar.get("unit"),
        "range_before": [float(volume.data.min()), float(volume.data.max())],
        "range_after": [float(normalized.data.min()), float(normalized.data.max())],
        "clipped": normalized.clipped,
    }


def _sidecar(volume: Volume, step: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in volume.sidecar.items() if key in STILL_HOLDS}
    return {
        "warnings": [],
        **kept,
        "data_type": "float32",
        NORMALIZED: [*kept.get(NORMALIZED, []), dict(step)],
    }
