# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Furniture and other objects of the demo room: everything that is foreground in the mask.

A piece of furniture is built around the origin of its own frame; objects on walls or windows are built in the frame
of the room. Lengths are in metres, angles in radians. rng is a random.Random.
"""

import math

import room_motion as motion
from room_shell import DEPTH, HEIGHT, WIDTH, WINDOW

from bgflow_rooms.furniture.object_builder import ObjectBuilder
from bgflow_rooms.materials import nodes as materials

TAU = 2 * math.pi


def build_sofa(builder):
    """Two-seat sofa that faces -y, with cushions and a blanket."""
    cloth, legs = materials.fabric("#8f949c"), materials.plain("#3a2a1e", 0.4)
    builder.box((0, 0, 0.13), (2.1, 0.9, 0.2), cloth, 0.04)
    builder.box((0, 0.35, 0.2), (2.05, 0.2, 0.62), cloth, 0.06)
    for side in (-1, 1):
        builder.box((side * 0.97, -0.02, 0.14), (0.2, 0.88, 0.48), cloth, 0.06)
        builder.box((side * 0.43, -0.08, 0.31), (0.85, 0.72, 0.16), cloth, 0.05)
        builder.pillow((side * 0.43, 0.2, 0.66), (0.84, 0.46, 0.2), cloth, (1.33, 0, 0))
        for y in (-0.38, 0.38):
            builder.rod((side * 0.95, y, 0), (side * 0.92, y, 0.15), 0.025, legs)
    for x, color, turn in ((-0.68, "#c8742f", 0.35), (-0.38, "#e3d9c3", -0.15), (0.62, "#2f5d73", -0.3)):
        builder.pillow((x, 0.0, 0.64), (0.44, 0.44, 0.17), materials.fabric(color, 0.004), (1.2, 0, turn))
    wool = materials.fabric("#b5493c", 0.006)
    builder.box((0.97, -0.05, 0.3), (0.222, 0.5, 0.33), wool, 0.06)


def build_chair(builder, timber, seat):
    """Dining chair that faces +y."""
    for x in (-0.19, 0.19):
        builder.rod((x * 1.1, 0.2, 0), (x, 0.18, 0.45), 0.018, timber)
        builder.rod((x * 1.1, -0.24, 0), (x, -0.19, 0.45), 0.018, timber)
        builder.rod((x, -0.19, 0.44), (x, -0.25, 0.9), 0.016, timber)
    builder.box((0, 0, 0.44), (0.44, 0.43, 0.035), seat, 0.014)
    for z in (0.62, 0.76):
        builder.box((0, -0.225 - 0.12 * (z - 0.62), z), (0.4, 0.02, 0.1), timber, 0.008)


def build_table(builder, rng):
    """Dining table, long in y, with chairs and a laid table."""
    oak = materials.wood("#8a5a33", "#b98550", 1)
    builder.box((0, 0, 0.71), (0.9, 1.6, 0.035), oak, 0.008)
    for x in (-0.38, 0.38):
        for y in (-0.73, 0.73):
            builder.box((x, y, 0), (0.06, 0.06, 0.71), oak, 0.006)
    black, red = materials.plain("#22201f", 0.4), materials.plain("#b8402e", 0.35)
    for position, heading, seat in (
        ((0.62, -0.38, 0), 1.45, red),
        ((0.66, 0.42, 0), 1.8, black),
        ((-0.05, -1.0, 0), 0.12, black),
        ((-0.6, 0.1, 0), -TAU / 4, red),
    ):
        build_chair(builder.at(position, (0, 0, heading)), black, seat)
    glaze = materials.plain("#e9e4d8", 0.15, coat=0.5)
    builder.lathe(
        (0.05, 0.12, 0.745),
        [(0, 0), (0.06, 0), (0.1, 0.03), (0.15, 0.09), (0.143, 0.09), (0.09, 0.03), (0, 0.02)],
        glaze,
    )
    fruit = [materials.plain(c, 0.4) for c in ("#d97b1c", "#c9a51d", "#a3252b", "#7f9a2e")]
    for i in range(6):
        spot = (0.05 + 0.055 * math.cos(i * 1.26), 0.12 + 0.055 * math.sin(i * 1.26), 0.745 + 0.065)
        builder.ball(spot if i else (0.05, 0.12, 0.87), [0.037] * 3, rng.choice(fruit))
    mug = materials.plain("#2c6e8f", 0.2, coat=0.4)
    for x, y in ((0.27, -0.4), (-0.2, 0.45)):
        builder.lathe(
            (x, y, 0.745),
            [(0, 0), (0.036, 0), (0.04, 0.01), (0.04, 0.095), (0.035, 0.095), (0.034, 0.012), (0, 0.012)],
            mug,
        )
    laptop = builder.at((0.05, -0.42, 0.745), (0, 0, 1.2))
    grey = materials.plain("#9a9da1", 0.35, 0.8)
    laptop.box((0, 0, 0), (0.32, 0.22, 0.016), grey)
    laptop.at((0, 0.11, 0.014), (-0.3, 0, 0)).box((0, 0.004, 0), (0.32, 0.008, 0.21), grey)
    for i, color in enumerate(("#c9b458", "#3d5a80", "#e8e4da")):
        stack = builder.at((-0.22, 0.02 - 0.06, 0.745 + 0.028 * i), (0, 0, 0.3 * i))
        stack.box((0, 0, 0), (0.16, 0.23, 0.026), materials.plain(color, 0.6))


def build_shelf(builder, rng):
    """Open shelf that faces -y, full of books, with a vase and boxes between them."""
    white = materials.plain("#e9e6df", 0.4)
    width, depth, height = 1.3, 0.3, 2.05
    for x in (-width / 2, 0, width / 2):
        builder.box((x, 0, 0), (0.022, depth, height), white)
    builder.box((0, depth / 2 - 0.004, 0.05), (width, 0.008, height - 0.05), white, 0)
    levels = [0.05, 0.45, 0.84, 1.23, 1.62, height - 0.022]
    for z in levels:
        builder.box((0, 0, z), (width, depth, 0.022), white)
    covers = [
        materials.plain(c, rng.uniform(0.35, 0.7))
        for c in (
            "#8c2f39",
            "#b23a48",
            "#d98e4a",
            "#e9c46a",
            "#f1ead2",
            "#588157",
            "#3a5a40",
            "#264653",
            "#457b9d",
            "#a8c5da",
            "#5a4a78",
            "#22223b",
            "#c9ada7",
            "#d8d3c8",
            "#7f5539",
            "#e76f51",
            "#111418",
        )
    ]
    for z in levels[:-1]:
        for left in (-width / 2, 0):
            x, end = left + 0.016, left + width / 2 - 0.016 - rng.choice((0.0, 0.08, 0.22))
            while True:
                thick = rng.uniform(0.015, 0.05)
                if x + thick > end:
                    break
                tall, deep = rng.uniform(0.19, 0.32), rng.uniform(0.15, 0.23)
                builder.box(
                    (x + thick / 2, 0.13 - deep / 2, z + 0.023),
                    (thick - 0.001, deep, tall),
                    rng.choice(covers),
                    0.003,
                )
                x += thick
    builder.lathe(
        (-0.33, 0, height),
        [(0, 0), (0.06, 0), (0.1, 0.09), (0.085, 0.2), (0.035, 0.27), (0.05, 0.31)],
        materials.plain("#2f7f86", 0.15, coat=0.6),
    )
    builder.box((0.28, 0.0, height), (0.4, 0.26, 0.2), materials.fabric("#6d7f5b", 0.002), 0.015)


def build_plant(builder, rng):
    """Large house plant in a pot."""
    builder.lathe(
        (0, 0, 0),
        [(0, 0), (0.15, 0), (0.2, 0.36), (0.185, 0.36), (0.175, 0.32), (0, 0.32)],
        materials.plain("#d8d2c6", 0.6),
    )
    green = [materials.foliage(*pair) for pair in (("#1f4a22", "#3f7a35"), ("#2c5c28", "#5b9144"))]
    for i in range(54):
        root = (rng.gauss(0, 0.035), rng.gauss(0, 0.035), 0.3 + 0.75 * (i / 54) ** 0.8)
        builder.leaf(
            root,
            i * 2.4,
            rng.uniform(0.6, 1.25),
            rng.uniform(0.4, 0.65),
            rng.uniform(0.06, 0.11),
            green[i % 2],
        )
    builder.rod((0, 0, 0.3), (0.01, 0, 1.1), 0.018, materials.plain("#5b5a34", 0.8))


def build_lamps(builder):
    """Floor lamp beside the sofa and a pendant above the table."""
    brass, shade = materials.plain("#a98b4f", 0.3, 1.0), materials.lampshade("#f3e7cf")
    bulb = materials.glow("#ffd2a0", 90.0)
    builder.cylinder((4.75, 4.6, 0), 0.15, 0.025, brass)
    builder.rod((4.75, 4.6, 0), (4.75, 4.6, 1.6), 0.012, brass)
    builder.lathe((4.75, 4.6, 1.42), [(0.24, 0), (0.15, 0.3)], shade)
    builder.ball((4.75, 4.6, 1.58), [0.04] * 3, bulb)
    builder.rod((1.05, 2.95, 1.9), (1.05, 2.95, HEIGHT), 0.004, materials.plain("#1c1c1c"))
    builder.cylinder((1.05, 2.95, HEIGHT - 0.03), 0.05, 0.03, brass)
    builder.lathe(
        (1.05, 2.95, 1.62),
        [(0.26, 0), (0.2, 0.14), (0.07, 0.26), (0.03, 0.3)],
        materials.plain("#2b3a3a", 0.35),
    )
    builder.ball((1.05, 2.95, 1.7), [0.045] * 3, bulb)


def build_door(builder):
    """Panelled door with its frame in the right wall."""
    leaf, metal = materials.plain("#e4ddd0", 0.35), materials.plain("#b9b9b9", 0.25, 1.0)
    x, middle, wide, tall = WIDTH - 0.012, 1.82, 0.88, 2.06
    for side in (-1, 1):
        builder.box((x, middle + side * (wide / 2 + 0.04), 0), (0.05, 0.08, tall + 0.08), leaf)
    builder.box((x, middle, tall), (0.05, wide, 0.08), leaf)
    builder.box((x, middle, 0), (0.024, wide, tall), leaf)
    for z, rise in ((0.15, 0.7), (1.0, 0.9)):
        for side in (-1, 1):
            builder.box((x - 0.01, middle + side * 0.21, z), (0.02, 0.3, rise), leaf, 0.009)
    builder.box((x - 0.015, middle + 0.38, 0.95), (0.012, 0.045, 0.2), metal)
    builder.rod((x - 0.07, middle + 0.38, 1.07), (x - 0.07, middle + 0.26, 1.07), 0.009, metal)
    builder.rod((x, middle + 0.38, 1.07), (x - 0.07, middle + 0.38, 1.07), 0.009, metal)
    builder.box((WIDTH - 0.005, 2.5, 1.05), (0.01, 0.08, 0.08), materials.plain("#f4f4f2", 0.3))


def build_pictures(builder):
    """Framed paintings on the far and the right wall, and a clock."""
    black, oak = materials.plain("#1d1b1a", 0.35), materials.wood("#8a5a33", "#b98550", 2)
    mount = materials.plain("#f3f0e8", 0.8)
    pictures = (
        ((2.75, 0.62, 0.82), black, (3, "#e8dcc4", "#d08c4a", "#9b3d2e", "#27323f")),
        ((3.6, 0.5, 0.5), oak, (11, "#f0ead9", "#7fa5a3", "#2f5d62", "#e0a43b")),
        ((1.35, 0.7, 0.9), oak, (37, "#efe6d2", "#c8553d", "#588b8b", "#f2d0a4", "#2d3047")),
    )
    for (x, wide, tall), timber, (seed, *colors) in pictures:
        frame = builder.at((x, DEPTH - 0.016, 1.68 - tall / 2))
        frame.box((0, 0, 0), (wide, 0.03, tall), timber, 0.005)
        frame.box((0, -0.012, 0.025), (wide - 0.05, 0.012, tall - 0.05), mount, 0)
        frame.box((0, -0.014, 0.085), (wide - 0.17, 0.012, tall - 0.17), materials.canvas(seed, *colors), 0)
    clock = builder.at((WIDTH, 2.58, 1.95), (0, -TAU / 4, 0))
    clock.cylinder((0, 0, 0), 0.15, 0.03, black)
    clock.cylinder((0, 0, 0.022), 0.135, 0.01, mount)
    for angle, reach in ((0.6, 0.11), (2.4, 0.075)):
        clock.rod((0, 0, 0.036), (reach * math.cos(angle), reach * math.sin(angle), 0.036), 0.004, black)


def build_small_objects(builder, rng):
    """Rug, curtains, radiator, boxes and other small objects."""
    builder.box(
        (3.35, 3.35, 0),
        (2.0, 1.35, 0.012),
        materials.carpet(("#d9cdb6", "#9c3f34", "#d9cdb6", "#34506b", "#c79a4b")),
    )
    linen, near, far = materials.fabric("#c9bfa6", 0.004), WINDOW[0], WINDOW[1]
    builder.rod((0.12, near - 0.55, 2.48), (0.12, far + 0.55, 2.48), 0.012, materials.plain("#3a3a3a", 0.4, 1.0))
    builder.drape((0.12, near - 0.5, 2.47), (0.12, near + 0.02, 2.47), 2.42, 6, 0.045, linen)
    builder.drape((0.12, far - 0.02, 2.47), (0.12, far + 0.5, 2.47), 2.42, 6, 0.045, linen)
    enamel = materials.plain("#f2f1ec", 0.3)
    for i in range(22):
        builder.box((0.09, 2.2 + 0.065 * i, 0.14), (0.09, 0.05, 0.58), enamel, 0.015)
    builder.box((0.05, 2.9, 0.3), (0.03, 1.4, 0.06), enamel)
    board, tape = materials.cardboard(), materials.plain("#c9b07c", 0.3)
    for (x, y, z), (w, d, h), turn in (
        ((5.5, 4.58, 0), (0.55, 0.45, 0.42), 0.12),
        ((5.52, 4.6, 0.42), (0.4, 0.36, 0.3), -0.2),
        ((0.45, 0.75, 0), (0.5, 0.42, 0.36), 0.5),
    ):
        carton = builder.at((x, y, z), (0, 0, turn))
        carton.box((0, 0, 0), (w, d, h), board)
        carton.box((0, 0, h - 0.003), (w + 0.002, 0.05, 0.004), tape, 0)
    basket = [(0, 0), (0.17, 0), (0.2, 0.3), (0.185, 0.3), (0.16, 0.02), (0, 0.02)]
    builder.lathe((2.0, 4.72, 0), basket, materials.fabric("#a98457", 0.012))
    for i in range(3):
        builder.rod(
            (2.0, 4.72, 0.1),
            (2.0 + 0.1 * math.cos(i * 2), 4.72 + 0.1 * math.sin(i * 2), 0.52),
            0.03,
            materials.plain(rng.choice(("#efe6d8", "#8aa0a8", "#d3a18a")), 0.7),
        )
    shoe = materials.plain("#2e3a4a", 0.6)
    for y, turn in ((2.62, 0.2), (2.5, -0.1)):
        builder.at((5.72, y, 0), (0, 0, turn)).ball((0, 0, 0.04), (0.14, 0.05, 0.05), shoe)


def build_ball(builder):
    """Striped exercise ball around the origin of its frame."""
    radius = motion.BALL_RADIUS
    builder.ball(
        (0, 0, 0),
        [radius] * 3,
        materials.gores("#d7263d", "#f4f1e6", "#1b6ca8", "#f4f1e6", "#f2b705", "#f4f1e6"),
    )
    for side in (-1, 1):
        builder.ball((0, 0, side * radius * 0.985), (0.05, 0.05, 0.008), materials.plain("#f4f1e6", 0.3))


def build_drone(builder):
    """Flying robot: an egg with one eye that hangs in a hoop of three fans."""
    shell, dark = materials.plain("#f28c1b", 0.25, coat=0.6), materials.plain("#1c1e22", 0.4)
    builder.ball((0, 0, 0), (0.11, 0.1, 0.16), shell)
    builder.ball((0.09, 0, 0.04), (0.04, 0.045, 0.045), dark)
    builder.ball((0.125, 0, 0.04), (0.012, 0.022, 0.022), materials.glow("#4fe3ff", 12.0))
    builder.ring((0, 0, 0.02), 0.14, 0.014, dark)
    for i in range(3):
        a = i * TAU / 3 + 0.4
        hub = (0.3 * math.cos(a), 0.3 * math.sin(a), 0.02)
        builder.rod((0, 0, 0.02), hub, 0.013, dark)
        builder.ring(hub, 0.13, 0.016, shell)
        builder.cylinder((hub[0], hub[1], 0.0), 0.02, 0.05, dark)
        for blade in range(3):
            builder.at(hub, (0.25, 0, a + blade * TAU / 3)).box((0.06, 0, 0), (0.12, 0.025, 0.004), dark, 0.001)
    for side in (-1, 1):
        builder.rod((0, side * 0.04, 0.14), (-0.03, side * 0.1, 0.3), 0.005, dark)
        builder.ball((-0.03, side * 0.1, 0.3), [0.016] * 3, shell)
        builder.rod((0, side * 0.05, -0.12), (0.03, side * 0.1, -0.26), 0.008, dark)


def furnish(collection, rng):
    """Place all objects; return the frames (empty objects) of the ball and of the drone."""
    builder = ObjectBuilder(collection)
    build_sofa(builder.at((3.3, 4.48, 0)))
    build_table(builder.at((1.05, 2.95, 0)), rng)
    build_shelf(builder.at((WIDTH - 0.17, 3.5, 0), (0, 0, -TAU / 4)), rng)
    build_plant(builder.at((0.62, 4.5, 0)), rng)
    build_lamps(builder)
    build_door(builder)
    build_pictures(builder)
    build_small_objects(builder, rng)
    ball, drone = builder.at((0, 0, 0)), builder.at((0, 0, 0))
    build_ball(ball)
    build_drone(drone)
    return ball.frame, drone.frame
