# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Model of Nav2's semantic segmentation layer, written from its sources alone (segmentation_buffer.hpp and .cpp)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CLASS_TYPE", "SOURCE", "SemanticLayer"]

SOURCE: dict[str, Any] = {
    "segmentation_topic": "",
    "confidence_topic": "",
    "labels_topic": "",
    "pointcloud_topic": "",
    "observation_persistence": 0.0,
    "expected_update_rate": 0.0,
    "class_types": [],
    "max_obstacle_distance": 5.0,
    "min_obstacle_distance": 0.3,
    "tile_map_decay_time": 5.0,
    "visualize_tile_map": False,
    "use_cost_selection": True,
}
"""Defaults of an observation source, as far as our file uses them."""
CLASS_TYPE: dict[str, Any] = {
    "classes": [],
    "base_cost": 0,
    "max_cost": 0,
    "mark_confidence": 0,
    "samples_to_max_cost": 0,
    "dominant_priority": False,
}
"""Defaults of a class type."""
FRAME = 0.1
"""Seconds from one frame to the next."""


class Tile:
    """Observations of one tile by class, of which one class is dominant (TemporalObservationQueue)."""

    def __init__(self) -> None:
        self.queues: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        self.dominant = -1

    def push(self, label: int, confidence: float, now: float) -> None:
        """Take an observation."""
        self.queues[label].append((now, confidence))
        if self.dominant == -1 or len(self.queues[label]) > len(self.queues[self.dominant]):
            self.queues = defaultdict(list, {label: self.queues[label]})
            self.dominant = label

    def purge(self, oldest: float) -> None:
        """Forget what was seen before a time."""
        kept = {label: [seen for seen in queue if seen[0] >= oldest] for label, queue in self.queues.items()}
        self.queues = defaultdict(list, {label: queue for label, queue in kept.items() if queue})
        if self.dominant not in self.queues:
            self.dominant = max(self.queues, key=lambda label: len(self.queues[label]), default=-1)


class SemanticLayer:
    """Costs of one source.

    Args:
        source: parameters of the source.
        resolution: metres a tile.
    """

    def __init__(self, source: dict[str, Any], resolution: float) -> None:
        self.source, self.resolution = SOURCE | source, resolution
        self.by_name = {
            name: CLASS_TYPE | source[kind] for kind in source["class_types"] for name in source[kind]["classes"]
        }
        self.by_label: dict[int, dict[str, Any]] = {}
        self.tiles: defaultdict[tuple[int, ...], Tile] = defaultdict(Tile)
        self.now = 0.0

    def label_info(self, message: Any) -> None:
        """Take the ids of known classes (createSegmentationCostMultimap)."""
        named = {known.class_name: known.class_id for known in message.class_map}
        self.by_label = {id: self.by_name[name] for name, id in named.items() if name in self.by_name}

    def buffer(
        self, labels: npt.NDArray[Any], confidence: npt.NDArray[Any], points: npt.NDArray[Any], origin: npt.NDArray[Any]
    ) -> float:
        """Take one frame whose points, H x W x 3, are in the global frame; return the share of usable pixels."""
        assert self.by_label, "the class map is empty; the layer would not buffer the message"
        assert labels.size == points.shape[0] * points.shape[1] == confidence.size
        assert self.source["use_cost_selection"]
        flat = points.reshape(-1, 3)
        distance = np.linalg.norm(flat - origin, axis=1)
        near, far = self.source["min_obstacle_distance"], self.source["max_obstacle_distance"]
        usable = np.isfinite(flat[:, 2]) & (distance > near) & (distance < far)
        pixels = np.flatnonzero(usable)
        cells = np.floor(flat[pixels, :2] / self.resolution).astype(int)
        costs = np.array([self._cost(label) for label in range(256)])[labels.flat[pixels]]
        # Of each tile the first of the pixels with the greatest cost.
        order = np.lexsort((pixels, -costs, cells[:, 1], cells[:, 0]))
        chosen, first = np.unique(cells[order], axis=0, return_index=True)
        best = dict(zip(map(tuple, chosen.tolist()), pixels[order][first].tolist(), strict=True))
        self.now += FRAME
        for tile in self.tiles.values():
            tile.purge(self.now - self.source["tile_map_decay_time"])
        for index, pixel in best.items():
            if (label := int(labels.flat[pixel])) in self.by_label:
                self.tiles[index].push(label, float(confidence.flat[pixel]), self.now)
        return float(usable.mean())

    def _cost(self, label: int) -> int:
        cost: int = self.by_label.get(int(label), CLASS_TYPE)["max_cost"]
        return cost

    def costs(self) -> dict[tuple[int, ...], int]:
        """Costs of all tiles with observations (updateBounds)."""
        found = {}
        for index, tile in self.tiles.items():
            if tile.dominant == -1:
                continue
            kind, queue = self.by_label[tile.dominant], tile.queues[tile.dominant]
            mean = sum(confidence for _, confidence in queue) / len(queue)
            often = len(queue) >= kind["samples_to_max_cost"] and mean > kind["mark_confidence"]
            found[index] = kind["max_cost" if often else "base_cost"]
        return found
