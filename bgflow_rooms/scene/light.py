# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random light of a room: daylight, lamps, flash, night, or the even light of robot simulators."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from bgflow_rooms.scene import outside
from bgflow_rooms.scene.plan import Plan
from bgflow_rooms.scene.scene_builder import SceneBuilder
from bgflow_rooms.weighted_choice import weighted_choice

__all__ = ["Light", "build_light", "sample_light", "warmth"]

Tint = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """Lighting of a room: mode, sky and its strength, and whether the ceiling lamps are on."""

    mode: str
    sky: str
    strength: float
    lamps: bool


def warmth(kelvin: float) -> Tint:
    """Linear RGB colour of a black body at a temperature in kelvin; its largest component is 1."""
    t = min(max(kelvin, 1500.0), 15000.0) / 6500.0
    tint = (min(1.6, t**-0.55), 1.0, t**0.75) if t < 1 else (t**-0.35, t**-0.15, 1.0)
    top = max(tint)
    return tint[0] / top, tint[1] / top, tint[2] / top


def sample_light(plan: Plan, rng: random.Random) -> Light:
    """Sample the lighting of a room."""
    windows = any(o.kind == "window" for wall in plan.walls for o in wall.openings)
    if plan.style == "plain":
        sky = rng.choice(("day", "flat", "flat", "flat", "white", "night"))
        return Light("plain", sky, rng.uniform(0.3, 1.5), rng.random() < 0.3)
    weights = {"day": 40, "mixed": 15, "lamps": 22, "flash": 10, "even": 10, "single": 6}
    if not windows:
        weights["day"] = 0
    mode = weighted_choice(weights, rng)
    daytime = mode in ("day", "mixed", "even")
    sky = rng.choice(("day", "day", "white") if daytime else ("night", "night", "day"))
    strength = math.exp(rng.uniform(0.0, 3.3)) if mode in ("day", "mixed") else rng.uniform(0.1, 1.5)
    return Light(mode, sky, strength, mode in ("lamps", "mixed") or (mode == "even" and rng.random() < 0.5))


def add_lamp(collection: Any, kind: str, position: Any, direction: Any, **settings: Any) -> Any:
    """Add a lamp (AREA, SUN, POINT, SPOT) that shines in a direction and is invisible to the camera."""
    light = bpy.data.lights.new(kind.lower(), kind)
    for name, value in settings.items():
        setattr(light, name, value)
    thing = bpy.data.objects.new(kind.lower(), light)
    thing.location, thing.rotation_mode = position, "QUATERNION"
    thing.rotation_quaternion = Vector(direction).to_track_quat("-Z", "Y")
    thing.visible_camera = False
    collection.objects.link(thing)
    return thing


def add_room_lamp(
    scene: SceneBuilder, kind: str, position: Any, direction: Any, energy: float, tint: Tint, **settings: Any
) -> Any:
    """Add a lamp of an energy and a tint to a scene."""
    return add_lamp(scene.lamps, kind, position, direction, energy=energy, color=tint, **settings)


def downwards(turn: float, rise: float) -> tuple[float, float, float]:
    """Direction of sunlight for an azimuth and an elevation."""
    return math.cos(turn) * math.cos(rise), math.sin(turn) * math.cos(rise), -math.sin(rise)


def build_daylight(scene: SceneBuilder, plan: Plan, rng: random.Random) -> None:
    """Add daylight to every window, and perhaps a sun."""
    tint, power = warmth(rng.uniform(5500, 12000)), math.exp(rng.uniform(3.5, 5.2))
    for wall in plan.walls:
        for hole in wall.openings:
            if hole.kind == "window":
                wide, rise = hole.right - hole.left, hole.top - hole.bottom
                x, y = wall.at((hole.left + hole.right) / 2, 0.02)
                way = (math.sin(wall.angle), -math.cos(wall.angle), -0.2)
                settings = {"shape": "RECTANGLE", "size": wide, "size_y": rise}
                middle = (x, y, (hole.bottom + hole.top) / 2)
                add_room_lamp(scene, "AREA", middle, way, power * wide * rise, tint, **settings)
    if rng.random() < 0.45:
        turn, rise = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 1.1)
        energy, width = math.exp(rng.uniform(1.0, 3.2)), rng.uniform(0.01, 0.08)
        add_room_lamp(
            scene, "SUN", (0, 0, 5), downwards(turn, rise), energy, warmth(rng.uniform(3000, 6000)), angle=width
        )


