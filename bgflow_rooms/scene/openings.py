# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What fills the holes of walls: windows, doors, and the rooms seen behind them."""

from __future__ import annotations

import random
from typing import Any

from bgflow_rooms.furniture.kit import Kit
from bgflow_rooms.materials import surfaces
from bgflow_rooms.materials.nodes import glass, plain
from bgflow_rooms.materials.palette import WOODS, lacquer, light, metal, tone, wood
from bgflow_rooms.scene.plan import THICK, Opening, Plan, Wall, draw_annex
from bgflow_rooms.scene.shell import panel
from bgflow_rooms.scene.stage import CEILING, DOOR, FLOOR, PANE, WALL, WINDOW, Stage

__all__ = ["build_openings"]


class Joinery:
    """Material and measures that the windows and doors of a room share."""

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
        self.lights = rng.choice((0.25, 0.45, 0.7, 1.0, 1.6, 3.0))  # width of a window's light
        self.rows = rng.choice((1, 1, 1, 1, 2, 2, 3)) if self.lights > 0.3 else rng.randint(2, 5)
        self.style = rng.choice(("plain", "panels", "panels", "glass"))
        self.casing = rng.uniform(0.04, 0.1)
        self.setback = rng.uniform(0.04, THICK - 0.08)


def build_window(stage: Stage, wall: Wall, hole: Opening, look: Joinery, rng: random.Random) -> None:
    """Frame with its lights, a sill board, the pane that only measures, and perhaps one that mirrors."""
    kit, bar, back = Kit(), look.bar, look.setback + look.deep / 2
    wide, rise, middle = hole.right - hole.left, hole.top - hole.bottom, (hole.left + hole.right) / 2
    columns = max(1, round(wide / look.lights))
    for z in [hole.bottom + (rise - bar) * i / look.rows for i in range(look.rows + 1)]:
        kit.box((middle, back, z), (wide, look.deep, bar), look.frame)
    for x in [hole.left + bar / 2 + (wide - bar) * i / columns for i in range(columns + 1)]:
        kit.box((x, back, hole.bottom), (bar, look.deep * 0.99, rise), look.frame)
    if hole.bottom > 0.3 and rng.random() < 0.7:
        out = rng.uniform(0.01, 0.2)
        kit.box(
            (middle, (look.setback - out) / 2, hole.bottom - 0.02), (wide + 0.06, out + look.setback, 0.025), look.frame
        )
    if rng.random() < 0.3:
        edge = look.casing
        for x in (hole.left - edge / 2, hole.right + edge / 2):
            kit.box((x, -0.008, hole.bottom - edge), (edge, 0.016, rise + 2 * edge), look.frame)
        kit.box((middle, -0.008, hole.top), (wide, 0.016, edge), look.frame)
    if hole.bottom < 0.1:
        kit.rod((middle + 0.1, look.setback - 0.05, 0.95), (middle + 0.1, look.setback - 0.05, 1.15), 0.012, look.metal)
    elif look.bar > 0.045:
        kit.box((middle, look.setback - 0.02, hole.bottom + rise * 0.45), (0.02, 0.04, 0.12), look.metal)
    stage.on(wall, kit, WINDOW)
    pane = Kit()
    pane.box((middle, back, hole.bottom), (wide, 0.004, rise), look.frame)
    stage.on(wall, pane, PANE, stage.panes)
    if look.glass is not None:
        pane = Kit()
        corners = [(x, back, z) for x in (hole.left, hole.right) for z in (hole.bottom, hole.top)]
        pane.add(corners, [(0, 2, 3, 1)], look.glass)
        stage.on(wall, pane, 0, stage.outside)


def fill_leaf(kit: Kit, wide: float, high: float, look: Joinery) -> None:
    """Leaf of a door that starts at the origin and runs along x."""
    kit.box((wide / 2, 0, 0.005), (wide, 0.04, high), look.leaf)
    side = kit.at((wide - 0.07, 0, 1.0))
    for y in (-1, 1):
        if look.style == "panels":
            for z, rise in ((0.15, 0.32 * high), (0.5 * high, 0.4 * high)):
                kit.box((wide / 2, y * 0.022, z), (wide - 0.24, 0.02, rise), look.leaf, 0.009)
        elif look.style == "glass":
            kit.box((wide / 2, y * 0.02, 0.5 * high), (wide - 0.3, 0.006, 0.38 * high), plain("#6f7f86", 0.05))
        side.rod((0, 0, 0), (0, y * 0.06, 0), 0.01, look.metal)
        side.rod((0.01, y * 0.06, 0), (-0.1, y * 0.06, 0), 0.009, look.metal)


