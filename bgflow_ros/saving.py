# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A frame and what was found in it, as files."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.files import expand, write_atomically

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
    """Write NAME.png, NAME_likelihood.npy, NAME_foreground.png and NAME_static.png, each of them whole or not at all.

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
    pictures = {
        "": cv2.cvtColor(image, cv2.COLOR_RGB2BGR),
        "_foreground": foreground,
        "_static": static,
    }
    for ending, picture in pictures.items():
        write_atomically(folder / f"{name}{ending}.png", cv2.imencode(".png", picture)[1].tobytes())
    file = io.BytesIO()
    np.save(file, likelihood)
    write_atomically(folder / f"{name}_likelihood.npy", file.getvalue())
