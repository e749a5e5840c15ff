# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Masks as classes: the side of a pixel is known, its class is not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bgflow_train.data.base import BACKGROUND, FOREGROUND
from bgflow_train.data.classes import UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND

__all__ = ["mask_to_classes"]

_TABLE = np.zeros(256, np.uint8)
_TABLE[[BACKGROUND, FOREGROUND]] = UNKNOWN_BACKGROUND, UNKNOWN_FOREGROUND


def mask_to_classes(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Map a mask to 0 for void and the two classes of which only the side is known, in an array of any shape."""
    return np.asarray(_TABLE[mask])