def build_door(stage: Stage, wall: Wall, hole: Opening, look: Joinery, rng: random.Random) -> None:
    """Frame and leaf, closed or ajar."""
    kit, edge, jamb = Kit(), look.casing, 0.03
    wide = hole.right - hole.left
    for x, s in ((hole.left, -1), (hole.right, 1)):
        kit.box((x + s * (edge / 2 - jamb), -0.006, 0), (edge, 0.03, hole.top + edge - jamb), look.frame)
        kit.box((x - s * jamb / 2, THICK / 2, 0), (jamb, THICK, hole.top), look.frame)
    middle = (hole.left + hole.right) / 2
    kit.box((middle, -0.006, hole.top - jamb), (wide + 2 * (edge - jamb), 0.03, edge), look.frame)
    kit.box((middle, THICK / 2, hole.top - jamb), (wide, THICK, jamb), look.frame)
    inward, left = rng.random() < 0.5, rng.random() < 0.5
    depth = 0.03 if inward or not hole.ajar else THICK - 0.03
    swing = hole.ajar * (-1 if inward else 1) * (1 if left else -1)
    hinge = hole.left + jamb if left else hole.right - jamb
    turned = kit.at((hinge, depth, 0), (0, 0, swing), (1, 1, 1) if left else (-1, 1, 1))
    fill_leaf(turned, wide - 2 * jamb, hole.top - jamb - 0.01, look)
    stage.on(wall, kit, DOOR)


def build_annex(
    stage: Stage, hole: Opening, plan: Plan, annex: Plan, shell: dict[str, Any], look: Joinery, rng: random.Random
) -> None:
    """Walls, floor and ceiling of the room behind a hole, sometimes with a window opposite."""
    simple, front, back = plan.style == "plain", annex.walls[3], annex.walls[1]
    cover = shell["wall"] if rng.random() < 0.6 else surfaces.wall(rng, simple, patterned=rng.random() < 0.4)
    for side in (annex.walls[0], annex.walls[2]):
        kit = Kit()
        kit.box((side.length / 2, 0.05, 0), (side.length, 0.1, annex.height), cover)
        stage.on(side, kit, WALL)
    kit = Kit()
    panel(kit, back, annex.height, cover)
    stage.on(back, kit, WALL)
    for window in back.openings:
        build_window(stage, back, window, look, rng)
    kit = Kit()
    ground = shell["floor"] if rng.random() < 0.6 else surfaces.floor(rng, simple)
    middle, deep = front.length / 2, hole.annex
    door = front.openings[0]
    kit.box((middle, -deep / 2, -0.1), (front.length, deep, 0.1), ground)
    kit.box(((door.left + door.right) / 2, THICK / 2, -0.1), (door.right - door.left, THICK, 0.1), ground)
    stage.on(front, kit, FLOOR)
    if plan.ceiling != "none":
        kit = Kit()
        kit.box((middle, -deep / 2, annex.height), (front.length, deep, 0.1), surfaces.ceiling(rng, simple))
        stage.on(front, kit, CEILING)


def build_openings(stage: Stage, plan: Plan, shell: dict[str, Any], rng: random.Random) -> list[Plan]:
    """Fill the holes; returns the plans of the rooms behind them."""
    look, behind = Joinery(rng, plan.style == "plain"), []
    for wall in plan.walls:
        for hole in wall.openings:
            if hole.kind == "window":
                build_window(stage, wall, hole, look, rng)
                continue
            if hole.kind == "door":
                build_door(stage, wall, hole, look, rng)
            if hole.annex:
                annex = draw_annex(plan, wall, hole, rng)
                build_annex(stage, hole, plan, annex, shell, look, rng)
                behind.append(annex)
    return behind
