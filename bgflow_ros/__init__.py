# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""bgflow: what an empty room looks like, so that everything else can be found. This package runs on the robot."""

import os

__version__ = "0.1.0"

LARGEST = 1 << 25
"""Pixels of the largest picture that is decoded (33 megapixels, 8K): a bound on what a broken header can ask for."""

# OpenCV reads it when it is imported, and allocates up to 3 GB for a small file without.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LARGEST))
