# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of walls and ceilings: switches, sockets, vents, radiators, pipes, lamps, alarms."""

from __future__ import annotations

import random

from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.materials.nodes import glow, plain
from bgflow_rooms.materials.palette import light, metal, plastic, tone
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Plan, Wall
from bgflow_rooms.scene.scene_builder import SceneBuilder

__all__ = ["build_fixtures", "build_lamps"]

PROP, STRUCTURE, LAMP = 40, 38, 35
Point = tuple[float, float, float]


def build_plates(scene: SceneBuilder, wall: Wall, occupancy: Occupancy, rng: random.Random) -> None:
    """Build switches near doors and sockets near the floor."""
    white = light(rng) if rng.random() < 0.8 else plastic(rng)
    for hole in wall.openings:
        x = hole.left - 0.2 if hole.left > 0.4 else hole.right + 0.2
        if hole.kind == "door" and x < wall.length - 0.1 and occupancy.reserve_wall(wall, (x, 1.1), (0.1, 0.1)):
            mesh = MeshBuilder()
            mesh.box((x, -0.006, 1.06), (0.08, 0.012, 0.08), white)
            mesh.box((x, -0.009, 1.075), (0.05, 0.014, 0.05), white)
            scene.add_to_wall(wall, mesh, PROP)
    for _ in range(rng.randint(0, 2)):
        x, count = rng.uniform(0.2, max(0.21, wall.length - 0.2)), rng.randint(1, 3)
        if occupancy.reserve_wall(wall, (x, 0.3), (0.08 * count, 0.08)):
            mesh = MeshBuilder()
            mesh.box((x, -0.006, 0.26), (0.08 * count, 0.012, 0.08), white)
            for i in range(count):
                mesh.box(
                    (x + 0.08 * (i - (count - 1) / 2), -0.0065, 0.275), (0.045, 0.012, 0.05), plain("#8a8a88", 0.5)
                )
            scene.add_to_wall(wall, mesh, PROP)


def build_radiator(scene: SceneBuilder, wall: Wall, occupancy: Occupancy, rng: random.Random) -> None:
    """Build a radiator, below a window where the wall has one."""
    windows = [o for o in wall.openings if o.kind == "window" and o.bottom > 0.6]
    if windows:
        hole = rng.choice(windows)
        x, wide = (hole.left + hole.right) / 2, (hole.right - hole.left) * rng.uniform(0.6, 1.0)
    else:
        wide = rng.uniform(0.4, 1.4)
        x = rng.uniform(0.0, wall.length)
    high = rng.uniform(0.3, 0.55)
    if not occupancy.reserve_wall(wall, (x, 0.1 + high / 2), (wide, high + 0.1)):
        return
    if not occupancy.reserve_floor(wall.at(x, -0.08), (wide, 0.16), wall.angle, high + 0.1):
        return
    mesh, white = MeshBuilder(), light(rng) if rng.random() < 0.85 else metal(rng)
    if rng.random() < 0.5:
        mesh.box((x, -0.08, 0.1), (wide, 0.08, high), white, 0.01)
        for i in range(int(wide / 0.05)):
            mesh.box((x - wide / 2 + 0.05 * (i + 0.5), -0.12, 0.12), (0.025, 0.012, high - 0.05), white)
    else:
        for i in range(max(3, int(wide / 0.07))):
            mesh.box((x - wide / 2 + 0.07 * (i + 0.5), -0.09, 0.1), (0.045, 0.12, high), white, 0.015)
        mesh.box((x, -0.09, 0.14), (wide, 0.03, 0.03), white)
    mesh.rod((x + wide / 2, -0.06, 0.0), (x + wide / 2, -0.06, 0.15), 0.01, white)
    scene.add_to_wall(wall, mesh, STRUCTURE)


def build_pipes(scene: SceneBuilder, wall: Wall, plan: Plan, rng: random.Random) -> None:
    """Build pipes in a corner or along the top of a wall."""
    mesh, cover = MeshBuilder(), rng.choice((light, metal, plastic))(rng)
    radius = rng.uniform(0.012, 0.06)
    if rng.random() < 0.6:
        for i in range(rng.randint(1, 3)):
            x = 0.1 + radius + 3 * radius * i
            mesh.rod((x, -1.5 * radius, 0), (x, -1.5 * radius, plan.height), radius, cover)
    else:
        z = plan.height - rng.uniform(0.1, 0.35)
        mesh.rod((0, -1.5 * radius, z), (wall.length, -1.5 * radius, z), radius, cover)
    scene.add_to_wall(wall, mesh, PROP)


