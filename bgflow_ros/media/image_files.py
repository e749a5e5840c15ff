# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: which files are images, and their pixels as RGB."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.files import for_opencv
from bgflow_ros.segmentation.images import ImageError, check_whole

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
        path: of any format that OpenCV reads, 8 bits a channel, or 16 bits in colour.

    Returns:
        H x W x 3, RGB.

    Raises:
        ImageError: the file holds no image, one that this OpenCV cannot decode, or one whose numbers are no colours:
            depth, thermal or other measurements.
        OSError: the file cannot be read.
    """
    buffer = np.frombuffer(path.read_bytes(), np.uint8)
    check_whole(buffer)
    try:
        found = cv2.imdecode(buffer, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH) if buffer.size else None
    except cv2.error as error:  # a header that promises more pixels than OpenCV allocates
        raise ImageError("undecodable", f"{buffer.size} bytes: {error.err}") from error
    if found is None:
        raise ImageError("undecodable", f"{buffer.size} bytes that are no complete image of a format that OpenCV reads")
    if found.dtype.kind == "f":
        raise ImageError("no camera image", f"{found.dtype} numbers; expected 8 bits a channel")
    if found.dtype != np.uint8 and found.ndim == 2:
        raise ImageError("no camera image", f"one channel of {found.dtype}, as depth has; expected 8 bits a channel")
    if found.dtype != np.uint8:
        found = np.asarray(found // 256, np.uint8)
    return cv2.cvtColor(found, cv2.COLOR_GRAY2RGB if found.ndim == 2 else cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