def build_light(
    scene: SceneBuilder,
    plan: Plan,
    light: Light,
    lamps: list[tuple[float, float, float]],
    annexes: list[Plan],
    rng: Any,
) -> Any:
    """Build the lamps and the world; return the world."""
    kelvin = rng.choice((2700, 3000, 3500, 4000, 5000, 6500)) + rng.uniform(-200, 200)
    ambient = math.exp(rng.uniform(-2.6, 0.0))
    x0, y0, x1, y1 = plan.bounds
    area = (x1 - x0) * (y1 - y0)
    if light.mode in ("day", "mixed"):
        build_daylight(scene, plan, rng)
    if light.lamps:
        spots = lamps or [(*plan.random_point(rng), plan.height - 0.4)]
        bright = math.exp(rng.uniform(1.5, 3.0)) * area / len(spots)
        for x, y, z in spots:
            add_room_lamp(
                scene, "POINT", (x, y, z), (0, 0, -1), bright, warmth(kelvin), shadow_soft_size=rng.choice((0.05, 0.2))
            )
    if light.mode == "single":
        x, y = plan.random_point(rng)
        energy = rng.uniform(15, 80)
        add_room_lamp(
            scene, "POINT", (x, y, rng.uniform(0.4, 1.8)), (0, 0, -1), energy, warmth(kelvin), shadow_soft_size=0.06
        )
        ambient *= 0.3
    if light.mode == "flash":
        cone = {"spot_size": rng.uniform(1.7, 2.8), "spot_blend": 1.0, "shadow_soft_size": rng.choice((0.01, 0.04))}
        tint = warmth(rng.uniform(4800, 6500))
        scene.flash = add_room_lamp(scene, "SPOT", (0, 0, 1), (0, 0, -1), rng.uniform(60, 250), tint, **cone)
        ambient *= rng.choice((0.1, 0.5, 1.0))
    if light.mode == "even":
        settings = {"shape": "RECTANGLE", "size": 0.8 * (x1 - x0), "size_y": 0.8 * (y1 - y0)}
        middle = ((x0 + x1) / 2, (y0 + y1) / 2, plan.height + 0.5 if plan.ceiling == "none" else plan.height - 0.05)
        add_room_lamp(scene, "AREA", middle, (0, 0, -1), 10 * area, warmth(kelvin), **settings)
        ambient = rng.uniform(0.3, 1.0)
    if light.mode == "plain":
        ambient = rng.uniform(0.5, 1.2)
        if rng.random() < 0.7:
            turn, rise = rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 1.4)
            sun = add_room_lamp(
                scene, "SUN", (0, 0, 5), downwards(turn, rise), rng.uniform(0.5, 3), (1, 1, 1), angle=0.05
            )
            sun.data.use_shadow = plan.ceiling == "none" and rng.random() < 0.6
    for annex in annexes:
        bright = math.exp(rng.uniform(-1, 3.2)) * annex.walls[0].length * annex.walls[1].length
        x, y = np.mean(annex.outline, 0)
        tint = warmth(kelvin + rng.uniform(-500, 1500))
        add_room_lamp(scene, "POINT", (x, y, annex.height - 0.3), (0, 0, -1), bright, tint, shadow_soft_size=0.1)
    shade = warmth(kelvin if light.mode != "day" else rng.uniform(5000, 8000))
    glow = "#" + "".join(f"{round(255 * (0.5 + 0.5 * value)):02x}" for value in shade)
    reach = rng.choice((0.05, 0.5, 2.0)) if light.mode == "plain" else rng.uniform(0.8, 3.0)
    return outside.build_world(light.sky, light.strength, (glow, ambient), reach, rng)
