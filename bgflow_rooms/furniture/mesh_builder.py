# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Builder that collects simple shapes in one mesh for each piece of furniture.

Blender is slow with many small objects, so a piece becomes one object with several materials. Lengths are in metres,
angles in radians, z is up.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bgflow_rooms.furniture.family import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bgflow_rooms.furniture.object_builder import ObjectBuilder

__all__ = ["MeshBuilder", "make_family"]

TAU = 2 * math.pi
Point = Sequence[float]


def rotation(turn: Point) -> NDArray[np.float64]:
    """Rotation matrix (3 x 3) of Euler angles about x, then y, then z."""
    (cx, sx), (cy, sy), (cz, sz) = ((math.cos(a), math.sin(a)) for a in turn)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


class MeshBuilder:
    """Collects the parts of one piece; builders made by `at` add to the same piece in a frame of their own."""

    def __init__(
        self, parent: MeshBuilder | None = None, position: Point = (0, 0, 0), turn: Point = (0, 0, 0), scale: Any = 1
    ):
        turned = rotation(turn) * np.broadcast_to(np.asarray(scale, float), 3)
        here = np.asarray(position, float)
        if parent is None:
            self.turn, self.origin = turned, here
            self.points: list[NDArray[np.float64]] = []
            self.faces: list[Sequence[int]] = []
            self.face_materials: list[int] = []
            self.materials: list[Any] = []
            self.count = [0]
        else:
            self.turn, self.origin = parent.turn @ turned, parent.origin + parent.turn @ here
            self.points, self.faces, self.face_materials = parent.points, parent.faces, parent.face_materials
            self.materials, self.count = parent.materials, parent.count

    def at(self, position: Point, turn: Point = (0, 0, 0), scale: Any = 1) -> MeshBuilder:
        """Builder with its own frame, which is scaled, turned by Euler angles and moved to a position of this frame."""
        return MeshBuilder(self, position, turn, scale)

    def add(self, points: Any, faces: Iterable[Sequence[int]], material: Any) -> None:
        """Add points (n x 3) and the faces that index them, all of one material."""
        here = np.asarray(points, float).reshape(-1, 3) @ self.turn.T + self.origin
        if material not in self.materials:
            self.materials.append(material)
        slot, first = self.materials.index(material), self.count[0]
        for face in faces:
            self.faces.append([first + i for i in face])
            self.face_materials.append(slot)
        self.points.append(here)
        self.count[0] += len(here)

    def sheet(self, points: NDArray[np.float64], material: Any, closed: bool = False) -> None:
        """Sheet through points of shape rows x columns x 3; `closed` joins the last column to the first."""
        rows, columns = points.shape[:2]
        across = range(columns) if closed else range(columns - 1)
        faces = [
            (
                r * columns + c,
                r * columns + (c + 1) % columns,
                (r + 1) * columns + (c + 1) % columns,
                (r + 1) * columns + c,
            )
            for r in range(rows - 1)
            for c in across
        ]
        self.add(points, faces, material)

    def box(self, foot: Point, size: Point, material: Any, bevel: float = 0.0, rounds: int = 1) -> None:
        """Box; `foot` is the centre of its lower face, `bevel` the radius of its edges, which have `rounds` steps."""
        gap = 1e-4 * (1 + len(self.points) % 5)  # coplanar faces would flicker
        x, y, z = (s / 2 - gap if s > 0.004 else s / 2 for s in size)
        center = np.asarray(foot, float) + np.array([0, 0, size[2] / 2])
        bevel = min(bevel, 0.98 * min(x, y, z))
        if bevel <= 0:
            corners = [(i, j, k) for i in (-x, x) for j in (-y, y) for k in (-z, z)]
            sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
            self.add(np.array(corners) + center, sides, material)
            return
        arc = np.linspace(0, math.pi / 2, rounds + 1)
        turns = np.concatenate([arc + q * math.pi / 2 for q in range(4)])
        quarter = np.repeat(np.arange(4), rounds + 1)
        core = np.array([x, y, z]) - bevel
        along = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[quarter] * core[:2]
        rings = []
        for rise, side in [(a - math.pi / 2, -1) for a in arc] + [(a, 1) for a in arc]:
            flat = along + bevel * math.cos(rise) * np.stack([np.cos(turns), np.sin(turns)], -1)
            height = side * core[2] + bevel * math.sin(rise)
            rings.append(np.column_stack([flat, np.full(len(flat), height)]))
        self.sheet(np.stack(rings) + center, material, closed=True)
        last = len(turns) * (len(rings) - 1)
        corner = [q * (rounds + 1) for q in range(4)]
        for ring, start in ((corner[::-1], 0), (corner, last)):
            self.add(rings[0 if start == 0 else -1][ring] + center, [(0, 1, 2, 3)], material)

    def lathe(self, foot: Point, profile: Sequence[Point], material: Any, segments: int = 20) -> None:
        """Body of revolution about the vertical axis through `foot`; `profile` lists (radius, height)."""
        turns = np.linspace(0, TAU, segments, endpoint=False)
        rings = [np.stack([r * np.cos(turns), r * np.sin(turns), np.full(segments, z)], -1) for r, z in profile]
        self.sheet(np.stack(rings) + np.asarray(foot, float), material, closed=True)

    def cylinder(self, foot: Point, radius: float, height: float, material: Any, segments: int = 20) -> None:
        """Standing cylinder."""
        self.lathe(foot, [(0, 0), (radius, 0), (radius, height), (0, height)], material, segments)

    def tube(self, path: Any, radius: Any, material: Any, segments: int = 8) -> None:
        """Round bar along a path (n x 3); `radius` is one number or one for each point."""
        path = np.asarray(path, float)
        radii = np.broadcast_to(np.asarray(radius, float), len(path))
        ways = np.gradient(path, axis=0)
        turns = np.linspace(0, TAU, segments, endpoint=False)
        rings = [np.repeat(path[:1], segments, 0)]
        side = np.array([1.0, 0.3, 0.1]) if abs(ways[0][0]) < 0.9 * np.linalg.norm(ways[0]) else np.array([0.1, 1, 0.3])
        for point, way, r in zip(path, ways, radii, strict=True):
            way = way / (np.linalg.norm(way) or 1)  # noqa: PLW2901
            side = side - way * (side @ way)
            side = side / np.linalg.norm(side)
            up = np.cross(way, side)
            rings.append(point + r * (np.cos(turns)[:, None] * side + np.sin(turns)[:, None] * up))
        rings.append(np.repeat(path[-1:], segments, 0))
        self.sheet(np.stack(rings), material, closed=True)

    def rod(self, start: Point, end: Point, radius: float, material: Any, tip: float | None = None) -> None:
        """Round bar between two points; `tip` is its radius at the end."""
        self.tube([start, end], [radius, radius if tip is None else tip], material)

    def capsule(self, start: Point, end: Point, radius: float, tip: float, material: Any) -> None:
        """Bar with round ends of two radii."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        way = (b - a) / (np.linalg.norm(b - a) or 1)
        rises = np.linspace(-math.pi / 2, 0, 4)
        path = [a + way * radius * math.sin(t) for t in rises] + [b - way * tip * math.sin(t) for t in rises[::-1]]
        radii = [radius * math.cos(t) + 1e-4 for t in rises] + [tip * math.cos(t) + 1e-4 for t in rises[::-1]]
        self.tube(path, radii, material, 10)

    def ball(self, center: Point, radii: Any, material: Any, segments: int = 16) -> None:
        """Sphere or ellipsoid."""
        radii = np.broadcast_to(np.asarray(radii, float), 3)
        rises = np.linspace(-math.pi / 2, math.pi / 2, segments // 2 + 1)
        profile = [(math.cos(t), math.sin(t)) for t in rises]
        self.at(center, scale=radii).lathe((0, 0, 0), profile, material, segments)

    def ring(self, center: Point, radius: float, thick: float, material: Any, turn: Point = (0, 0, 0)) -> None:
        """Torus that lies flat unless turned."""
        self.arc(center, radius, thick, material, (0, TAU), turn)

    def arc(
        self, center: Point, radius: float, thick: float, material: Any, span: Point = (0, TAU), turn: Point = (0, 0, 0)
    ) -> None:
        """Part of a torus that lies flat unless turned."""
        steps = max(4, int(24 * abs(span[1] - span[0]) / TAU))
        path = [(radius * math.cos(a), radius * math.sin(a), 0) for a in np.linspace(span[0], span[1], steps)]
        self.at(center, turn).tube(path, thick, material)

    def pillow(self, center: Point, size: Point, material: Any, turn: Point = (0, 0, 0)) -> None:
        """Stuffed cushion, thin at its seam; `size` is width, depth and greatest thickness."""
        u = np.sin(np.linspace(-math.pi / 2, math.pi / 2, 11))
        x, y = np.meshgrid(u, u, indexing="ij")
        swell = np.sqrt(np.clip((1 - x**4) * (1 - y**4), 0, 1)) * 0.5
        pinch = 1 - 0.06 * (x**2 * (1 - y**2) + y**2 * (1 - x**2))
        mesh = self.at(center, turn)
        for side in (-1, 1):
            points = np.stack([x * pinch * size[0] / 2, y * pinch * size[1] / 2, side * swell * size[2]], -1)
            mesh.sheet(points[::side], material)

    def drape(self, start: Point, end: Point, height: float, folds: int, depth: float, material: Any) -> None:
        """Cloth that hangs down by `height` from the line between two points, in folds of a depth."""
        first, last = np.asarray(start, float), np.asarray(end, float)
        along, down = np.linspace(0, 1, 8 * folds), np.linspace(0, 1, 6)
        across = np.cross(last - first, (0, 0, 1))
        across /= np.linalg.norm(across)
        wave = np.sin(TAU * folds * along + 0.9 * np.sin(5 * along))
        points = first + along[:, None, None] * (last - first) - down[None, :, None] * np.array([0, 0, height])
        swing = wave[:, None] * (0.6 + 0.4 * down[None, :]) * depth
        self.sheet(points + swing[..., None] * across, material)

    def leaf(self, root: Point, heading: float, rise: float, size: Point, material: Any, bend: float = 1.5) -> None:
        """Leaf of size (length, width) that leaves `root` at the angle `rise` and bends down towards its tip."""
        along = np.linspace(0, 1, 7)
        lift = rise - bend * along * along
        reach, height = (np.cumsum(f(lift)) * size[0] / 6 for f in (np.cos, np.sin))
        half = size[1] / 2 * np.sin(math.pi * along**0.8) + 0.002
        rows = []
        for side in (-1, 0, 1):
            x = reach * math.cos(heading) - side * half * math.sin(heading)
            y = reach * math.sin(heading) + side * half * math.cos(heading)
            rows.append(np.stack([x, y, height + abs(side) * half * 0.35], -1))
        self.at(root).sheet(np.stack(rows), material)

    def slab(self, outline: Sequence[Point], foot: Point, thick: float, material: Any) -> None:
        """Plate whose outline (x, y) starts at `foot` and rises by its thickness."""
        flat = np.asarray(outline, float)
        n = len(flat)
        points = np.concatenate([np.column_stack([flat, np.full(n, z)]) for z in (0.0, thick)])
        sides = [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)]
        faces = [tuple(range(n - 1, -1, -1)), tuple(range(n, 2 * n)), *sides]
        self.add(points + np.asarray(foot, float), faces, material)

    def to_object(self, builder: ObjectBuilder, place: str) -> tuple[float, float, float]:
        """Make the piece a Blender object, anchored at the builder's origin as its place requires; return its size."""
        import bpy

        points = np.concatenate(self.points)
        low, high = points.min(0), points.max(0)
        anchor = (low + high) / 2
        if place in ("wall", "hung"):
            anchor[1] = high[1]
        if place in ("wall", "floor", "surface"):
            anchor[2] = low[2]
        elif place == "ceiling":
            anchor[2] = high[2]
        data = bpy.data.meshes.new("piece")
        data.from_pydata((points - anchor).tolist(), [], self.faces)
        for material in self.materials:
            data.materials.append(material)
        data.polygons.foreach_set("material_index", self.face_materials)
        data.polygons.foreach_set("use_smooth", [True] * len(self.faces))
        data.set_sharp_from_angle(angle=0.75)
        piece = bpy.data.objects.new("piece", data)
        piece.parent = builder.frame
        builder.collection.objects.link(piece)
        x, y, z = (high - low).tolist()
        return x, y, z


def make_family(
    name: str, label: int, place: str, make: Callable[[MeshBuilder, random.Random], None], supports: bool = False
) -> Family:
    """Family of which `make` adds a piece to a mesh, anywhere; the piece is then anchored as its place requires."""

    def build(builder: ObjectBuilder, rng: random.Random) -> tuple[float, float, float]:
        mesh = MeshBuilder()
        make(mesh, rng)
        return mesh.to_object(builder, place)

    return Family(name, label, place, build, supports)