def build_fixtures(scene: SceneBuilder, plan: Plan, occupancy: Occupancy, rng: random.Random) -> None:
    """Build the fixtures of all walls, and an alarm on the ceiling."""
    heated = rng.random() < 0.3
    for wall in plan.walls:
        if plan.style != "plain" and rng.random() < 0.7:
            build_plates(scene, wall, occupancy, rng)
        windows = any(o.kind == "window" for o in wall.openings)
        if heated and wall.length > 1.5 and rng.random() < (0.8 if windows else 0.1):
            build_radiator(scene, wall, occupancy, rng)
        if rng.random() < 0.03 and not wall.openings and plan.ceiling == "flat":
            build_pipes(scene, wall, plan, rng)
        if rng.random() < 0.06:
            x, z, size = rng.uniform(0, wall.length), rng.choice((0.2, plan.height - 0.3)), rng.uniform(0.12, 0.4)
            if occupancy.reserve_wall(wall, (x, z), (size, 0.2)):
                mesh = MeshBuilder()
                mesh.box((x, -0.01, z - 0.1), (size, 0.02, 0.2), light(rng))
                for i in range(5):
                    mesh.box((x, -0.012, z - 0.08 + 0.035 * i), (size - 0.04, 0.02, 0.012), plain("#55575a", 0.5))
                scene.add_to_wall(wall, mesh, PROP)
    if plan.ceiling == "flat" and rng.random() < 0.3:
        x, y = plan.random_point(rng)
        mesh = MeshBuilder()
        mesh.cylinder((0, 0, -0.04), rng.uniform(0.04, 0.07), 0.04, light(rng))
        scene.add_mesh(mesh, PROP, (x, y, plan.height))


def build_lamps(scene: SceneBuilder, plan: Plan, lit: bool, rng: random.Random) -> list[Point]:
    """Build ceiling lamps of one kind in a row or a grid; return their positions (x, y, z)."""
    if plan.ceiling == "none" or rng.random() < 0.2:
        return []
    kind = rng.choice(("panel", "panel", "tube", "tube", "spots", "bowl", "bowl", "bulb"))
    shade = tone(rng.uniform(0.05, 0.16), rng.uniform(0, 0.2), 1.0)
    bright = glow(shade, rng.uniform(2, 15)) if lit else plain("#e9e8e4", 0.4)
    x0, y0, x1, y1 = plan.bounds
    gap = {"panel": 2.2, "tube": 2.4, "spots": 1.2}.get(kind, 4.0) * rng.uniform(0.8, 1.5)
    columns, rows = max(1, round((x1 - x0) / gap)), max(1, round((y1 - y0) / gap))
    spots, turned, cover = [], rng.random() < 0.5, light(rng) if rng.random() < 0.7 else metal(rng)
    for i in range(columns):
        for j in range(rows):
            x, y = x0 + (x1 - x0) * (i + 0.5) / columns, y0 + (y1 - y0) * (j + 0.5) / rows
            if not plan.inside(x, y) or plan.ceiling_at(x, y) < plan.height:
                continue
            mesh, drop = MeshBuilder(), 0.0
            if kind == "panel":
                mesh.box((0, 0, -0.02), (0.6, 0.6, 0.02), cover)
                mesh.box((0, 0, -0.024), (0.56, 0.56, 0.02), bright)
            elif kind == "tube":
                mesh.box((0, 0, -0.05), (1.25, 0.12, 0.05), cover)
                for side in (-0.03, 0.03):
                    mesh.rod((-0.6, side, -0.07), (0.6, side, -0.07), 0.014, bright)
            elif kind == "spots":
                mesh.cylinder((0, 0, -0.008), 0.055, 0.008, cover)
                mesh.cylinder((0, 0, -0.011), 0.038, 0.008, bright)
            elif kind == "bowl":
                mesh.lathe((0, 0, 0), [(0, -0.11), (0.1, -0.1), (0.18, -0.05), (0.2, 0)], bright)
            else:
                drop = rng.uniform(0.2, 0.6)
                mesh.rod((0, 0, -drop), (0, 0, 0), 0.004, plain("#222222", 0.5))
                mesh.ball((0, 0, -drop - 0.04), 0.045, bright, 12)
            scene.add_mesh(mesh, LAMP, (x, y, plan.height), 1.5708 * turned)
            spots.append((x, y, plan.height - drop - 0.15))
    return spots
