# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random paths of a robot through a room, and motions of objects in its view. Lengths in metres, angles in radians."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from dataclasses import dataclass

from bgflow_rooms.scene.camera import Camera, Lens, sample_camera
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Plan

__all__ = ["Drive", "ObjectMotion", "Way", "sample_drive", "sample_motion"]

MAX_SPEED = 0.5
"""Greatest speed of the camera, in metres a second."""
MAX_TURN = math.radians(35)
"""Greatest turning rate of the camera, in radians a second."""
WIDEST_PAN = math.radians(60)
"""Greatest amplitude of the pan, which only long drives reach."""
CLEARANCE = 0.25
"""Free distance around the path."""
STEPS, SMOOTH = 200, 8
"""Steps of a drive in which somebody's way is made, and steps before and after over which it is smoothed."""
NEAREST = 0.35
"""Least distance from the camera to the surface of a moving object."""


@dataclass(frozen=True)
class Drive:
    """Path of a camera that accelerates gently, moves along a straight line while it pans, and stops."""

    start: Camera
    course: float
    """Direction of motion, about the vertical axis."""
    length: float
    pan: float
    """Amplitude of the pan."""
    phase: float
    """Phase of the pan at the start."""

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
        """Greatest length of a path that stays within the speed limit."""
        return MAX_SPEED * seconds * 2 / math.pi

    @staticmethod
    def widest(seconds: float) -> float:
        """Greatest amplitude of the pan that stays within the limit of the turning rate."""
        return MAX_TURN * seconds / (2 * math.pi)


def sample_drive(plan: Plan, occupancy: Occupancy, lens: Lens, seconds: float, rng: random.Random) -> Drive | None:
    """Sample a path through free space that starts with a view across the room; None where none was found."""
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
        min(Drive.widest(seconds), WIDEST_PAN) * rng.uniform(0.4, 1.0),
        rng.uniform(0, 2 * math.pi),
    )
    steps = [drive.camera(i / 10).position for i in range(11)]
    free = all(occupancy.is_free(x, y, 0.1, CLEARANCE) and z < plan.ceiling_at(x, y) - 0.3 for x, y, z in steps)
    return drive if free else None


@dataclass(frozen=True)
class ObjectMotion:
    """Motion of one object in the camera's view: to and fro, nearer and farther."""

    distance: float
    """Mean distance from the camera."""
    bearing: float
    """Mean bearing, positive to the left of the direction in which the camera would look without the pan."""
    sway: float
    """Amplitude of the bearing."""
    surge: float
    """Amplitude of the distance, as a fraction of it."""
    turns: float
    """Number of cycles in the drive."""
    phase: float
    spin: float
    """Total rotation about the object's own vertical axis."""
    radius: float
    """Horizontal radius of the object."""

    def pose(self, drive: Drive, plan: Plan, t: float) -> tuple[float, float, float]:
        """Pose (x, y, angle) at a time from 0 (start) to 1 (end); the object stays in the room."""
        x, y, _ = drive.camera(t).position
        beat = 2 * math.pi * self.turns * t + self.phase
        angle = drive.start.yaw + self.bearing + self.sway * math.sin(beat)
        away = max(self.distance * (1 + self.surge * math.sin(1.7 * beat)), NEAREST + self.radius)
        c, s = math.cos(angle), math.sin(angle)
        # In front of a wall the object comes nearer.
        nearest = NEAREST + self.radius
        while away > nearest and not plan.inside(x + (away + self.radius) * c, y + (away + self.radius) * s):
            away = max(nearest, away - 0.05)
        return x + away * c, y + away * s, angle + self.phase + self.spin * t

    def way(self, drive: Drive, plan: Plan) -> Way:
        """Return the way of somebody who goes where the object would, and faces where it goes."""
        places = [self.pose(drive, plan, i / STEPS)[:2] for i in range(STEPS + 1)]
        # Before a wall the object comes nearer by jumps, which nobody does who walks.
        return Way([_mean(places[max(0, i - SMOOTH) : i + SMOOTH + 1]) for i in range(STEPS + 1)])


class Way:
    """Places at equal times of a drive.

    Args:
        places: x, y at each time, from the start to the end.
    """

    def __init__(self, places: list[tuple[float, float]]) -> None:
        self._places = places
        self._gone = [0.0]
        for before, after in itertools.pairwise(places):
            self._gone.append(self._gone[-1] + math.dist(before, after))

    def at(self, t: float) -> tuple[float, float, float, float]:
        """Place x, y, heading, and the metres gone until a time from 0 (start) to 1 (end)."""
        last = len(self._places) - 1
        i = min(last, round(t * last))
        (x_before, y_before), (x_after, y_after) = (self._places[j] for j in (max(0, i - 1), min(last, i + 1)))
        return *self._places[i], math.atan2(y_after - y_before, x_after - x_before), self._gone[i]


def _mean(places: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def sample_motion(count: int, number: int, radius: float, fov: float, rng: random.Random) -> ObjectMotion:
    """Sample the motion of one of `count` objects in its own part of the view; its distance is chosen later."""
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
