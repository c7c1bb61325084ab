import nibabel
import numpy as np
import pytest
from world_positions import is_in_place, oblique_affine, sheared_affine, values_at

from fuseflow.formats.reading import read_images
from fuseflow.formats.registry import WRITERS
from fuseflow.volume import Volume


@pytest.mark.parametrize("affine", [oblique_affine(), sheared_affine()], ids=["oblique", "sheared"])
def test_written_by_name_and_read_again(tmp_path, affine):
    writer = WRITERS.load("nifti")
    path = tmp_path / f"a{writer.ending}"
    writer.write(path, Volume(data=values_at(affine, dtype=np.float64), affine=affine))
    assert path.name == "a.nii.gz"
    [volume] = read_images(path)
    assert is_in_place(volume.data, volume.affine)
    assert is_in_place(nibabel.load(path).get_fdata(), nibabel.load(path).affine)
