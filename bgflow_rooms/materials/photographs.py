# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Photographed surfaces from a folder, which take the place of some of the computed ones.

Furniture gets them as well as walls and floors: what only background had would be learnt as a sign of background. As
Blender's file they are global; `use` chooses those of all rooms that follow.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import bpy

from bgflow_rooms.materials.nodes import Graph, Look

__all__ = ["described", "look", "material", "use"]

SHARE = 0.4
"""Share of the surfaces that are photographed, if there are photographs."""
_files: list[Path] = []


def use(files: Sequence[Path]) -> None:
    """Take these images of surfaces for all rooms that follow; none for computed surfaces alone."""
    _files[:] = files


def described() -> dict[str, Any]:
    """Describe the images in use for a room's description; empty without any."""
    return {"textures": {"files": len(_files), "sha256": _digest(tuple(_files))}} if _files else {}


def look(g: Graph, at: Any, rng: random.Random) -> Look | None:
    """Choose the look of a photographed surface at texture coordinates in metres; None for a computed one."""
    return _look(g, at, rng, {}) if _chosen(rng) else None


def material(rng: random.Random) -> Any:
    """Choose a photographed material of a piece of furniture; None for a computed one."""
    if not _chosen(rng):
        return None
    g = Graph("photograph")
    found = _look(g, g.node("TexCoord", {}).outputs["Object"], rng, {"projection": "BOX", "projection_blend": 0.1})
    return g.principled(found.color, found.rough, found.height, found.relief)


@cache
def _digest(files: tuple[Path, ...]) -> str:
    """Compute the SHA-256 of files, once for all rooms."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _chosen(rng: random.Random) -> bool:
    # Without photographs nothing is drawn, so that the rooms of a seed are those of earlier versions.
    return bool(_files) and rng.random() < SHARE


def _look(g: Graph, at: Any, rng: random.Random, projection: dict[str, Any]) -> Look:
    image = bpy.data.images.load(str(rng.choice(_files)), check_existing=True)
    scale = 1 / rng.uniform(0.6, 3.0)
    turn = (0.0, 0.0, rng.choice((0.0, 1.5707963)))
    placed = g.node(
        "Mapping", {"Vector": at, "Scale": (scale,) * 3, "Rotation": turn, "Location": (rng.random(), rng.random(), 0)}
    ).outputs[0]
    # Mirrored repeats have no seams, whatever the image.
    color = g.node("TexImage", {"Vector": placed}, image=image, extension="MIRROR", **projection).outputs[0]
    changes = {
        "Hue": 0.5 + rng.gauss(0, 0.03),
        "Saturation": rng.uniform(0.4, 1.2),
        "Value": rng.uniform(0.6, 1.3),
        "Color": color,
    }
    tint = g.node("HueSaturation", changes).outputs[0]
    height = color if rng.random() < 0.4 else None
    return Look(tint, rng.uniform(0.1, 0.9), height, rng.uniform(0.0005, 0.003))
