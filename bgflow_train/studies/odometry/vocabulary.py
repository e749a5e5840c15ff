# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Vocabulary of ORB features for ORB-SLAM3: a tree of means as text, as DBoW2 (Galvez-Lopez, Tardos 2012) reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans

from bgflow_ros.segmentation.files import write_atomically

__all__ = ["train_vocabulary"]

BRANCHES, LEVELS = 10, 3
FEATURES = 500
"""Features of each image."""
MOST = 60000
"""Descriptors that are clustered."""

Bits = npt.NDArray[np.uint8]
"""Descriptors, N x 256, of zeros and ones."""


def train_vocabulary(images: Sequence[npt.NDArray[np.uint8]], path: Path) -> None:
    """Cluster the features of grey images and write the tree to a file."""
    orb = cv2.ORB.create(FEATURES, fastThreshold=10)
    described: list[Any] = [orb.detectAndCompute(image, None)[1] for image in images]
    found = [np.unpackbits(descriptors, axis=1) for descriptors in described if descriptors is not None]
    bits, of_image = np.concatenate(found), np.repeat(np.arange(len(found)), [len(one) for one in found])
    if len(bits) > MOST:
        drawn = np.random.default_rng(0).choice(len(bits), MOST, replace=False)
        bits, of_image = bits[drawn], of_image[drawn]
    # L1 norm of vectors weighted by TF-IDF, which ORB-SLAM3's own vocabulary has as well.
    lines = [f"{BRANCHES} {LEVELS} 0 0"]
    for parent, leaf, mean, members in _nodes(bits):
        seen = len(np.unique(of_image[members]))
        weight = np.log(len(found) / seen) if leaf else 0.0
        lines.append(f"{parent} {int(leaf)} {' '.join(map(str, np.packbits(mean)))} {weight:.6f}")
    # DBoW2 would take an empty last line for a node.
    write_atomically(path, "\n".join(lines).encode())


def _nodes(bits: Bits) -> Iterator[tuple[int, bool, Bits, npt.NDArray[np.int64]]]:
    """Yield parent, whether it is a leaf, mean and members of each node below the root, which is number 0."""
    waiting = [(0, 0, np.arange(len(bits)))]
    count = 0
    while waiting:
        parent, level, members = waiting.pop(0)
        for part in _parts(bits, members):
            count += 1
            leaf = level + 1 == LEVELS or len(part) <= BRANCHES
            mean: Any = bits[part].mean(0) > 0.5
            yield parent, leaf, mean, part
            if not leaf:
                waiting.append((count, level + 1, part))


def _parts(bits: Bits, members: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    clusters = KMeans(min(BRANCHES, len(members)), n_init=1, max_iter=20, random_state=0)
    labels = clusters.fit_predict(bits[members].astype(np.float32))
    return [members[labels == label] for label in np.unique(labels)]
