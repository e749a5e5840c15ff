# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Curtains, blinds and rugs."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.materials.nodes import Graph, linear
from bgflow_rooms.materials.palette import cloth, color, light, metal, pattern, plastic, tone, wood
from bgflow_rooms.materials.wallpapers import design
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Opening, Plan, Wall
from bgflow_rooms.scene.scene_builder import SceneBuilder

__all__ = ["build_rugs", "dress_windows"]

RUG, CURTAIN, BLINDS = 20, 16, 13


def sheer(rng: random.Random) -> Any:
    """Sheer cloth that lets some light through."""
    g, shade = Graph("veil"), linear(rng.choice(("#f2f0ea", "#e6dccb", color(rng))))
    cover, glow = g.node("BsdfDiffuse", {"Color": shade}), g.node("BsdfTranslucent", {"Color": shade})
    return g.finish(g.node("MixShader", {0: rng.uniform(0.2, 0.6), 1: cover.outputs[0], 2: glow.outputs[0]}))


def build_curtain(scene: SceneBuilder, wall: Wall, hole: Opening, height: float, rng: random.Random) -> None:
    """Build curtains that hang from a rail on one or both sides of an opening."""
    material = rng.choice((sheer, cloth, cloth))(rng)
    top = min(height - 0.04, hole.top + rng.uniform(0.05, 0.25))
    foot = rng.choice((0.02, 0.02, max(0.02, hole.bottom - 0.2)))
    share, reach, away = rng.choice((0.15, 0.25, 0.5)), rng.uniform(0.05, 0.35), -rng.uniform(0.07, 0.12)
    left, right = max(0.03, hole.left - reach), min(wall.length - 0.03, hole.right + reach)
    wide = (right - left) * share
    sides = rng.choice(((left,), (right - wide,), (left, right - wide), (left, right - wide), (left, right - wide)))
    for x in sides:
        mesh = MeshBuilder()
        folds = max(2, round(wide / rng.uniform(0.07, 0.16)))
        mesh.drape((x, away, top), (x + wide, away, top), top - foot, folds, rng.uniform(0.015, 0.04), material)
        polygons = scene.add_to_wall(wall, mesh, CURTAIN).data.polygons
        polygons.foreach_set("use_smooth", [True] * len(polygons))
    if rng.random() < 0.7:
        mesh = MeshBuilder()
        mesh.rod(
            (left - 0.03, away, top + 0.01), (right + 0.03, away, top + 0.01), rng.uniform(0.008, 0.02), metal(rng)
        )
        scene.add_to_wall(wall, mesh, CURTAIN)


def build_blind(scene: SceneBuilder, wall: Wall, hole: Opening, rng: random.Random) -> None:
    """Build a roller blind or one with horizontal or vertical slats, let down to some height."""
    kind = rng.choice(("roller", "slats", "slats", "upright"))
    rise, wide, middle = hole.top - hole.bottom, hole.right - hole.left + 0.04, (hole.left + hole.right) / 2
    drop = rise * rng.choice((0.2, 0.5, 0.8, 1.0, 1.0))
    mesh, away = MeshBuilder(), -0.04
    mesh.box((middle, away, hole.top), (wide, 0.05, 0.05), light(rng))
    if kind == "roller":
        mesh.box((middle, away, hole.top - drop), (wide, 0.004, drop), rng.choice((sheer, cloth))(rng))
    elif kind == "slats":
        step, tilt = rng.choice((0.025, 0.035, 0.05)), rng.uniform(-1.2, 1.2)
        step = max(step, drop / 60)
        material = rng.choice((light, wood, metal, plastic))(rng)
        for i in range(int(drop / step)):
            mesh.at((middle, away, hole.top - i * step), (tilt, 0, 0)).box(
                (0, 0, 0), (wide, step * 0.95, 0.002), material
            )
    else:
        step, tilt, material = rng.uniform(0.08, 0.13), rng.uniform(-1.3, 1.3), rng.choice((sheer, cloth, light))(rng)
        for i in range(int(wide / step)):
            x = middle - wide / 2 + (i + 0.5) * step
            mesh.at((x, away - 0.02, hole.bottom - 0.05), (0, 0, tilt)).box(
                (0, 0, 0), (step, 0.002, rise + 0.05), material
            )
    scene.add_to_wall(wall, mesh, BLINDS)


def dress_windows(scene: SceneBuilder, plan: Plan, occupancy: Occupancy, rng: random.Random) -> None:
    """Add curtains, blinds, both or nothing to the windows of the room."""
    curtains, blinds = rng.random() < 0.42, rng.random() < 0.36
    for wall in plan.walls:
        for hole in wall.openings:
            if hole.kind != "window" or rng.random() < 0.15:
                continue
            if blinds:
                build_blind(scene, wall, hole, rng)
            if curtains:
                build_curtain(scene, wall, hole, plan.height, rng)
                middle = (hole.left + hole.right) / 2
                occupancy.wall_areas[id(wall)].append(
                    (hole.left - 0.3, hole.right + 0.3, hole.bottom - 0.3, hole.top + 0.3)
                )
                occupancy.reserve_floor(
                    wall.at(middle, -0.08), (hole.right - hole.left, 0.16), wall.angle, 0.1, forced=True
                )


def rug(rng: random.Random) -> Any:
    """Material of a rug, often in a design of wall-to-wall carpets, which are labelled as floor."""
    kind, shades = rng.random(), [color(rng) for _ in range(4)]
    if kind < 0.4:
        g = Graph("rug")
        return g.principled(design(g, g.coordinates(), shades, rng), 1.0)
    return pattern(rng, shades) if kind < 0.7 else cloth(rng)


def build_rugs(scene: SceneBuilder, plan: Plan, rng: random.Random) -> None:
    """Build up to two flat rugs, rectangular or round."""
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        x, y = plan.random_point(rng)
        wide, long = rng.uniform(0.5, 2.4), rng.uniform(0.8, 3.5)
        mesh, thick = MeshBuilder(), rng.uniform(0.004, 0.02)
        material = rug(rng)
        if rng.random() < 0.25:
            mesh.cylinder((0, 0, 0), wide / 2, thick, material, 32)
        else:
            mesh.box((0, 0, 0), (wide, long, thick), material)
            if rng.random() < 0.4:
                edge = cloth(rng, [tone(rng.random(), rng.random(), rng.random())])
                mesh.box((0, 0, 0), (wide + 0.1, long + 0.1, thick * 0.9), edge)
        angle = plan.walls[0].angle + rng.choice((0.0, math.pi / 2, rng.uniform(0, 3)))
        reach = math.hypot(wide, long) / 2
        if all(plan.inside(x + reach * math.cos(a), y + reach * math.sin(a)) for a in (0.4, 2.0, 3.6, 5.2)):
            scene.add_mesh(mesh, RUG, (x, y, 0.001), angle)
