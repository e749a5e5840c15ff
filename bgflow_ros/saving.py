# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A frame and what was found in it, as files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.files import expand, write_together

__all__ = ["default_folder", "encode", "encode_array", "save_frame"]


def default_folder() -> Path:
    """Folder for frames that a robot keeps: bgflow in ROS's own folder (REP-65).

    Raises:
        OSError: there is neither ROS_HOME nor a home folder.
    """
    return expand(os.environ.get("ROS_HOME") or "~/.ros") / "bgflow"


def save_frame(
    folder: Path,
    name: str,
    image: npt.NDArray[np.uint8],
    likelihood: npt.NDArray[np.float32],
    foreground: npt.NDArray[np.uint8],
    static: npt.NDArray[np.uint8],
) -> None:
    """Write NAME.png, NAME_likelihood.npy, NAME_foreground.png and NAME_static.png: all four, each whole, or none.

    Args:
        folder: made where it is missing.
        name: of the frame.
        image: H x W x 3, RGB.
        likelihood: H x W, of background.
        foreground: H x W, 0 or 255.
        static: H x W, 0 or 255.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files = {
        folder / f"{name}.png": encode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR)),
        folder / f"{name}_foreground.png": encode(".png", foreground),
        folder / f"{name}_static.png": encode(".png", static),
        folder / f"{name}_likelihood.npy": encode_array(likelihood),
    }
    write_together(files)


def encode(suffix: str, pixels: npt.NDArray[Any]) -> bytes:
    """Make the content of an image file, in the format that a suffix names, of pixels in OpenCV's order.

    Raises:
        OSError: the format does not have so many pixels.
    """
    try:
        whole, data = cv2.imencode(suffix, pixels)
    except cv2.error:  # OpenCV 4.5 raises
        whole = False
    if not whole:
        raise OSError(f"OpenCV makes no {suffix[1:].upper()} of {pixels.shape[1]}x{pixels.shape[0]} pixels")
    return data.tobytes()


def encode_array(values: npt.NDArray[Any]) -> bytes:
    """Make the content of a .npy file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()
