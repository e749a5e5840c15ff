# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of the costmaps of one drive: the packaged layers, their rivals, and what they mark and miss."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from bgflow_ros.segmentation.depth import Intrinsics, organised_points
from bgflow_ros.segmentation.files import share
from bgflow_ros.segmentation.labels import NAMES, confidence, labels
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.studies.costmaps.semantic_layer import SemanticLayer
from bgflow_train.studies.costmaps.truth import Columns, Truth, near
from bgflow_train.studies.costmaps.voxel_layer import VoxelLayer
from bgflow_train.studies.odometry.drive import Drive, DriveError

__all__ = ["DEPTH", "FOREGROUND", "LABELS", "RESOLUTION", "TRUE", "UNWEIGHTED", "costmaps", "measure"]

Cells = npt.NDArray[np.bool_]

FOREGROUND, LABELS, UNWEIGHTED = "foreground points", "labels with confidence", "labels alone"
DEPTH, TRUE = "all depth", "true foreground"
RESOLUTION = 0.05
"""Edge of a cell of the packaged costmaps in metres."""
UPDATES = 5.0
"""Updates of a costmap in a second (nav2_costmap_2d's default)."""
STEP = 2
"""Every second pixel of every second row becomes a point, so that rays take no hours."""
KEPT = ("min_obstacle_height", "max_obstacle_height", "obstacle_min_range", "obstacle_max_range")
"""Settings of the foreground's source that hold for all depth as well where it marks."""
CLASS_MAP = [SimpleNamespace(class_name=name, class_id=number) for number, name in NAMES.items()]
LETHAL = 254
"""Cost at which a cell is an obstacle (nav2_costmap_2d, LETHAL_OBSTACLE)."""


def costmaps(drive: Drive, segmenter: Segmenter, advance: Callable[[], Any]) -> tuple[dict[str, Cells], Truth]:
    """Make the costmaps of a drive with the packaged parameters; `advance` is called after each frame.

    Returns:
        Cells that each layer marks at the end of the drive, X x Y, by layer; and what stands in them in truth.

    Raises:
        DriveError: The drive has no true masks or no poses of its frames, or something moves in it.
    """
    if drive.masks is None:
        raise DriveError(f"{drive.path}: no mask.txt; expected a drive of `bgflow drives`")
    if drive.description.get("amount"):
        raise DriveError(f"{drive.path}: something moves; expected a drive of `bgflow drives --amounts 0`")
    poses = drive.poses()
    settings, semantic = (_costmap(name) for name in ("nav2_costmap.yaml", "semantic_costmap.yaml"))
    middle = np.array([*np.mean([pose[:2, 3] for pose in poses], axis=0), 0.0])
    voxels = {name: VoxelLayer(settings, "foreground_layer") for name in (FOREGROUND, TRUE)}
    # The same layer without a segmenter: all depth marks as well as clears.
    marking = {"marking": True, **{key: settings["foreground_layer"]["foreground"][key] for key in KEPT}}
    packaged = settings["foreground_layer"]
    plain = {**packaged, "observation_sources": "depth", "depth": {**packaged["depth"], **marking}}
    voxels[DEPTH] = VoxelLayer({**settings, "foreground_layer": plain}, "foreground_layer")
    tiles = {name: SemanticLayer(semantic["semantic_layer"]["segmenter"], RESOLUTION) for name in (LABELS, UNWEIGHTED)}
    for tile_layer in tiles.values():
        tile_layer.label_info(SimpleNamespace(class_map=CLASS_MAP))
    lethal = voxels[FOREGROUND].lethal
    heights = voxels[FOREGROUND].sources["foreground"].settings
    columns = Columns(
        voxels[FOREGROUND].corner[:2],
        RESOLUTION,
        (lethal.shape[0], lethal.shape[1]),
        heights["min_obstacle_height"],
        heights["max_obstacle_height"],
    )
    every = max(1, round(drive.rate / UPDATES))
    (fx, _, cx), (_, fy, cy) = drive.matrix[:2].tolist()
    for number, (frame, pose) in enumerate(zip(drive.frames(), poses, strict=True)):
        assert frame.mask is not None
        found = segmenter(frame.rgb)
        points = organised_points(frame.depth, Intrinsics(fx, fy, cx, cy))
        rotation, origin = pose[:3, :3], pose[:3, 3] - middle
        thin = (slice(None, None, STEP),) * 2
        for name, layer in voxels.items() if number % every == 0 else ():
            mask = found.foreground > 0 if name == FOREGROUND else frame.mask == 1
            for source, buffer in layer.sources.items():
                shown = points[thin][mask[thin]] if source == "foreground" else points[thin].reshape(-1, 3)
                buffer.buffer(shown[np.isfinite(shown[:, 2])], rotation, origin, number / drive.rate)
            layer.update()
        world = points @ rotation.T + origin
        classes = labels(found.foreground)
        for name, tile_layer in tiles.items():
            sure = confidence(found.likelihood, classes) if name == LABELS else np.full_like(classes, 255)
            tile_layer.buffer(classes, sure, world, origin)
        known = np.isfinite(points[..., 2]) & (frame.mask < 255)
        known &= np.linalg.norm(points, axis=-1) < heights["obstacle_max_range"]
        columns.add(world[known], frame.mask[known] == 1)
        advance()
    marked = {name: layer.lethal for name, layer in voxels.items()}
    for name, tile_layer in tiles.items():
        marked[name] = np.zeros(lethal.shape, np.bool_)
        for index, cost in tile_layer.costs().items():
            cell = np.array(index) - np.rint(voxels[FOREGROUND].corner[:2] / RESOLUTION).astype(int)
            if cost >= LETHAL and ((cell >= 0) & (cell < lethal.shape)).all():
                marked[name][tuple(cell)] = True
    return marked, columns.truth()


def measure(marked: dict[str, Cells], truth: Truth) -> dict[str, Any]:
    """Measure costmaps, JSON-ready.

    Args:
        marked: Marked cells by layer, X x Y.
        truth: What stands in them.

    Returns:
        For each layer the numbers of cells of obstacles and of those missed, in and beside which nothing is marked, by
        kind; and the areas in square metres of walls and of free floor, and of phantoms on them.
    """
    found = {}
    for name, cells in marked.items():
        missed = {kind: int((there & ~near(cells)).sum()) for kind, there in truth.obstacles.items()}
        areas = {
            place: [float(area.sum()) * RESOLUTION**2, float((cells & area).sum()) * RESOLUTION**2]
            for place, area in (("wall", truth.wall), ("floor", truth.floor))
        }
        found[name] = {
            "obstacles": {kind: int(there.sum()) for kind, there in truth.obstacles.items()},
            "missed": missed,
            "areas": areas,
        }
    return found


def _costmap(name: str) -> dict[str, Any]:
    text = (share() / "config" / name).read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["local_costmap"]["local_costmap"]["ros__parameters"])
