# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Empty demo room of 6 x 5 x 2.7 m with a window on the left, the view through it, and all lights.

All of it is background in the mask. Lengths are in metres, angles in radians. rng is a random.Random.
"""

import math

import bpy

from bgflow_rooms.furniture.object_builder import ObjectBuilder
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.scene.light import add_lamp

WIDTH, DEPTH, HEIGHT = 6.0, 5.0, 2.7
THICK = 0.25  # of the walls
WINDOW = (1.75, 4.05, 0.85, 2.35)  # near, far, sill, top in the left wall


def build_shell(builder, white, accent):
    """Build floor, ceiling, walls with the opening of the window, and skirting."""
    near, far, sill, top = WINDOW
    wide = WIDTH + 2 * THICK
    middle = (WIDTH / 2, DEPTH / 2)
    builder.box((*middle, -0.2), (wide, DEPTH + 2 * THICK, 0.2), materials.planks(), 0)
    builder.box((*middle, HEIGHT), (wide, DEPTH + 2 * THICK, 0.2), materials.paint("#f7f6f2"), 0)
    builder.box((WIDTH / 2, DEPTH + THICK / 2, 0), (wide, THICK, HEIGHT), accent, 0)
    builder.box((WIDTH / 2, -THICK / 2, 0), (wide, THICK, HEIGHT), white, 0)
    builder.box((WIDTH + THICK / 2, DEPTH / 2, 0), (THICK, DEPTH, HEIGHT), white, 0)
    for y0, y1, z0, z1 in (
        (0, near, 0, HEIGHT),
        (far, DEPTH, 0, HEIGHT),
        (near, far, 0, sill),
        (near, far, top, HEIGHT),
    ):
        builder.box((-THICK / 2, (y0 + y1) / 2, z0), (THICK, y1 - y0, z1 - z0), white, 0)
    board = materials.plain("#f1efe9", 0.35)
    builder.box((WIDTH / 2, DEPTH - 0.008, 0), (WIDTH, 0.016, 0.09), board)
    builder.box((0.008, DEPTH / 2, 0), (0.016, DEPTH, 0.09), board)
    for y0, y1 in ((0, 1.3), (2.34, DEPTH)):
        builder.box((WIDTH - 0.008, (y0 + y1) / 2, 0), (0.016, y1 - y0, 0.09), board)


def build_window(builder):
    """Build the frame of the window with three panes, sill and handles; the clear glass is left out."""
    near, far, sill, top = WINDOW
    lacquer = materials.plain("#f6f5f1", 0.25, coat=0.3)
    middle, span, rise = (near + far) / 2, far - near, top - sill
    for z, size in ((sill, 0.07), (top - 0.07, 0.07)):
        builder.box((-0.14, middle, z), (0.08, span, size), lacquer)
    for y, size in (
        (near + 0.035, 0.07),
        (far - 0.035, 0.07),
        (near + span / 3, 0.1),
        (near + 2 * span / 3, 0.1),
    ):
        builder.box((-0.14, y, sill + 0.065), (0.07, size, rise - 0.13), lacquer)
    builder.box((0.02, middle, sill - 0.035), (0.26, span + 0.1, 0.035), lacquer, 0.008)
    for y in (near + span / 3 - 0.02, near + 2 * span / 3 + 0.02):
        builder.box((-0.085, y, sill + 0.65), (0.02, 0.025, 0.13), materials.plain("#c8c8c8", 0.25, 1.0))


def build_outside(builder, rng):
    """Lawn, hedge and trees seen through the window."""
    builder.box((-40.3, 0, -0.8), (80, 120, 0.2), materials.foliage("#4f6b2c", "#7f9a45", 1.5), 0)
    builder.box((-22, 5, -0.6), (1.6, 90, 2.0), materials.foliage("#27401d", "#4d6b2e", 6.0), 0.3)
    green = [materials.foliage(*pair, 3.0) for pair in (("#2d4a1e", "#6c8c3b"), ("#3c5a2a", "#8aa552"))]
    bark = materials.plain("#5a4636", 0.9)
    for x, y, size in (
        (-13, 1.5, 1.5),
        (-17, 9, 2.2),
        (-20, 20, 2.6),
        (-11, 16, 1.4),
        (-26, -4, 2.8),
        (-27, 14, 3.0),
    ):
        builder.rod((x, y, -0.6), (x, y, size * 1.2), 0.14, bark)
        builder.crown((x, y, size * 1.7), size, 2500, 0.1, rng.choice(green), rng)
    for y, color in ((-2, "#b9826a"), (27, "#d9cdb8")):
        builder.box((-38, y, -0.6), (9, 12, 6), materials.plain(color, 0.8))
        builder.box((-38, y, 5.4), (10, 13, 0.5), materials.plain("#6b3b30", 0.8))


def build_sky():
    """World with a sky for the camera and weak ambient light."""
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    sky, path, mix = (nodes.new("ShaderNode" + kind) for kind in ("TexSky", "LightPath", "MixRGB"))
    sky.sky_type, sky.sun_disc = "SINGLE_SCATTERING", False
    sky.sun_elevation, sky.sun_rotation = math.radians(38), math.radians(60)
    mix.inputs[1].default_value = (0.95, 0.9, 0.83, 1.0)
    links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
    links.new(sky.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = 0.33
    world.cycles.sampling_method = "NONE"  # the lamp in the window samples better
    world.light_settings.distance = 2.5
    return world


def build_light(collection):
    """Add the sun, daylight in the window, two lamps, and weak light from the rest of the home."""
    near, far, sill, top = WINDOW
    add_lamp(
        collection,
        "SUN",
        (-3, 3, 5),
        (0.75, -0.28, -0.6),
        energy=14.0,
        angle=math.radians(1.5),
        color=(1.0, 0.88, 0.72),
    )
    add_lamp(
        collection,
        "AREA",
        (-0.27, (near + far) / 2, (sill + top) / 2),
        (1, 0, -0.15),
        shape="RECTANGLE",
        size=far - near,
        size_y=top - sill,
        energy=220.0,
        color=(0.88, 0.94, 1.0),
    )
    add_lamp(
        collection,
        "AREA",
        (3.0, 0.2, 2.5),
        (0, 0.7, -0.6),
        shape="RECTANGLE",
        size=4.0,
        size_y=0.4,
        energy=38.0,
        color=(1.0, 0.94, 0.86),
    )
    for position in ((4.75, 4.6, 1.58), (1.05, 2.95, 1.68)):
        add_lamp(
            collection,
            "POINT",
            position,
            (0, 0, -1),
            energy=16.0,
            shadow_soft_size=0.05,
            color=(1.0, 0.75, 0.5),
        )


def build(background, outside, rng):
    """Build all that neither moves nor is furniture in two collections."""
    build_shell(ObjectBuilder(background), materials.paint("#ebe6da"), materials.paint("#9fb3a8"))
    build_window(ObjectBuilder(background))
    build_outside(ObjectBuilder(outside), rng)
