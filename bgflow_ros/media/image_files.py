# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: which files are images, and their pixels as RGB."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import for_opencv
from bgflow_ros.segmentation.images import decode_file

__all__ = ["NAMES", "READABLE", "looks_like_image", "read_image"]

READABLE = {
    ".avif",
    ".bmp",
    ".dib",
    ".exr",
    ".gif",
    ".hdr",
    ".jp2",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".pam",
    ".pbm",
    ".pfm",
    ".pgm",
    ".pic",
    ".png",
    ".pnm",
    ".ppm",
    ".pxm",
    ".ras",
    ".sr",
    ".tif",
    ".tiff",
    ".webp",
}
"""Names of images that OpenCV reads, with the libraries that it may be built with."""
OTHERS = {
    ".arw",
    ".cr2",
    ".cr3",
    ".dng",
    ".heic",
    ".heif",
    ".hif",
    ".j2k",
    ".jfif",
    ".jxl",
    ".nef",
    ".orf",
    ".psd",
    ".raf",
    ".raw",
    ".rw2",
    ".svg",
    ".xcf",
}
"""Names of images that cameras, telephones and drawing programs write, and OpenCV does not read by that name."""

NAMES = READABLE | OTHERS


def looks_like_image(path: Path) -> bool:
    """Tell whether a file is meant to be an image, by its name, or by its first bytes whatever its name."""
    if path.suffix.lower() in NAMES:
        return True
    have = getattr(cv2, "haveImageReader", None)  # from OpenCV 4.5.0 on
    try:
        return bool(have is not None and have(for_opencv(path)))
    except OSError:
        return False


def read_image(path: Path) -> npt.NDArray[np.uint8]:
    """Read a camera's image from a file, turned as its EXIF orientation says; of several frames, the first.

    Args:
        path: an image of any format that OpenCV reads, with 8 bits a channel, or 16 bits in colour.

    Returns:
        H x W x 3, RGB.

    Raises:
        ImageError: see `decode_file`.
        OSError: the file cannot be read.
    """
    return decode_file(path.read_bytes())
