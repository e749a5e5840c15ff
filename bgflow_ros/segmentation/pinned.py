# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Page-locked memory, which a graphics card reads and writes without a copy by the driver."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

import numpy.typing as npt

__all__ = ["pin"]

LIBRARIES = ("libcudart.so.13", "libcudart.so.12", "libcudart.so")
"""Names of CUDA's runtime, which ONNX Runtime has loaded; ONNX Runtime itself offers no pinned memory in Python."""


def pin(array: npt.NDArray[Any]) -> bool:
    """Page-lock the memory of an array until the array is deleted.

    Returns:
        True if the memory is locked. If not, the array works as before, and is only slower to copy.
    """
    for name in LIBRARIES:
        try:
            runtime = ctypes.CDLL(name)
        except OSError:
            continue
        address = ctypes.c_void_p(array.ctypes.data)
        if runtime.cudaHostRegister(address, ctypes.c_size_t(array.nbytes), ctypes.c_uint(0)) == 0:
            weakref.finalize(array, runtime.cudaHostUnregister, address)
            return True
    return False
