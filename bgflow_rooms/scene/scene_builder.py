# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Where the things of a room are put: collections of Blender, labels and numbers of the objects."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import bpy

from bgflow_rooms.furniture.family import Family
from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.furniture.object_builder import ObjectBuilder
from bgflow_rooms.nyu40 import CEILING, DOOR, FLOOR, WALL, WINDOW
from bgflow_rooms.scene.plan import Wall

__all__ = ["CEILING", "DOOR", "FLOOR", "PANE", "WALL", "WINDOW", "Piece", "SceneBuilder"]

PANE = 209  # what is seen through a window; its label is WINDOW


class Piece:
    """A piece of furniture that has been built and can be moved."""

    def __init__(self, family: Family, frame: Any, objects: list[Any], size: tuple[float, float, float]) -> None:
        self.family, self.frame, self.objects, self.size = family, frame, objects, size

    def move(self, x: float, y: float, z: float, angle: float) -> None:
        """Put the piece's origin at a position and turn it about the vertical."""
        self.frame.location, self.frame.rotation_euler = (x, y, z), (0.0, 0.0, angle)

    def remove(self) -> None:
        """Take the piece away."""
        for obj in (*self.objects, self.frame):
            bpy.data.objects.remove(obj)


class SceneBuilder:
    """A new Blender file with collections for what both scenes see and for what only one of them sees."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.room, self.panes, self.outside, self.lamps = (
            bpy.data.collections.new(name) for name in ("room", "panes", "outside", "lamps")
        )
        self.count = 0
        self.flash: Any = None  # a lamp that goes with the camera

    def label_objects(self, objects: Sequence[Any], index: int) -> None:
        """Give things a label and a number of their own."""
        self.count += 1
        for obj in objects:
            obj.pass_index, obj.color = index, (float(self.count), 0.0, 0.0, 1.0)

    def add_mesh(
        self,
        mesh: MeshBuilder,
        index: int,
        position: Sequence[float] = (0, 0, 0),
        angle: float = 0.0,
        where: Any = None,
    ) -> Any:
        """Make one flat-shaded object of a kit; where is a collection, that of the room by default."""
        if not mesh.points:
            return None
        data = bpy.data.meshes.new("shell")
        data.from_pydata([point for part in mesh.points for point in part.tolist()], [], mesh.faces)
        for material in mesh.materials:
            data.materials.append(material)
        data.polygons.foreach_set("material_index", mesh.face_materials)
        obj = bpy.data.objects.new("shell", data)
        obj.location, obj.rotation_euler = position, (0.0, 0.0, angle)
        (where or self.room).objects.link(obj)
        self.label_objects([obj], index)
        return obj

    def add_to_wall(self, wall: Wall, mesh: MeshBuilder, index: int, where: Any = None) -> Any:
        """Make one object of a kit that was filled in a wall's frame."""
        return self.add_mesh(mesh, index, (*wall.start, 0.0), wall.angle, where)

    def build_piece(self, family: Family, index: int, rng: random.Random) -> Piece:
        """Build a piece of furniture at the origin."""
        before = len(self.room.objects)
        builder = ObjectBuilder(self.room, fine=False).at((0, 0, 0))
        size = family.build(builder, rng)
        objects = list(self.room.objects)[before:]
        objects.remove(builder.frame)
        self.label_objects(objects, index)
        return Piece(family, builder.frame, objects, size)
