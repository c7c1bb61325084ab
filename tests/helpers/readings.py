"""What reading a file gives: its only image, the codes of its warnings, or why it is refused."""

import pytest

from fuseflow.errors import Refused
from fuseflow.formats.reading import read_images


def only(path):
    [image] = read_images(path)
    return image


def remarks(image):
    return [warning["code"] for warning in image.sidecar["warnings"]]


def refusal(path):
    with pytest.raises(Refused) as caught:
        read_images(path)
    return caught.value
