# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The 40 classes of NYU (Gupta et al., 2013), by which NYU's pictures and rendered rooms are labelled."""

from __future__ import annotations

__all__ = [
    "BACKGROUND_CLASSES",
    "CEILING",
    "CLASSES",
    "CLASS_NAMES",
    "DOOR",
    "FLOOR",
    "NOVEL_FROM",
    "OTHER",
    "WALL",
    "WINDOW",
]

# fmt: off
CLASS_NAMES = (
    "void", "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture",
    "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat", "clothes", "ceiling",
    "books", "refridgerator", "television", "paper", "towel", "shower curtain", "box", "whiteboard", "person",
    "night stand", "toilet", "sink", "lamp", "bathtub", "bag", "otherstructure", "otherfurniture", "otherprop",
)
# fmt: on
"""By number, as the authors spell them."""
CLASSES = len(CLASS_NAMES) - 1
"""Numbered from 1; 0 is unlabelled."""
WALL, FLOOR, DOOR, WINDOW, CEILING = 1, 2, 8, 9, 22
OTHER = 40
"""Props that are nothing else."""
BACKGROUND_CLASSES = (WALL, FLOOR, WINDOW, CEILING)
NOVEL_FROM = 100
"""Rendered labels from here on are families that training rooms never hold (`bgflow rooms --novel`)."""
