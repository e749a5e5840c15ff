# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Shell of a room: walls with openings, floor, ceiling, skirting, columns and beams."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.materials import surfaces
from bgflow_rooms.materials.nodes import plain
from bgflow_rooms.materials.palette import tone
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import WALL_THICKNESS, Plan, Wall
from bgflow_rooms.scene.room_use import USES
from bgflow_rooms.scene.scene_builder import CEILING, FLOOR, WALL, SceneBuilder

__all__ = ["add_wall", "build_shell"]

GROOVE = 0.001
"""Gap in metres between two walls at a convex corner, where their faces would coincide otherwise."""


def add_wall(mesh: MeshBuilder, wall: Wall, height: float, material: Any) -> None:
    """Add a wall with its openings to a mesh, in the wall's frame."""
    left, right = (WALL_THICKNESS if inner else -GROOVE for inner in wall.ends)
    left, right = -left, wall.length + right
    xs = sorted({left, right, *(x for o in wall.openings for x in (o.left, o.right))})
    for x0, x1 in itertools.pairwise(xs):
        middle, low = (x0 + x1) / 2, -0.1
        for hole in sorted((o for o in wall.openings if o.left < middle < o.right), key=lambda o: o.bottom):
            if hole.bottom > 0:
                mesh.box((middle, WALL_THICKNESS / 2, low), (x1 - x0, WALL_THICKNESS, hole.bottom - low), material)
            low = hole.top
        mesh.box((middle, WALL_THICKNESS / 2, low), (x1 - x0, WALL_THICKNESS, height - low), material)


def build_skirting(scene: SceneBuilder, plan: Plan, base: Any, rng: random.Random) -> None:
    """Build skirting boards along the walls, except at doors and low windows."""
    if rng.random() < (0.75 if plan.style == "plain" else 0.25):
        return
    high, thick = rng.uniform(0.04, 0.16), rng.uniform(0.008, 0.02)
    white = plain(tone(0.1, rng.uniform(0, 0.06), rng.uniform(0.8, 0.97)), rng.uniform(0.2, 0.6))
    board = rng.choice((white, white, base, plain(surfaces.wall_color(rng), 0.4)))
    for wall in plan.walls:
        mesh = MeshBuilder()
        edges = [0.0, wall.length]
        for hole in wall.openings:
            if hole.bottom < high:
                margin = 0.08 if hole.kind == "door" else 0.0
                edges += [hole.left - margin, hole.right + margin]
        edges.sort()
        for x0, x1 in zip(edges[::2], edges[1::2], strict=True):
            if x1 > x0:
                mesh.box(((x0 + x1) / 2, -thick / 2, 0), (x1 - x0, thick, high), board, 0.004)
        scene.add_to_wall(wall, mesh, WALL)


def build_ceiling(scene: SceneBuilder, plan: Plan, rng: random.Random) -> None:
    """Build a ceiling that is flat or slopes on one side, sometimes with beams or a moulding."""
    cover = surfaces.ceiling(rng, plan.style == "plain")
    mesh = MeshBuilder()
    mesh.slab(plan.outline, (0, 0, plan.height), 0.15, cover)
    scene.add_mesh(mesh, CEILING)
    first = plan.walls[0]
    if plan.ceiling == "slope":
        mesh = MeshBuilder()
        level, angle = plan.slope
        run = (plan.height - level) / math.tan(angle) + 0.3
        mesh.at((0, 0, level), (-angle, 0, 0)).box((first.length / 2, 0, 0), (first.length, 2 * run, 0.1), cover)
        scene.add_to_wall(first, mesh, CEILING)
        return
    x0, y0, x1, y1 = plan.bounds
    if rng.random() < 0.15 and plan.style == "photo":
        mesh, size = MeshBuilder(), rng.uniform(0.08, 0.24)
        wood = rng.choice((plain("#f2f0ea", 0.6), plain("#5a3f2a", 0.6), surfaces.wall(rng)))
        gap, x = rng.uniform(0.6, 1.8), x0 + rng.uniform(0.2, 0.6)
        while x < x1 - 0.1:
            mesh.box((x, (y0 + y1) / 2, plan.height - size), (size * 0.8, y1 - y0, size), wood)
            x += gap
        scene.add_mesh(mesh, CEILING)
    elif rng.random() < 0.2:
        mesh, size = MeshBuilder(), rng.uniform(0.04, 0.12)
        for wall in plan.walls:
            mesh.at((*wall.start, plan.height - size), (0, 0, wall.angle)).box(
                (wall.length / 2, 0, 0), (wall.length, size, size), plain("#f4f3ef", 0.6), 0.45 * size
            )
        scene.add_mesh(mesh, rng.choice((CEILING, WALL)))


