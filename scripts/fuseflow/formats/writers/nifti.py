"""NIfTI-1, gzipped."""

from __future__ import annotations

from fuseflow.formats.nifti import write_nifti
from fuseflow.formats.registry import Writer

WRITER = Writer(name="nifti", ending=".nii.gz", write=write_nifti)
