"""Volumes to and from SimpleITK, whose positions are LPS."""

import numpy as np
import SimpleITK
from world_positions import LPS_TO_RAS


def image_of(data, affine):
    """A SimpleITK image of voxels (x, y, z) on a grid given in RAS+."""
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(data.T))
    lps = LPS_TO_RAS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


def read_by_simpleitk(path):
    """Voxels (x, y, z) and the RAS+ affine, as SimpleITK reads a file."""
    image = SimpleITK.ReadImage(str(path))
    size = image.GetDimension()
    affine = np.eye(4)
    affine[:3, :3] = (np.array(image.GetDirection()).reshape(size, size) * image.GetSpacing())[:3, :3]
    affine[:3, 3] = image.GetOrigin()[:3]
    return SimpleITK.GetArrayFromImage(image).T, LPS_TO_RAS @ affine
