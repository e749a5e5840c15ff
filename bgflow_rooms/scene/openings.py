# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Windows and doors in the openings of walls, and the rooms behind them."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.materials import surfaces
from bgflow_rooms.materials.nodes import glass, plain
from bgflow_rooms.materials.palette import WOODS, lacquer, light, metal, tone, wood
from bgflow_rooms.scene.plan import WALL_THICKNESS, Opening, Plan, Wall, sample_annex
from bgflow_rooms.scene.scene_builder import CEILING, DOOR, FLOOR, PANE, WALL, WINDOW, SceneBuilder
from bgflow_rooms.scene.shell import add_wall

__all__ = ["build_openings"]


class Joinery:
    """Materials and dimensions shared by the windows and doors of a room."""

    def __init__(self, rng: random.Random, simple: bool) -> None:
        if simple:
            self.frame = surfaces.flat(tone(0.1, rng.uniform(0, 0.2), rng.uniform(0.3, 0.95)))
            self.leaf = surfaces.flat(rng.choice((surfaces.wall_color(rng), rng.choice(WOODS)[1])))
        else:
            self.frame = rng.choice((light, light, light, lacquer, wood, metal))(rng)
            self.leaf = rng.choice((light, wood, wood, lacquer))(rng)
        self.metal = plain("#b9bbbe", 0.25, 1.0)
        self.glass = glass(rng.uniform(0.04, 0.15)) if not simple and rng.random() < 0.5 else None
        self.bar, self.deep = rng.uniform(0.03, 0.09), rng.uniform(0.04, 0.09)
        self.lights = rng.choice((0.25, 0.45, 0.7, 1.0, 1.6, 3.0))  # width of one pane
        self.rows = rng.choice((1, 1, 1, 1, 2, 2, 3)) if self.lights > 0.3 else rng.randint(2, 5)
        self.style = rng.choice(("plain", "panels", "panels", "glass"))
        self.casing = rng.uniform(0.04, 0.1)
        self.setback = rng.uniform(0.04, WALL_THICKNESS - 0.08)


def build_window(scene: SceneBuilder, wall: Wall, hole: Opening, joinery: Joinery, rng: random.Random) -> None:
    """Build a window: frame, sill, the pane that labels its pixels, and perhaps a mirroring pane."""
    mesh, bar, back = MeshBuilder(), joinery.bar, joinery.setback + joinery.deep / 2
    wide, rise, middle = hole.right - hole.left, hole.top - hole.bottom, (hole.left + hole.right) / 2
    columns = max(1, round(wide / joinery.lights))
    for z in [hole.bottom + (rise - bar) * i / joinery.rows for i in range(joinery.rows + 1)]:
        mesh.box((middle, back, z), (wide, joinery.deep, bar), joinery.frame)
    for x in [hole.left + bar / 2 + (wide - bar) * i / columns for i in range(columns + 1)]:
        mesh.box((x, back, hole.bottom), (bar, joinery.deep * 0.99, rise), joinery.frame)
    if hole.bottom > 0.3 and rng.random() < 0.7:
        out = rng.uniform(0.01, 0.2)
        mesh.box(
            (middle, (joinery.setback - out) / 2, hole.bottom - 0.02),
            (wide + 0.06, out + joinery.setback, 0.025),
            joinery.frame,
        )
    if rng.random() < 0.3:
        edge = joinery.casing
        for x in (hole.left - edge / 2, hole.right + edge / 2):
            mesh.box((x, -0.008, hole.bottom - edge), (edge, 0.016, rise + 2 * edge), joinery.frame)
        mesh.box((middle, -0.008, hole.top), (wide, 0.016, edge), joinery.frame)
    if hole.bottom < 0.1:
        mesh.rod(
            (middle + 0.1, joinery.setback - 0.05, 0.95),
            (middle + 0.1, joinery.setback - 0.05, 1.15),
            0.012,
            joinery.metal,
        )
    elif joinery.bar > 0.045:
        mesh.box((middle, joinery.setback - 0.02, hole.bottom + rise * 0.45), (0.02, 0.04, 0.12), joinery.metal)
    scene.add_to_wall(wall, mesh, WINDOW)
    pane = MeshBuilder()
    pane.box((middle, back, hole.bottom), (wide, 0.004, rise), joinery.frame)
    scene.add_to_wall(wall, pane, PANE, scene.panes)
    if joinery.glass is not None:
        pane = MeshBuilder()
        corners = [(x, back, z) for x in (hole.left, hole.right) for z in (hole.bottom, hole.top)]
        pane.add(corners, [(0, 2, 3, 1)], joinery.glass)
        scene.add_to_wall(wall, pane, 0, scene.outside)


