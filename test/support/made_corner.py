# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth of a room of 5 by 4 m, 2.5 m high, with a cupboard at a wall and a table, from a camera that turns about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.segmentation.depth import Intrinsics

__all__ = ["PILLAR", "ROOM", "THINGS", "looks", "things", "write"]

WIDTH, HEIGHT = 160, 120
INTRINSICS = Intrinsics(110.0, 110.0, 79.5, 59.5)
ROOM = np.array([[0.0, 0.0, 0.0], [5.0, 4.0, 2.5]])
THINGS = np.array([[[1.0, 3.4, 0.0], [2.6, 4.0, 1.9]], [[3.4, 1.2, 0.6], [4.4, 2.2, 0.7]]])
"""Least and greatest x, y, z of the cupboard and of the table's top, in metres; the z axis points up."""
PILLAR = np.array([[[3.6, 2.8, 0.0], [3.9, 3.1, 2.5]]])
"""The same of a pillar between floor and ceiling."""
HEIGHT_OF_CAMERA = 1.2


def looks(count: int = 16, held: np.ndarray = THINGS) -> list[PosedDepth]:
    """Return views all around from the middle of the room, tilted up and down by turns; the room holds things."""
    found = []
    for number, angle in enumerate(np.linspace(0, 2 * np.pi, count, endpoint=False)):
        tilt = 0.25 * (-1) ** number
        forward = np.array([np.cos(angle) * np.cos(tilt), np.sin(angle) * np.cos(tilt), np.sin(tilt)])
        right = np.array([np.sin(angle), -np.cos(angle), 0.0])
        pose = np.eye(4)
        pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
        pose[:3, 3] = 2.2, 1.6, HEIGHT_OF_CAMERA
        found.append(PosedDepth(_depths(pose, held)[0], INTRINSICS, pose))
    return found


def things(view: PosedDepth, held: np.ndarray = THINGS) -> np.ndarray:
    """Tell where a view shows one of the things, H x W."""
    return _depths(view.pose, held)[1]


def _depths(pose: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    rays = np.stack([(u - INTRINSICS.cx) / INTRINSICS.fx, (v - INTRINSICS.cy) / INTRINSICS.fy, np.ones(u.shape)], -1)
    rays = rays @ pose[:3, :3].T
    with np.errstate(divide="ignore"):
        enter = (held[:, :, None, None] - pose[:3, 3]) / rays
        wall = np.max((ROOM[:, None, None] - pose[:3, 3]) / rays, axis=0).min(-1)
    first, last = enter.min(1).max(-1), enter.max(1).min(-1)
    thing = np.where((first < last) & (first > 0), first, np.inf).min(0, initial=np.inf)
    return np.minimum(wall, thing).astype(np.float32), thing < wall


def write(folder: Path, images: Sequence[np.ndarray]) -> Path:
    """Write a recording in TUM's layout whose images, BGR, are given and whose depth is the room's."""
    (folder / "depth").mkdir(parents=True)
    (folder / "rgb").mkdir(exist_ok=True)
    lists: dict[str, list[str]] = {"rgb": [], "depth": [], "groundtruth": []}
    for number, (image, view) in enumerate(zip(images, looks(len(images)), strict=True)):
        cv2.imwrite(str(folder / f"rgb/{number:03d}.png"), cv2.resize(image, (WIDTH, HEIGHT)))
        cv2.imwrite(str(folder / f"depth/{number:03d}.png"), np.rint(view.depth * 5000).astype(np.uint16))
        turn = cv2.Rodrigues(view.pose[:3, :3])[0].ravel()
        angle = max(np.linalg.norm(turn), 1e-9)
        quaternion = [*(turn / angle * np.sin(angle / 2)), np.cos(angle / 2)]
        lists["rgb"].append(f"{number} rgb/{number:03d}.png")
        lists["depth"].append(f"{number} depth/{number:03d}.png")
        lists["groundtruth"].append(" ".join(map(str, [number, *view.pose[:3, 3], *quaternion])))
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    matrix = [INTRINSICS.fx, 0.0, INTRINSICS.cx, 0.0, INTRINSICS.fy, INTRINSICS.cy, 0.0, 0.0, 1.0]
    (folder / "camera.yaml").write_text(yaml.safe_dump({"camera_matrix": {"data": matrix}, "depth_scale": 5000.0}))
    return folder
