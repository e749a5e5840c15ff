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

from bgflow_ros.segmentation.files import expand, write_atomically

__all__ = ["default_folder", "save_frame"]


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
    images = {
        "": cv2.cvtColor(image, cv2.COLOR_RGB2BGR),
        "_foreground": foreground,
        "_static": static,
    }
    files = {folder / f"{name}{ending}.png": _png(pixels) for ending, pixels in images.items()}
    file = io.BytesIO()
    np.save(file, likelihood)
    files[folder / f"{name}_likelihood.npy"] = file.getvalue()
    written = []
    try:
        for path, content in files.items():
            write_atomically(path, content)
            written.append(path)
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _png(pixels: npt.NDArray[Any]) -> bytes:
    whole, data = cv2.imencode(".png", pixels)
    if not whole:
        raise OSError(f"OpenCV makes no PNG of {pixels.shape[1]}x{pixels.shape[0]} pixels")
    return data.tobytes()
