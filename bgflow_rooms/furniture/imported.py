# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Things whose shapes come from files of the user's, in sizes and materials of their own in each room."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from bgflow_rooms.furniture.family import Family
from bgflow_rooms.furniture.mesh_builder import MeshBuilder, make_family
from bgflow_rooms.materials import palette
from bgflow_ros.segmentation.errors import UserError

__all__ = ["imported_families"]

SMALL, LARGE = (0.06, 0.35), (0.3, 1.3)
"""Shortest and longest longest side of a thing on a top and of one on the floor, in metres."""


def imported_families(files: Sequence[Path]) -> list[Family]:
    """Make the families of things that stand on tops and on the floor; none without files."""
    if not files:
        return []

    def maker(sizes: tuple[float, float]) -> Callable[[MeshBuilder, random.Random], None]:
        def make(mesh: MeshBuilder, rng: random.Random) -> None:
            points, faces = _read(rng.choice(files))
            scale = rng.uniform(*sizes) / max(1e-6, float(np.ptp(points, axis=0).max()))
            turned = mesh.at((0, 0, 0), (0, 0, rng.uniform(0, 2 * math.pi)), scale)
            turned.add(points, faces, palette.hard(rng))

        return make

    return [
        make_family("imported on top", 40, "surface", maker(SMALL)),
        make_family("imported on the floor", 40, "floor", maker(LARGE)),
    ]


def _read(file: Path) -> tuple[Any, list[Sequence[int]]]:
    """Read the points, n x 3, and the faces of all meshes of a file.

    Raises:
        UserError: There are none.
    """
    before = set(bpy.data.objects)
    getattr(bpy.ops.wm, f"{file.suffix[1:].lower()}_import")(filepath=str(file))
    points: list[Any] = []
    faces: list[Sequence[int]] = []
    for found in [found for found in bpy.data.objects if found not in before]:
        if found.type == "MESH":
            first = sum(map(len, points))
            matrix = np.array(found.matrix_world)
            local = np.array([vertex.co for vertex in found.data.vertices]).reshape(-1, 3)
            points.append(local @ matrix[:3, :3].T + matrix[:3, 3])
            faces += [[first + i for i in polygon.vertices] for polygon in found.data.polygons]
        bpy.data.objects.remove(found)
    if not faces:
        raise UserError(f"{file} holds no faces; expected a mesh, or take the file out of the folder")
    return np.concatenate(points), faces
