"""Every file that nibabel ships for its own tests: read as nibabel reads it, or refused with a reason."""

from collections import Counter
from importlib.resources import as_file, files

import nibabel
import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.reading import format_of, read_images

FOLDERS = ("tests/data", "nicom/tests/data")
FORMATS = ("analyze", "minc", "nifti")
"""Those of this test; all other files must be read or refused too."""
READ = {"NIfTI-1": 6, "NIfTI-2": 1, "MINC-1": 4, "MINC-2": 6}
REFUSED = {"unreadable": 3, "unsupported-dimensions": 1}
"""Three headers without voxels, and a CIFTI file with six axes."""


@pytest.fixture(scope="module")
def shipped():
    with as_file(files("nibabel")) as package:
        found = [path for folder in FOLDERS for path in sorted((package / folder).glob("*")) if path.is_file()]
        # the folders hold modules too, in every installation
        found = [path for path in found if not path.name.endswith((".py", ".pyc"))]
        if not found:
            pytest.skip("this installation of nibabel comes without its test data")
        yield found


def expected(path):
    """As nibabel reads it, with the axis of time behind the others, where MINC has it first."""
    image = nibabel.load(path)
    data = np.asanyarray(image.dataobj)
    if path.suffix == ".mnc" and data.ndim == 4:
        data = np.moveaxis(data, 0, -1)
    return nibabel.as_closest_canonical(nibabel.Nifti1Image(data.astype(np.float64), image.affine))


@pytest.mark.filterwarnings("ignore:Invalid spacing declaration")
def test_every_file_is_read_as_nibabel_reads_it_or_refused(shipped):
    read, refused = Counter(), Counter()
    for path in shipped:
        try:
            images = read_images(path)
        except Refused as refusal:
            if format_of(path) in FORMATS:
                refused[refusal.reason] += 1
            continue
        if format_of(path) not in FORMATS:
            continue
        [volume] = images
        read[volume.sidecar["format"]] += 1
        reference = expected(path)
        np.testing.assert_allclose(volume.data, reference.dataobj, rtol=1e-6, atol=1e-9, err_msg=path.name)
        np.testing.assert_allclose(volume.affine, reference.affine, rtol=1e-6, atol=1e-6, err_msg=path.name)
    assert (dict(read), dict(refused)) == (READ, REFUSED)
