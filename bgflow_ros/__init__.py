# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation of indoor images into background and foreground, on a robot or anywhere else.

    from bgflow_ros import Segmenter

    segmentation = Segmenter()(image)  # H x W x 3, uint8, RGB
    segmentation.foreground  # H x W, 255 where something stands

What this module exports is the public interface; everything below it may change from one version to the next.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgflow_ros.segmentation.model import Model
    from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter

__all__ = ["Model", "Segmentation", "Segmenter", "__version__"]
__version__ = "0.1.0"

LARGEST = 1 << 25
"""Number of pixels of the largest image that is decoded (33 megapixels, 8K): a bound on what a broken header can ask
for."""

# Libraries read these when they are imported, which is always after this package. A value that the user has set stays.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LARGEST))  # without, OpenCV allocates 3 GB for a small file
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")  # without, two lines for every damaged image that is told anyway
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # without, ONNX Runtime writes a device id and reports its use
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # of huggingface_hub, which comes with timm


def __getattr__(name: str) -> object:
    """Import a public class when it is first asked for: OpenCV and ONNX Runtime take half a second to import."""
    if name == "Model":
        from bgflow_ros.segmentation import model as module
    elif name in {"Segmentation", "Segmenter"}:
        from bgflow_ros.segmentation import segmenter as module
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
