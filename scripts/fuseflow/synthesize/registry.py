"""Which generators there are: the modules of `fuseflow/synthesize/generators`."""

from __future__ import annotations

from fuseflow.registry import Registry

GENERATORS = Registry(kind="generator", package="synthesize/generators", constant="GENERATOR")
"""Every generator by name: ``GENERATORS.load("ellipses")`` is a `fuseflow.synthesize.generator.Generator`."""
