# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to choose the depth that goes into a map: all of it, by the node's masks, by the true mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.segmenter import Segmentation

__all__ = ["ALL", "KEEPINGS", "TRUE", "kept"]

Mask = npt.NDArray[np.uint8]
Keep = Callable[[Segmentation], Mask]

ALL, TRUE = "all depth", "the true mask"


def _at_least(share: float) -> Keep:
    return lambda found: found.static_with(share)


KEEPINGS: Mapping[str, Keep] = {
    "static (default)": lambda found: found.static,
    **{f"static, min_static {share:g}": _at_least(share) for share in (0.5, 0.7, 0.9)},
    "not foreground": lambda found: ~found.foreground,
}
"""Masks, H x W and 255 where depth is kept, by name: what `~/static_depth` keeps with these parameters of the node."""


def kept(segmentation: Segmentation, truth: Mask) -> dict[str, npt.NDArray[np.bool_]]:
    """Compute where each way keeps depth, H x W.

    Args:
        segmentation: The model's result for the image.
        truth: H x W: 0 background, 1 foreground, 255 void.
    """
    return {
        ALL: np.ones(truth.shape, np.bool_),
        **{name: keep(segmentation) > 0 for name, keep in KEEPINGS.items()},
        TRUE: np.asarray(truth == 0),
    }
