# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Objects of a room in Blender: their collections, class labels and numbers."""

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

PANE = 209
"""Pass index of window panes, whose label is WINDOW and whose depth is unknown."""


class Piece:
    """Piece of furniture that has been built and can be moved."""

    def __init__(self, family: Family, frame: Any, objects: list[Any], size: tuple[float, float, float]) -> None:
        self.family, self.frame, self.objects, self.size = family, frame, objects, size

    def move(self, x: float, y: float, z: float, angle: float) -> None:
        """Move the origin of the piece to a position and turn the piece about the vertical axis."""
        self.frame.location, self.frame.rotation_euler = (x, y, z), (0.0, 0.0, angle)

    def show(self, visible: bool) -> None:
        """Show the piece to the renderer, or hide it."""
        for obj in self.objects:
            obj.hide_render = not visible

    def remove(self) -> None:
        """Remove the piece from the scene."""
        for obj in (*self.objects, self.frame):
            bpy.data.objects.remove(obj)


class SceneBuilder:
    """New Blender file with collections for the objects of both rendered scenes and of only one of them."""

    def __init__(self) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.room, self.panes, self.outside, self.lamps = (
            bpy.data.collections.new(name) for name in ("room", "panes", "outside", "lamps")
        )
        self.count = 0
        self.flash: Any = None  # lamp that moves with the camera

    def remove_lamps(self) -> None:
        """Remove all lamps, for another light."""
        for lamp in list(self.lamps.objects):
            bpy.data.objects.remove(lamp)

    def label_objects(self, objects: Sequence[Any], index: int) -> None:
        """Set the pass index and a common new number of objects."""
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
        """Add a mesh as a flat-shaded object to a collection, by default that of the room."""
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
        """Add a mesh that was built in the frame of a wall."""
        return self.add_mesh(mesh, index, (*wall.start, 0.0), wall.angle, where)

    def build_piece(self, family: Family, index: int, rng: random.Random) -> Piece:
        """Build a random piece of a family at the origin."""
        before = len(self.room.objects)
        builder = ObjectBuilder(self.room, fine=False).at((0, 0, 0))
        size = family.build(builder, rng)
        objects = list(self.room.objects)[before:]
        objects.remove(builder.frame)
        self.label_objects(objects, index)
        return Piece(family, builder.frame, objects, size)
