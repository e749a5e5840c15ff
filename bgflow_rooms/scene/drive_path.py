# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How a robot drives through a room, and how foreign things move before it. Lengths in metres, angles in radians."""

from __future__ import annotations

import dataclasses
import math
import random
from dataclasses import dataclass

from bgflow_rooms.scene.camera import Camera, Lens, sample_camera
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Plan

__all__ = ["Drive", "ObjectMotion", "sample_drive", "sample_motion"]

MAX_SPEED = 0.5
MAX_TURN = math.radians(35)
"""A second, of the camera."""
CLEARANCE = 0.25
NEAREST = 0.35
"""From the camera to the surface of what moves."""


@dataclass(frozen=True)
class Drive:
    """A camera that starts gently, moves along a line, pans meanwhile, and stops."""

    start: Camera
    course: float
    """Direction in which it moves, about the vertical."""
    length: float
    pan: float
    """How far it turns to either side."""
    phase: float
    """Of the pan, at the start."""

    def camera(self, t: float) -> Camera:
        """Camera at a time from 0 (start) to 1 (end)."""
        way = self.length * (1 - math.cos(math.pi * t)) / 2
        x, y, z = self.start.position
        turn = self.pan * (math.sin(2 * math.pi * t + self.phase) - math.sin(self.phase))
        return dataclasses.replace(
            self.start,
            position=(x + way * math.cos(self.course), y + way * math.sin(self.course), z),
            yaw=self.start.yaw + turn,
        )

    @staticmethod
    def longest(seconds: float) -> float:
        """Length at which the speed stays within its bound."""
        return MAX_SPEED * seconds * 2 / math.pi

    @staticmethod
    def widest(seconds: float) -> float:
        """Pan at which turning stays within its bound."""
        return MAX_TURN * seconds / (2 * math.pi)


def sample_drive(plan: Plan, occupancy: Occupancy, lens: Lens, seconds: float, rng: random.Random) -> Drive | None:
    """Drive through free space that begins with a view across the room; None where none was found."""
    camera = sample_camera(plan, occupancy, lens, None, rng)
    if camera is None:
        return None
    height = rng.uniform(0.5, 1.3)
    pitch = rng.uniform(-0.2, 0.05)
    camera = dataclasses.replace(camera, position=(*camera.position[:2], height), pitch=pitch, roll=0.0)
    drive = Drive(
        camera,
        camera.yaw + rng.uniform(-math.pi, math.pi),
        Drive.longest(seconds) * rng.uniform(0.4, 1.0),
        min(Drive.widest(seconds), math.radians(22)) * rng.uniform(0.4, 1.0),
        rng.uniform(0, 2 * math.pi),
    )
    steps = [drive.camera(i / 10).position for i in range(11)]
    free = all(occupancy.is_free(x, y, 0.1, CLEARANCE) and z < plan.ceiling_at(x, y) - 0.3 for x, y, z in steps)
    return drive if free else None


@dataclass(frozen=True)
class ObjectMotion:
    """One thing that moves about before the camera, with a motion of its own: to and fro, nearer and farther."""

    distance: float
    """From the camera, on average."""
    bearing: float
    """Left of where the camera would look if it did not pan, on average."""
    sway: float
    """How far the bearing goes to either side."""
    surge: float
    """By how much of itself the distance changes."""
    turns: float
    """How often it goes to and fro."""
    phase: float
    spin: float
    """By how much it turns about itself, in all."""
    radius: float
    """Of the thing, about the vertical."""

    def pose(self, drive: Drive, plan: Plan, t: float) -> tuple[float, float, float]:
        """Where it is and how it is turned at a time from 0 to 1: x, y, angle; always in the room."""
        x, y, _ = drive.camera(t).position
        beat = 2 * math.pi * self.turns * t + self.phase
        angle = drive.start.yaw + self.bearing + self.sway * math.sin(beat)
        away = max(self.distance * (1 + self.surge * math.sin(1.7 * beat)), NEAREST + self.radius)
        c, s = math.cos(angle), math.sin(angle)
        # Before a wall it comes nearer.
        nearest = NEAREST + self.radius
        while away > nearest and not plan.inside(x + (away + self.radius) * c, y + (away + self.radius) * s):
            away = max(nearest, away - 0.05)
        return x + away * c, y + away * s, angle + self.phase + self.spin * t


def sample_motion(count: int, number: int, radius: float, fov: float, rng: random.Random) -> ObjectMotion:
    """One of `count` things, each in its own part of the view, at a distance that remains to be chosen."""
    bearing = fov * (0.5 - (number + 0.5) / count) * 0.6
    return ObjectMotion(
        1.5,
        bearing,
        fov * rng.uniform(0.18, 0.3) / count,
        rng.uniform(0.08, 0.2),
        rng.uniform(0.7, 1.3),
        rng.uniform(0, 2 * math.pi),
        rng.uniform(-2.5, 2.5),
        radius,
    )
