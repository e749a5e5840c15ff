# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Builder that makes one Blender object for each shape. Lengths are in metres, angles in radians, z is up."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

__all__ = ["ObjectBuilder"]

Point = Sequence[float]
CORNERS = [(x, y, z) for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)]
SIDES = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]


class ObjectBuilder:
    """Makes objects in a collection and a local frame; `fine` makes them smooth enough for large images."""

    def __init__(self, collection: Any, frame: Any = None, fine: bool = True) -> None:
        self.collection = collection
        self.frame = frame
        self.fine = fine

    def at(self, position: Point, turn: Point = (0.0, 0.0, 0.0)) -> ObjectBuilder:
        """Builder whose frame lies at a position of this frame, turned by Euler angles."""
        frame = bpy.data.objects.new("frame", None)
        frame.location, frame.rotation_euler, frame.parent = position, turn, self.frame
        self.collection.objects.link(frame)
        return ObjectBuilder(self.collection, frame, self.fine)

    def _place(self, bm: Any, material: Any, position: Point, smooth: bool) -> Any:
        """Turn a bmesh into an object whose origin lies at a position."""
        mesh = bpy.data.meshes.new("shape")
        bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
        bm.to_mesh(mesh)
        bm.free()
        mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
        mesh.materials.append(material)
        thing = bpy.data.objects.new("shape", mesh)
        thing.location, thing.parent = position, self.frame
        self.collection.objects.link(thing)
        return thing

    def _add(self, vertices: Sequence[Point], faces: Sequence[Sequence[int]], material: Any, position: Point) -> Any:
        """Flat-shaded object from vertices and faces that already turn outwards."""
        mesh = bpy.data.meshes.new("shape")
        mesh.from_pydata(vertices, (), faces)
        mesh.materials.append(material)
        thing = bpy.data.objects.new("shape", mesh)
        thing.location, thing.parent = position, self.frame
        self.collection.objects.link(thing)
        return thing

    def surface(
        self,
        vertices: Iterable[Point],
        faces: Iterable[Iterable[int]],
        material: Any,
        position: Point = (0, 0, 0),
        smooth: bool = True,
    ) -> Any:
        """Mesh from vertices and faces around a position."""
        bm = bmesh.new()
        corners = [bm.verts.new(v) for v in vertices]
        for face in faces:
            bm.faces.new([corners[i] for i in face])
        return self._place(bm, material, position, smooth)

    def grid(self, points: NDArray[Any], material: Any, position: Point = (0, 0, 0)) -> Any:
        """Smooth sheet through points of shape rows x columns x 3."""
        rows, columns = points.shape[:2]
        faces = [
            (r * columns + c, r * columns + c + 1, (r + 1) * columns + c + 1, (r + 1) * columns + c)
            for r in range(rows - 1)
            for c in range(columns - 1)
        ]
        return self.surface(points.reshape(-1, 3).tolist(), faces, material, position)

    def box(self, foot: Point, size: Point, material: Any, bevel: float = 0.004) -> Any:
        """Box with rounded edges; `foot` is the centre of its lower face."""
        if not self.fine and bevel < 0.015:
            half = [length / 2 for length in size]
            corners = [[side * length for side, length in zip(corner, half, strict=True)] for corner in CORNERS]
            return self._add(corners, SIDES, material, Vector(foot) + Vector((0, 0, half[2])))
        bm = bmesh.new()
        bmesh.ops.create_cube(bm, size=1.0)
        bmesh.ops.scale(bm, vec=size, verts=bm.verts)
        if bevel:
            bmesh.ops.bevel(
                bm, geom=bm.edges[:], offset=bevel, segments=3 if self.fine else 2, profile=0.5, affect="EDGES"
            )
        thing = self._place(bm, material, Vector(foot) + Vector((0, 0, size[2] / 2)), bool(bevel))
        thing.modifiers.new("flat faces", "WEIGHTED_NORMAL")
        return thing

    def lathe(
        self, foot: Point, profile: Sequence[Point], material: Any, segments: int = 40, smooth: bool = True
    ) -> Any:
        """Body of revolution about the vertical axis through `foot`; `profile` lists (radius, height)."""
        segments = segments if self.fine else (segments + 1) // 2
        turns = np.linspace(0, 2 * math.pi, segments, endpoint=False)
        vertices = [(r * math.cos(a), r * math.sin(a), z) for r, z in profile for a in turns]
        faces = [
            (
                k * segments + i,
                k * segments + (i + 1) % segments,
                (k + 1) * segments + (i + 1) % segments,
                (k + 1) * segments + i,
            )
            for k in range(len(profile) - 1)
            for i in range(segments)
        ]
        thing = self.surface(vertices, faces, material, foot, smooth)
        thing.modifiers.new("seam", "WELD")
        return thing

    def cylinder(self, foot: Point, radius: float, height: float, material: Any, edge: float = 0.003) -> Any:
        """Standing cylinder with rounded rims."""
        profile = [
            (0, 0),
            (radius - edge, 0),
            (radius, edge),
            (radius, height - edge),
            (radius - edge, height),
            (0, height),
        ]
        thing = self.lathe(foot, profile, material)
        thing.data.set_sharp_from_angle(angle=math.radians(40))
        return thing

    def rod(self, start: Point, end: Point, radius: float, material: Any) -> Any:
        """Round bar between two points."""
        way, sides = Vector(end) - Vector(start), 16 if self.fine else 8
        bm = bmesh.new()
        bmesh.ops.create_cone(bm, cap_ends=True, segments=sides, radius1=radius, radius2=radius, depth=way.length)
        bmesh.ops.rotate(bm, matrix=Vector((0, 0, 1)).rotation_difference(way).to_matrix(), verts=bm.verts)
        thing = self._place(bm, material, (Vector(start) + Vector(end)) / 2, True)
        thing.data.set_sharp_from_angle(angle=math.radians(40))
        return thing

    def ball(self, center: Point, radii: Point, material: Any) -> Any:
        """Sphere or ellipsoid."""
        bm = bmesh.new()
        segments = 24 if self.fine else 10
        bmesh.ops.create_uvsphere(bm, u_segments=2 * segments, v_segments=segments, radius=1.0)
        bmesh.ops.scale(bm, vec=radii, verts=bm.verts)
        return self._place(bm, material, center, True)

    def ring(self, center: Point, radius: float, thickness: float, material: Any) -> Any:
        """Torus that lies flat."""
        turns = np.linspace(0, 2 * math.pi, 49 if self.fine else 25)
        around, across = np.meshgrid(turns, turns[::3], indexing="ij")
        reach = radius + thickness * np.cos(across)
        points = np.stack([reach * np.cos(around), reach * np.sin(around), thickness * np.sin(across)], -1)
        return self.grid(points, material, center)

    def pillow(self, center: Point, size: Point, material: Any, turn: Point = (0.0, 0.0, 0.0)) -> None:
        """Stuffed cushion, thin at its seam; `size` is width, depth and greatest thickness."""
        u = np.linspace(-1, 1, 25 if self.fine else 11)
        x, y = np.meshgrid(u, u, indexing="ij")
        swell = np.sqrt(np.clip((1 - x**4) * (1 - y**4), 0, 1)) * 0.5
        pinch = 1 - 0.06 * (x**2 * (1 - y**2) + y**2 * (1 - x**2))  # sides curve inward between the corners
        frame = self.at(center, turn)
        for side in (-1, 1):
            points = np.stack([x * pinch * size[0] / 2, y * pinch * size[1] / 2, side * swell * size[2]], -1)
            frame.grid(points, material)

    def drape(self, start: Point, end: Point, height: float, folds: int, depth: float, material: Any) -> Any:
        """Curtain that hangs down by `height` from the line between two points, in folds of a depth."""
        first, way = np.array(start, float), np.array(end, float) - np.array(start, float)
        along = np.linspace(0, 1, (24 if self.fine else 10) * folds)
        down = np.linspace(0, 1, 12 if self.fine else 4)
        across = np.cross(way, np.array([0.0, 0.0, 1.0]))
        across /= np.linalg.norm(across)
        wave = np.sin(2 * math.pi * folds * along + 0.9 * np.sin(5 * along))
        points = first + along[:, None, None] * way
        points = points - down[None, :, None] * np.array([0, 0, height])
        swing = wave[:, None] * (0.6 + 0.4 * down[None, :]) * depth
        return self.grid(points + swing[..., None] * across, material)

    def leaf(self, root: Point, heading: float, rise: float, length: float, width: float, material: Any) -> Any:
        """Long leaf that leaves `root` at the angle `rise` and bends down towards its tip."""
        along = np.linspace(0, 1, 12)
        lift = rise - 1.5 * along * along
        step = length / (len(along) - 1)
        reach, height = np.cumsum(np.cos(lift)) * step, np.cumsum(np.sin(lift)) * step
        half = width / 2 * np.sin(math.pi * along**0.8) + 0.003
        rows = []
        for side in (-1, 0, 1):
            x = reach * math.cos(heading) - side * half * math.sin(heading)
            y = reach * math.sin(heading) + side * half * math.cos(heading)
            rows.append(np.stack([x, y, height + abs(side) * half * 0.35], -1))
        return self.grid(np.stack(rows), material, root)

    def crown(self, center: Point, radius: float, count: int, size: float, material: Any, rng: random.Random) -> Any:
        """Crown of a tree: leaves of a size, scattered in a cloud of clumps."""
        clumps = [[rng.gauss(0, 0.42) for _ in range(3)] for _ in range(26)]
        vertices: list[Point] = []
        faces: list[Iterable[int]] = []
        for _ in range(count):
            middle = Vector([radius * (c + rng.gauss(0, 0.17)) for c in rng.choice(clumps)])
            side, up = (Vector([rng.gauss(0, size) for _ in range(3)]) for _ in range(2))
            faces.append(range(len(vertices), len(vertices) + 4))
            vertices += [middle - side, middle - up, middle + side, middle + up]
        return self.surface(vertices, faces, material, center, smooth=False)
