"""Which metric profiles there are: the modules of `fuseflow/metrics/profiles`."""

from __future__ import annotations

from fuseflow.registry import Registry

PROFILES = Registry(kind="metric profile", package="metrics/profiles", constant="PROFILE")
"""Every metric profile by name: ``PROFILES.load("reference")`` is a `fuseflow.metrics.variant.Profile`."""
