# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random cameras: position, direction, field of view and lens distortion. Lengths in metres, angles in radians."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Plan

__all__ = ["Camera", "sample_camera", "sample_lens"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lens:
    """Lens: horizontal field of view of the rendered image, and radial distortion `k1` of the final one."""

    fov: float
    k1: float

    def rendered_focal(self, width: int) -> float:
        """Focal length, in pixels, of the rendered image of a width in pixels."""
        return width / 2 / math.tan(self.fov / 2)

    def focal(self, size: tuple[int, int]) -> float:
        """Focal length, in pixels, of the final image: the shortest that the rendered image can fill."""
        sharp = self.rendered_focal(size[0])
        if not self.k1:
            return sharp
        edge = [math.hypot(x, y) for x, y in ((size[0] / 2, size[1] / 2), (size[0] / 2, 0), (0, size[1] / 2))]
        return max(p / (p / sharp * (1 + self.k1 * (p / sharp) ** 2)) for p in edge)

    def maps(self, size: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Maps for `cv2.remap` (x and y, height x width) from the final image to the rendered one."""
        cx, cy, focal = (size[0] - 1) / 2, (size[1] - 1) / 2, self.focal(size)
        x, y = np.meshgrid((np.arange(size[0]) - cx) / focal, (np.arange(size[1]) - cy) / focal)
        distorted = np.hypot(x, y)
        straight = distorted.copy()
        for _ in range(20):
            straight = distorted / (1 + self.k1 * straight * straight)
        scale = self.rendered_focal(size[0]) * np.where(distorted > 0, straight / np.maximum(distorted, 1e-9), 1.0)
        return (x * scale + cx).astype(np.float32), (y * scale + cy).astype(np.float32)


@dataclass(frozen=True)
class Camera:
    """Position and direction of a camera; yaw is about the vertical axis, pitch is positive upwards."""

    position: tuple[float, float, float]
    yaw: float
    pitch: float
    roll: float
    lens: Lens

    def pose(self) -> Array:
        """World-from-optical pose (4 x 4); the optical frame has x right, y down, z forward (REP 103)."""
        cy, sy, cp, sp = math.cos(self.yaw), math.sin(self.yaw), math.cos(self.pitch), math.sin(self.pitch)
        forward, right = np.array([cy * cp, sy * cp, sp]), np.array([sy, -cy, 0.0])
        down = np.cross(forward, right)
        c, s = math.cos(self.roll), math.sin(self.roll)
        pose = np.eye(4)
        pose[:3, 0], pose[:3, 1], pose[:3, 2] = c * right + s * down, c * down - s * right, forward
        pose[:3, 3] = self.position
        return pose


def sample_lens(size: tuple[int, int], rng: random.Random) -> Lens:
    """Sample a lens for an image of size (width, height); a third of them distort."""
    fov = math.radians(rng.triangular(45, 100, 66))
    if rng.random() > 1 / 3:
        return Lens(fov, 0.0)
    corner = math.tan(fov / 2) * math.hypot(1, size[1] / size[0])
    return Lens(fov, max(rng.uniform(-0.3, 0.1), -0.22 / corner**2))


def sample_camera(plan: Plan, occupancy: Occupancy, lens: Lens, target: Any, rng: random.Random) -> Camera | None:
    """Sample a camera that looks across the room or at a target (x, y, z); None where no free place was found."""
    height = rng.choice((rng.uniform(0.15, 0.6), rng.uniform(0.8, 1.3), rng.uniform(1.3, 1.8), rng.uniform(1.3, 1.8)))
    things = [tuple(shape.mean(0)) for shape, top in occupancy.footprints if top > 0.2]
    best: tuple[float, float, Any, float] | None = None
    for _ in range(30):
        x, y = plan.random_point(rng)
        if not occupancy.is_free(x, y, height - 0.15, rng.uniform(0.12, 0.3)) or height > plan.ceiling_at(x, y) - 0.3:
            continue
        end = target
        if end is None and things and rng.random() < 0.7:
            end = rng.choice(things)
        elif end is None:
            end = max((plan.random_point(rng) for _ in range(3)), key=lambda spot: math.hypot(spot[0] - x, spot[1] - y))
        away = math.hypot(end[0] - x, end[1] - y)
        if 1.0 < away < (6 if target else 12):
            best = (x, y, end, away)
            break
    if best is None:
        return None
    x, y, end, away = best
    yaw = math.atan2(end[1] - y, end[0] - x) + rng.gauss(0, 0.12)
    if target is not None:
        pitch = math.atan2(end[2] - height, away) + rng.gauss(0, 0.12)
    elif rng.random() < 0.7:
        pitch = rng.gauss(-0.08 if height > 1.0 else 0.04, 0.09)
    else:
        pitch = rng.uniform(-0.6, 0.35)
    pitch = min(0.61, max(-0.61, pitch))
    return Camera((x, y, height), yaw, pitch, rng.gauss(0, 0.02), lens)
