"""Which metric variants there are, over all profiles.

For people who choose, not for jobs, as it imports every family.
"""

from __future__ import annotations

from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.variant import Profile, Variant


def all_variants() -> list[Variant]:
    """Every variant that some profile uses, once, sorted by metric and id.

    Examples
    --------
    >>> [variant.id for variant in all_variants() if variant.metric == "MI"]
    ['mi.bits', 'mi.nats']
    """
    profiles: list[Profile] = [PROFILES.load(name) for name in PROFILES.names()]
    found = {variant.id: variant for profile in profiles for variant in profile.variants}
    return sorted(found.values(), key=lambda variant: (variant.metric, variant.id))
