# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where the things of a room are put: collections of Blender, labels and numbers of the objects."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import bpy

from bgflow_rooms.furniture.family import Family
from bgflow_rooms.furniture.kit import Kit
from bgflow_rooms.furniture.shapes import Builder
from bgflow_rooms.nyu40 import CEILING, DOOR, FLOOR, WALL, WINDOW
from bgflow_rooms.scene.plan import Wall

__all__ = ["CEILING", "DOOR", "FLOOR", "PANE", "WALL", "WINDOW", "Piece", "Stage"]

PANE = 209  # what is seen through a window; its label is WINDOW


class Piece:
    """A piece of furniture that has been built and can be moved."""

    def __init__(self, family: Family, frame: Any, things: list[Any], size: tuple[float, float, float]) -> None:
        self.family, self.frame, self.things, self.size = family, frame, things, size

    def move(self, x: float, y: float, z: float, angle: float) -> None:
        """Put the piece's origin at a position and turn it about the vertical."""
        self.frame.location, self.frame.rotation_euler = (x, y, z), (0.0, 0.0, angle)

    def remove(self) -> None:
        """Take the piece away."""
        for thing in (*self.things, self.frame):
            bpy.data.objects.remove(thing)


class Stage:
    """A new Blender file with collections for what both scenes see and for what only one of them sees."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.room, self.panes, self.outside, self.lamps = (
            bpy.data.collections.new(name) for name in ("room", "panes", "outside", "lamps")
        )
        self.count = 0
        self.flash: Any = None  # a lamp that goes with the camera

    def number(self, things: Sequence[Any], index: int) -> None:
        """Give things a label and a number of their own."""
        self.count += 1
        for thing in things:
            thing.pass_index, thing.color = index, (float(self.count), 0.0, 0.0, 1.0)

    def put(
        self, kit: Kit, index: int, position: Sequence[float] = (0, 0, 0), angle: float = 0.0, where: Any = None
    ) -> Any:
        """Make one flat-shaded object of a kit; where is a collection, that of the room by default."""
        if not kit.points:
            return None
        mesh = bpy.data.meshes.new("shell")
        mesh.from_pydata([point for part in kit.points for point in part.tolist()], [], kit.faces)
        for material in kit.materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", kit.paint)
        thing = bpy.data.objects.new("shell", mesh)
        thing.location, thing.rotation_euler = position, (0.0, 0.0, angle)
        (where or self.room).objects.link(thing)
        self.number([thing], index)
        return thing

    def on(self, wall: Wall, kit: Kit, index: int, where: Any = None) -> Any:
        """Make one object of a kit that was filled in a wall's frame."""
        return self.put(kit, index, (*wall.start, 0.0), wall.angle, where)

    def build(self, family: Family, index: int, rng: random.Random) -> Piece:
        """Build a piece of furniture at the origin."""
        before = len(self.room.objects)
        builder = Builder(self.room, fine=False).at((0, 0, 0))
        size = family.build(builder, rng)
        things = list(self.room.objects)[before:]
        things.remove(builder.frame)
        self.number(things, index)
        return Piece(family, builder.frame, things, size)
