# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation of indoor images into background and foreground, on a robot or anywhere else.

    from bgflow_ros import Segmenter

    segmentation = Segmenter()(image)  # H x W x 3, uint8, RGB
    segmentation.foreground  # H x W, 255 = foreground

This module is the public interface; everything below it may change from one version to the next.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bgflow_ros.segmentation.model import Model
    from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter

__all__ = ["Model", "Segmentation", "Segmenter", "__version__"]
__version__ = "0.1.0"

MAX_PIXELS = 1 << 25
"""Pixels of the largest image that is decoded (33 megapixels, 8K), so that a broken header cannot ask for more."""

# Libraries read these when they are imported, which is always after this package. A value that the user has set stays.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))  # else a small file can make OpenCV allocate 3 GB
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")  # else two lines for every damaged image, which is reported anyway
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else ONNX Runtime writes a device id and reports its use
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # for huggingface_hub, which comes with timm


_MODULES = {
    "Model": "bgflow_ros.segmentation.model",
    "Segmentation": "bgflow_ros.segmentation.segmenter",
    "Segmenter": "bgflow_ros.segmentation.segmenter",
}


def __getattr__(name: str) -> object:
    """Import a public class on its first use, because OpenCV and ONNX Runtime take half a second to import."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
