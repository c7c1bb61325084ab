"""OpenCV as this project uses it: ``from fuseflow.opencv import cv2``, never ``import cv2``.

The name is exported, not only set up as a side effect of an import, so that no module can use OpenCV without these
settings and none needs to repeat them: one thread, as cases and not pixels are shared out to the processors, and no
messages of its own, as a file that cannot be read becomes a refusal with a sentence.
"""

from __future__ import annotations

import os

# OpenCV reads this when it is loaded, so it has to be set before.
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")

import cv2

cv2.setNumThreads(1)

__all__ = ["cv2"]
