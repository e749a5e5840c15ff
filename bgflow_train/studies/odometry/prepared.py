# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a drive as odometry takes them: without distortion, segmented, with a mask of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.masking import Given, Masking, features

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Frame as seen by a pinhole camera without distortion, with its masks."""

    time: float
    gray: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float32]
    masks: dict[str, npt.NDArray[np.uint8]]
    """Masks by name of the masking."""
    points: npt.NDArray[np.int64]


def prepare(drive: Drive, model: Model, maskings: Mapping[str, Masking], advance: Callable[[], Any]) -> list[Prepared]:
    """Read and segment a drive, and remove the distortion of the lens; `advance` is called after each frame."""
    segmenter = Segmenter(model, "cpu")
    prepared = []
    for frame in drive.frames():
        gray = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY)
        given = Given(frame, segmenter(frame.rgb), features(gray))  # type: ignore[arg-type]
        masks = {name: mask for name, way in maskings.items() if (mask := way.make(given)) is not None}
        straight = _straighten(drive, gray, cv2.INTER_LINEAR)
        prepared.append(
            Prepared(
                frame.time,
                straight,
                _straighten(drive, frame.depth, cv2.INTER_NEAREST),
                {name: _straighten(drive, mask, cv2.INTER_NEAREST) for name, mask in masks.items()},
                features(straight),
            )
        )
        advance()
    return prepared


def _straighten(drive: Drive, image: Any, how: int) -> Any:
    if not drive.distortion.any():
        return image
    size = image.shape[1], image.shape[0]
    maps = cv2.initUndistortRectifyMap(drive.matrix, drive.distortion, None, drive.matrix, size, cv2.CV_32FC1)
    return cv2.remap(image, *maps, how, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
