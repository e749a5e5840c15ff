# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Masks as COLMAP takes them: a file of an image's whole name and `.png`, in which 0 is excluded."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.sources import ImageFile, Source
from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.files import for_opencv, write_together
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["write_colmap_mask"]


def write_colmap_mask(source: Source, segmenter: Segmenter, out: Path, keeps: str) -> None:
    """Write the mask of an image file.

    Args:
        source: The image file.
        segmenter: Segmenter.
        out: Folder of the masks, `ImageReader.mask_path` of COLMAP.
        keeps: What is not excluded: `static`, or all that is `not_foreground`.

    Raises:
        MediaError: The source is no image file, cannot be read, or is turned by its EXIF orientation.
        OSError: The mask cannot be written.
    """
    if not isinstance(source, ImageFile):
        next(source.frames())  # says why it cannot be used, if it cannot at all
        raise MediaError(f"{source.name}: a video or bag; expected image files, which is what COLMAP takes")
    [frame] = source.frames()
    path = for_opencv(source.path)
    stored, turned = (cv2.imread(path, cv2.IMREAD_COLOR | how) for how in (cv2.IMREAD_IGNORE_ORIENTATION, 0))
    if stored is not None and turned is not None and not np.array_equal(stored, turned):
        raise MediaError(f"{source.path}: its EXIF orientation turns it, which COLMAP ignores; store it upright")
    mask = getattr(segmenter(frame.rgb), keeps)
    write_together({out / f"{source.name}{source.path.suffix}.png": encode_file(mask, ".png")})