def fill_leaf(mesh: MeshBuilder, wide: float, high: float, joinery: Joinery) -> None:
    """Add the leaf of a door, which starts at the origin and extends along x."""
    mesh.box((wide / 2, 0, 0.005), (wide, 0.04, high), joinery.leaf)
    side = mesh.at((wide - 0.07, 0, 1.0))
    for y in (-1, 1):
        if joinery.style == "panels":
            for z, rise in ((0.15, 0.32 * high), (0.5 * high, 0.4 * high)):
                mesh.box((wide / 2, y * 0.022, z), (wide - 0.24, 0.02, rise), joinery.leaf, 0.009)
        elif joinery.style == "glass":
            mesh.box((wide / 2, y * 0.02, 0.5 * high), (wide - 0.3, 0.006, 0.38 * high), plain("#6f7f86", 0.05))
        side.rod((0, 0, 0), (0, y * 0.06, 0), 0.01, joinery.metal)
        side.rod((0.01, y * 0.06, 0), (-0.1, y * 0.06, 0), 0.009, joinery.metal)


def build_door(scene: SceneBuilder, wall: Wall, hole: Opening, joinery: Joinery, rng: random.Random) -> None:
    """Build the frame and the leaf of a door, closed or ajar."""
    mesh, edge, jamb = MeshBuilder(), joinery.casing, 0.03
    wide = hole.right - hole.left
    for x, s in ((hole.left, -1), (hole.right, 1)):
        mesh.box((x + s * (edge / 2 - jamb), -0.006, 0), (edge, 0.03, hole.top + edge - jamb), joinery.frame)
        mesh.box((x - s * jamb / 2, WALL_THICKNESS / 2, 0), (jamb, WALL_THICKNESS, hole.top), joinery.frame)
    middle = (hole.left + hole.right) / 2
    mesh.box((middle, -0.006, hole.top - jamb), (wide + 2 * (edge - jamb), 0.03, edge), joinery.frame)
    mesh.box((middle, WALL_THICKNESS / 2, hole.top - jamb), (wide, WALL_THICKNESS, jamb), joinery.frame)
    inward, left = rng.random() < 0.5, rng.random() < 0.5
    depth = 0.03 if inward or not hole.ajar else WALL_THICKNESS - 0.03
    swing = hole.ajar * (-1 if inward else 1) * (1 if left else -1)
    hinge = hole.left + jamb if left else hole.right - jamb
    turned = mesh.at((hinge, depth, 0), (0, 0, swing), (1, 1, 1) if left else (-1, 1, 1))
    fill_leaf(turned, wide - 2 * jamb, hole.top - jamb - 0.01, joinery)
    scene.add_to_wall(wall, mesh, DOOR)


def build_annex(
    scene: SceneBuilder,
    hole: Opening,
    plan: Plan,
    annex: Plan,
    shell: dict[str, Any],
    joinery: Joinery,
    rng: random.Random,
) -> None:
    """Build the walls, floor and ceiling of the room behind an opening, sometimes with a window opposite."""
    simple, front, back = plan.style == "plain", annex.walls[3], annex.walls[1]
    cover = shell["wall"] if rng.random() < 0.6 else surfaces.wall(rng, simple, patterned=rng.random() < 0.4)
    for side in (annex.walls[0], annex.walls[2]):
        mesh = MeshBuilder()
        mesh.box((side.length / 2, 0.05, 0), (side.length, 0.1, annex.height), cover)
        scene.add_to_wall(side, mesh, WALL)
    mesh = MeshBuilder()
    add_wall(mesh, back, annex.height, cover)
    scene.add_to_wall(back, mesh, WALL)
    for window in back.openings:
        build_window(scene, back, window, joinery, rng)
    mesh = MeshBuilder()
    ground = shell["floor"] if rng.random() < 0.6 else surfaces.floor(rng, simple)
    middle, deep = front.length / 2, hole.annex
    door = front.openings[0]
    mesh.box((middle, -deep / 2, -0.1), (front.length, deep, 0.1), ground)
    mesh.box(
        ((door.left + door.right) / 2, WALL_THICKNESS / 2, -0.1), (door.right - door.left, WALL_THICKNESS, 0.1), ground
    )
    scene.add_to_wall(front, mesh, FLOOR)
    if plan.ceiling != "none":
        mesh = MeshBuilder()
        mesh.box((middle, -deep / 2, annex.height), (front.length, deep, 0.1), surfaces.ceiling(rng, simple))
        scene.add_to_wall(front, mesh, CEILING)


def build_openings(scene: SceneBuilder, plan: Plan, shell: dict[str, Any], rng: random.Random) -> list[Plan]:
    """Build the windows and doors; return the plans of the rooms behind them."""
    joinery, behind = Joinery(rng, plan.style == "plain"), []
    for wall in plan.walls:
        for hole in wall.openings:
            if hole.kind == "window":
                build_window(scene, wall, hole, joinery, rng)
                continue
            if hole.kind == "door":
                build_door(scene, wall, hole, joinery, rng)
            if hole.annex:
                annex = sample_annex(plan, wall, hole, rng)
                build_annex(scene, hole, plan, annex, shell, joinery, rng)
                behind.append(annex)
    return behind