def build_columns(scene: SceneBuilder, plan: Plan, occupancy: Occupancy, cover: Any, rng: random.Random) -> None:
    """Build columns in large rooms and pilasters on walls."""
    if plan.kind in ("hall", "L") and rng.random() < 0.35:
        size, round_one = rng.uniform(0.25, 0.6), rng.random() < 0.4
        for _ in range(rng.randint(1, 4)):
            x, y = plan.random_point(rng)
            if occupancy.reserve_floor((x, y), (size, size), 0.0, plan.height, margin=0.5):
                mesh = MeshBuilder()
                if round_one:
                    mesh.cylinder((0, 0, 0), size / 2, plan.height, cover)
                else:
                    mesh.box((0, 0, 0), (size, size, plan.height), cover)
                scene.add_mesh(mesh, WALL, (x, y, 0))
    if rng.random() < 0.12:
        wide, deep = rng.uniform(0.2, 0.6), rng.uniform(0.06, 0.3)
        for wall in plan.walls:
            x = rng.uniform(wide, wall.length - wide) if wall.length > 2.5 * wide else -1.0
            if x > 0 and occupancy.reserve_wall(wall, (x, plan.height / 2), (wide, plan.height)):
                occupancy.reserve_floor(wall.at(x, -deep / 2), (wide, deep), wall.angle, plan.height, forced=True)
                mesh = MeshBuilder()
                mesh.box((x, -deep / 2, 0), (wide, deep, plan.height), cover)
                scene.add_to_wall(wall, mesh, WALL)


def sample_covers(rng: random.Random, simple: bool, tiled: float) -> tuple[Any, Any]:
    """Sample the materials of most walls and of one or two others; two of five rooms have a pattern on some walls.

    Args:
        rng: Random numbers of the room.
        simple: Whether the room is in the plain style of simulators.
        tiled: Probability that most walls are tiled.
    """
    if rng.random() < tiled:
        cover = surfaces.wall(rng, kind="tiles")
        return cover, cover if rng.random() < 0.7 else surfaces.wall(rng, simple)
    if rng.random() < 0.42:
        patterned = surfaces.wall(rng, simple, patterned=True)
        if rng.random() < 0.45:
            return surfaces.wall(rng, simple), patterned
        return patterned, surfaces.wall(rng, simple) if rng.random() < 0.3 else patterned
    base = surfaces.wall(rng, simple)
    return base, surfaces.wall(rng, simple) if rng.random() < 0.35 else base


def build_shell(scene: SceneBuilder, plan: Plan, occupancy: Occupancy, rng: random.Random) -> dict[str, Any]:
    """Build the shell; return its wall and floor materials for the rooms behind the doors."""
    simple = plan.style == "plain"
    base, other = sample_covers(rng, simple, USES[plan.use].tiled)
    ground = surfaces.floor(rng, simple)
    top = plan.height + (0.0 if plan.ceiling == "none" else 0.15)
    accents = rng.sample(range(len(plan.walls)), rng.choice((1, 1, 1, 2)))
    for i, wall in enumerate(plan.walls):
        mesh = MeshBuilder()
        add_wall(mesh, wall, top, other if i in accents else base)
        scene.add_to_wall(wall, mesh, WALL)
    mesh = MeshBuilder()
    mesh.slab(plan.outline, (0, 0, -0.1), 0.1, ground)
    scene.add_mesh(mesh, FLOOR)
    if plan.ceiling != "none":
        build_ceiling(scene, plan, rng)
    build_skirting(scene, plan, base, rng)
    build_columns(scene, plan, occupancy, rng.choice((base, other)), rng)
    return {"wall": rng.choice((base, other, surfaces.wall(rng, simple))), "floor": ground}
