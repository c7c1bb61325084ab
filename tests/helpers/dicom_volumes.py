"""Converting made series in tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from dicom_series import positions_of, value_at, write_series
from pydicom.dataset import Dataset

from fuseflow.dicom.series import Converted, SeriesRules, convert_series, find_series
from fuseflow.errors import Refused
from fuseflow.volume import Volume


def convert_all(folder: Path, datasets: Iterable[Dataset], **rules: str) -> list[Converted]:
    """Every accepted series of some data sets; nothing may be refused."""
    found = find_series(write_series(folder, datasets), workers=2)
    assert not found.refused
    return [convert_series(group, SeriesRules(**rules), threads=2) for group in found.groups]


def convert_one(folder: Path, datasets: Iterable[Dataset], **rules: str) -> Volume:
    """The volume of the one series."""
    (converted,) = convert_all(folder, datasets, **rules)
    return converted.volume


def refusal_of(folder: Path, datasets: Iterable[Dataset], **rules: str) -> Refused:
    """Why the one series is no volume."""
    found = find_series(write_series(folder, datasets), workers=2)
    if found.refused:
        assert not found.groups
        (series,) = found.refused
        return Refused(series.reason, series.detail)
    (group,) = found.groups
    with pytest.raises(Refused) as caught:
        convert_series(group, SeriesRules(**rules))
    return caught.value


def assert_right(volume: Volume) -> None:
    """Every voxel of every phase has the value of its position: whole numbers exactly, others to 1e-6."""
    expected = value_at(positions_of(volume.affine, volume.data.shape))
    expected = expected if volume.data.ndim == 3 else expected[..., None]
    if volume.data.dtype == np.int16:
        assert (volume.data == expected).all()
    else:
        np.testing.assert_allclose(volume.data, np.broadcast_to(expected, volume.data.shape), rtol=1e-6)
