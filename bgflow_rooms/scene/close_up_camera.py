# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random cameras close above a table, a worktop, a sink or a bed, which fills the lower part of the image."""

from __future__ import annotations

import math
import random

from bgflow_rooms.scene.camera import Camera, Lens
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.support_surface import SupportSurface

__all__ = ["sample_close_up_camera"]

AIM_BELOW_CENTRE = 0.3
"""Angle in radians by which the surface lies below the centre of the image."""
CLEARANCE = 0.18
"""Free distance in metres around the camera to objects that are higher than it."""


def sample_close_up_camera(
    occupancy: Occupancy, surfaces: list[SupportSurface], lens: Lens, rng: random.Random
) -> Camera | None:
    """Sample a camera that looks across one of the surfaces from close above; None where no free place was found."""
    for _ in range(20):
        surface = rng.choices(surfaces, [surface.size[0] * surface.size[1] for surface in surfaces])[0]
        z, (wide, deep) = surface.middle[2], surface.size
        u, v = rng.uniform(-0.5, 0.5) * wide, rng.uniform(-0.5, 0.5) * deep
        if rng.random() < 0.7:  # near its long edge, otherwise above any part of it
            v = rng.choice((-1, -1, 1)) * (deep / 2 + rng.uniform(-0.25, 0.35))
        at, height = surface.at(u, v), z + rng.uniform(0.18, 0.65)
        if height > occupancy.plan.ceiling_at(*at) - 0.2 or not occupancy.is_free(*at, height - 0.1, CLEARANCE):
            continue
        aim = surface.at(rng.uniform(-0.4, 0.4) * wide, rng.uniform(-0.4, 0.4) * deep)
        ahead = aim[0] - at[0], aim[1] - at[1]
        away = math.hypot(*ahead)
        if away < 0.15:
            continue
        yaw = math.atan2(ahead[1], ahead[0]) + rng.gauss(0, 0.15)
        pitch = min(-0.03, max(-0.61, AIM_BELOW_CENTRE - math.atan2(height - z, away) + rng.gauss(0, 0.1)))
        return Camera((*at, height), yaw, pitch, rng.gauss(0, 0.02), lens)
    return None
