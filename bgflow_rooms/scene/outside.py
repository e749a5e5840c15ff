# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Surroundings seen through windows or where a ceiling is missing: sky, ground, houses and trees, all emissive."""

from __future__ import annotations

import math
import random
from typing import Any

import bpy

from bgflow_rooms.furniture.mesh_builder import MeshBuilder
from bgflow_rooms.furniture.object_builder import ObjectBuilder
from bgflow_rooms.materials.nodes import Graph, linear
from bgflow_rooms.materials.palette import color, tone
from bgflow_rooms.materials.patterns import bricks
from bgflow_rooms.scene.plan import Plan
from bgflow_rooms.scene.scene_builder import SceneBuilder

__all__ = ["build_outside", "build_world"]


def emissive(tint: Any, strength: float, g: Graph) -> Any:
    """Finish a material that emits light like a surface in daylight, without being sampled as a lamp."""
    g.material.cycles.emission_sampling = "NONE"
    return g.finish(g.node("Emission", {"Color": tint, "Strength": strength}))


def speckled(dark: str, pale: str, scale: float, strength: float) -> Any:
    """Speckled emissive material: leaves, grass, plaster or asphalt in daylight."""
    g = Graph("outside")
    noise = g.noise(g.node("NewGeometry", {}).outputs["Position"], scale, 3.0)
    return emissive(g.ramp(noise, dark, pale, low=0.35, high=0.65), strength, g)


def build_house(mesh: MeshBuilder, strength: float, shining: float, rng: random.Random) -> None:
    """Add a house front with rows of windows, some of them lit, seen along y from the origin."""
    g = Graph("house")
    wide, high, shade = rng.uniform(5, 20), rng.uniform(3, 20), color(rng)
    if rng.random() < 0.3:
        cover = emissive(bricks(g, g.coordinates((0.3, 0.3, 0.3)), rng).color, strength, g)
    else:
        cover = emissive(linear(shade), strength, g)
    mesh.box((0, 0, -3), (wide, 4, high), cover)
    glass = emissive(
        linear(tone(rng.random(), 0.2, rng.uniform(0.1, 0.9))), strength * rng.uniform(0.3, 1), Graph("glass")
    )
    lamp = emissive(
        linear(tone(rng.uniform(0.08, 0.14), rng.uniform(0.1, 0.6), 1.0)), rng.uniform(0.3, 2), Graph("glass")
    )
    step, rise = rng.uniform(1.6, 3.5), rng.uniform(2.6, 3.6)
    for i in range(int(wide / step)):
        for j in range(int(high / rise)):
            x = -wide / 2 + step * (i + 0.5)
            shown = lamp if rng.random() < shining else glass
            mesh.box((x, -2.0, -3 + rise * (j + 0.35)), (step * 0.5, 0.1, rise * 0.5), shown)


def build_outside(scene: SceneBuilder, plan: Plan, sky: str, strength: float, rng: random.Random) -> None:
    """Build the surroundings unless the sky is overexposed; at night most of them are dark."""
    night = sky == "night"
    if night:
        strength *= rng.choice((0.01, 0.05))
    if sky not in ("day", "night") or not any(o.kind == "window" for wall in plan.walls for o in wall.openings):
        return
    x0, y0, x1, y1 = plan.bounds
    mesh, level = MeshBuilder(), rng.choice((-0.4, -0.4, -4.0, -12.0))
    hue = rng.choice((rng.uniform(0.18, 0.32), rng.uniform(0.05, 0.12), 0.6))
    deep, pale = (tone(hue, rng.uniform(0.05, 0.6), v) for v in (0.3, 0.55))
    ground = speckled(deep, pale, rng.uniform(0.5, 5), strength * 0.6)
    for x, y, wide, long in (
        (x0 - 50.6, 0, 100, 220),
        (x1 + 50.6, 0, 100, 220),
        (0, y0 - 50.6, 220, 100),
        (0, y1 + 50.6, 220, 100),
    ):
        mesh.box((x, y, level - 0.1), (wide, long, 0.1), ground)
    for wall in plan.walls:
        if not any(o.kind == "window" for o in wall.openings):
            continue
        if rng.random() < 0.55:
            for _ in range(rng.randint(1, 3)):
                x, y = wall.at(wall.length / 2 + rng.uniform(-15, 15), rng.uniform(8, 30))
                place, shining = mesh.at((x, y, level + 2.5), (0, 0, wall.angle)), rng.uniform(0.05, 0.5) * night
                build_house(place, strength * rng.uniform(0.4, 1.2), shining, rng)
        builder = ObjectBuilder(scene.outside, fine=False)
        for _ in range(rng.choice((0, 0, 1, 2, 4))):
            (x, y), size = wall.at(wall.length / 2 + rng.uniform(-8, 8), rng.uniform(3, 15)), rng.uniform(0.8, 2.5)
            green = tone(rng.uniform(0.15, 0.4), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.6))
            leaves = speckled(green, tone(rng.uniform(0.1, 0.35), 0.4, 0.6), 3.0, strength * rng.uniform(0.3, 1))
            builder.crown((x, y, max(level, -2) + size * rng.uniform(0.6, 1.8)), size, 350, 0.12 * size, leaves, rng)
    scene.add_mesh(mesh, 0, where=scene.outside)


def build_world(sky: str, strength: float, ambient: tuple[str, float], reach: float, rng: random.Random) -> Any:
    """World with a sky for the camera and even ambient light; `reach` is the range of ambient occlusion."""
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    tree = world.node_tree
    nodes, links = tree.nodes, tree.links
    ramp, path, mix, place, split = (
        nodes.new("ShaderNode" + kind) for kind in ("ValToRGB", "LightPath", "MixRGB", "TexCoord", "SeparateXYZ")
    )
    links.new(place.outputs["Generated"], split.inputs[0])
    links.new(split.outputs[2], ramp.inputs[0])
    hue, dull = rng.uniform(0.5, 0.65), rng.uniform(0, 0.6)
    colors = {
        "day": (tone(hue, dull * 0.4, 0.95), tone(hue, dull, rng.uniform(0.6, 0.95))),
        "white": ("#ffffff", "#ffffff"),
        "night": ("#05060a", tone(rng.random(), 0.4, 0.03)),
    }.get(sky, (tone(rng.random(), rng.uniform(0, 0.5), rng.random()),) * 2)
    for element, shade in zip(ramp.color_ramp.elements, colors, strict=True):
        element.color = [value * strength for value in linear(shade)[:3]] + [1.0]
    links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
    mix.inputs[1].default_value = [value * ambient[1] for value in linear(ambient[0])[:3]] + [1.0]
    links.new(ramp.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["Background"].inputs["Color"])
    world.cycles.sampling_method = "NONE"
    world.light_settings.distance = reach
    assert math.isfinite(strength)
    return world
