# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Files that hold a frame with its likelihood and masks."""

from __future__ import annotations

import os
from pathlib import Path

from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.files import expand, write_together
from bgflow_ros.segmentation.outputs import FOREGROUND_MASK, LIKELIHOOD, STATIC_MASK
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["default_folder", "save_frame"]


def default_folder() -> Path:
    """Default folder for saved frames: bgflow in ROS's own folder (REP 65).

    Raises:
        OSError: there is neither ROS_HOME nor a home folder.
    """
    return expand(os.environ.get("ROS_HOME") or "~/.ros") / "bgflow"


def save_frame(folder: Path, name: str, masks: Refined) -> None:
    """Write NAME.png, NAME_likelihood.npy, NAME_foreground.png and NAME_static.png: all four completely, or none.

    Args:
        folder: folder to write to, created where it is missing.
        name: name of the frame.
        masks: masks of the frame, and its image.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files = {folder / f"{name}.png": encode_file(masks.segmentation.image, ".png")}
    for output in (FOREGROUND_MASK, STATIC_MASK, LIKELIHOOD):
        assert output.pixels is not None
        path = folder / f"{name}_{output.file}"
        files[path] = encode_file(output.pixels(masks), path.suffix)
    write_together(files)
