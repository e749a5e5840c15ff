# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: recognising and reading them."""

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
"""Suffixes of image formats that OpenCV reads, depending on the libraries that it was built with."""
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
"""Suffixes of images that cameras, phones and drawing programs write and OpenCV does not read under that name."""

NAMES = READABLE | OTHERS


def looks_like_image(path: Path) -> bool:
    """Tell whether a file is an image by its suffix or, whatever its name, by its first bytes."""
    if path.suffix.lower() in NAMES:
        return True
    have = getattr(cv2, "haveImageReader", None)  # from OpenCV 4.5.0 on
    try:
        return bool(have is not None and have(for_opencv(path)))
    except OSError:
        return False


def read_image(path: Path) -> npt.NDArray[np.uint8]:
    """Read a camera's image from a file, rotated as its EXIF orientation says; the first one of several frames.

    Args:
        path: an image of any format that OpenCV reads, with 8 bits a channel, or 16 bits in colour.

    Returns:
        H x W x 3, RGB.

    Raises:
        ImageError: see `decode_file`.
        OSError: the file cannot be read.
    """
    return decode_file(path.read_bytes())
