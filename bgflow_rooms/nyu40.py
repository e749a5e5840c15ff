# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The 40 classes (Gupta et al., 2013) that label the images of NYU Depth v2 and the rendered rooms."""

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
"""Names in the order of the class numbers, spelt as the authors spell them."""
CLASSES = len(CLASS_NAMES) - 1
"""Number of classes, which are numbered from 1; 0 is unlabelled."""
WALL, FLOOR, DOOR, WINDOW, CEILING = 1, 2, 8, 9, 22
OTHER = 40
"""Class of all other props."""
BACKGROUND_CLASSES = (WALL, FLOOR, WINDOW, CEILING)
NOVEL_FROM = 100
"""First label of the held-out families, which no training room contains (`bgflow rooms --novel`)."""
