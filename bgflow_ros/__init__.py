# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""bgflow: what an empty room looks like, so that everything else can be found. This package runs on the robot."""

import os

__version__ = "0.1.0"

LARGEST = 1 << 25
"""Pixels of the largest picture that is decoded (33 megapixels, 8K): a bound on what a broken header can ask for."""

# Read by libraries when they are imported, which is always after this package. What the user has set stays.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LARGEST))  # without, OpenCV allocates 3 GB for a small file
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")  # without, two lines for every damaged image that is told anyway
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # without, ONNX Runtime writes a device id and reports its use
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # of huggingface_hub, which comes with timm
