# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images, masks and likelihoods as the contents of files."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["encode_file"]


def encode_file(pixels: npt.NDArray[Any], suffix: str) -> bytes:
    """Encode an array as the content of a file.

    Args:
        pixels: H x W, or H x W x 3 in RGB.
        suffix: .npy for NumPy's format, or one of an image format that OpenCV writes, such as .png.

    Raises:
        OSError: OpenCV cannot encode the image, for instance because the format does not allow its size.
    """
    if suffix == ".npy":
        file = io.BytesIO()
        np.save(file, pixels)
        return file.getvalue()
    try:
        encoded, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels)
    except cv2.error:  # OpenCV 4.5 raises where newer versions return False
        encoded = False
    if not encoded:
        raise OSError(f"OpenCV cannot encode {pixels.shape[1]}x{pixels.shape[0]} pixels as {suffix[1:].upper()}")
    return data.tobytes()
