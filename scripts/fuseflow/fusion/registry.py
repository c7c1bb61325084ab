"""Which fusion methods there are: the modules of `fuseflow/fusion/methods`."""

from __future__ import annotations

from fuseflow.registry import Registry

METHODS = Registry(kind="fusion method", package="fusion/methods", constant="METHOD")
"""Every fusion method by name: ``METHODS.load("LP")`` is a `fuseflow.fusion.method.Method`."""
