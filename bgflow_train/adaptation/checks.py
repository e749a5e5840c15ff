# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What the images of a building must show, so that a model can be adapted to it."""

from __future__ import annotations

import numpy as np

from bgflow_train.adaptation.cells import Seen

__all__ = ["AdaptationError", "require_images", "require_room"]

FEWEST_IMAGES, FEWEST_CELLS = 10, 1000
ALIKE = 0.3
"""Spread of the mean latents of views below which they are the same view."""


class AdaptationError(Exception):
    """Images that a model cannot be adapted to; the message says what is missing."""


def require_images(count: int) -> None:
    """Refuse too few images."""
    if count < FEWEST_IMAGES:
        raise AdaptationError(f"found {count} images; expected at least {FEWEST_IMAGES}, better fifty")


def require_room(seen: Seen) -> None:
    """Refuse images in which the model sees no room, always the same view, or too little background, the first kind."""
    count = len(seen.means)
    if seen.featureless > count / 2:
        raise AdaptationError(
            f"the model tells nothing apart in {seen.featureless} of {count} images; expected rooms that are lit, and "
            "a lens that is clean"
        )
    spread = float(np.linalg.norm(seen.means - seen.means.mean(0), axis=1).mean())
    if spread < ALIKE:
        raise AdaptationError(
            f"the {count} images show the same view (they differ by {spread:.2f}, expected {ALIKE:g}); drive "
            "through the building"
        )
    cells = len(seen.kinds[0].logits)
    if cells < FEWEST_CELLS:
        raise AdaptationError(
            f"the model is sure of {cells} cells of background in {count} images; expected at least "
            f"{FEWEST_CELLS}: drive where more of the room is seen, or when it is cleared, with --empty"
        )
