# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Description of the machine, for the report."""

from __future__ import annotations

import os
import platform
from typing import Any

import cv2
import numpy as np
import onnxruntime

from bgflow_ros import __version__
from bgflow_ros.segmentation.hardware import cards, flags, processor
from bgflow_ros.segmentation.packages import installed

__all__ = ["machine", "versions"]

FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "asimd", "asimddp", "i8mm")
"""Instruction sets that determine the speed of matrix products."""
PACKAGES = ("torch", "torchvision", "faiss-cpu", "transformers", "anomalib")


def machine() -> dict[str, Any]:
    """Describe the processor, cores that this process may use, instruction sets and cards, JSON-ready."""
    found = flags()
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in found],
        "cards": [card._asdict() for card in cards()],
    }


def versions() -> dict[str, str]:
    """List the versions of installed packages that affect time, JSON-ready."""
    return {
        "bgflow": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "onnxruntime": onnxruntime.__version__,
        "opencv": cv2.__version__,
        # Read from the metadata: to import torch takes seconds and memory.
        **{name.removesuffix("-cpu"): found for name, found in installed(PACKAGES).items()},
    }
