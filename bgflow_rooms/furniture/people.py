# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""People made of capsules, for the novel families and for drives only."""

from __future__ import annotations

import math
import random
from typing import Any

from bgflow_rooms.furniture.family import Family
from bgflow_rooms.furniture.mesh_builder import TAU, MeshBuilder, make_family
from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.materials import palette

__all__ = ["PEOPLE", "STRIDE", "walking"]

Joint = tuple[float, float, float]
STRIDE = 1.4
"""Metres that a person walks from one step of a foot to the next of the same foot."""
HIP, THIGH, SHIN, ANKLE = 0.93, 0.43, 0.405, 0.095
"""Height of the hip, lengths of the bones and height of the ankle of a person of 1.75 m, in metres."""
SWING, FLEX = 0.42, 0.8
"""Greatest angles of a walking person's hip and knee, in radians."""
SKINS = ("#f3d3bd", "#e8b998", "#d49a72", "#b57a4e", "#8d5a38", "#6b4128", "#4b2c1c", "#3a2216")
HAIRS = ("#17120f", "#2e1f15", "#54361f", "#8a5a2e", "#c79a58", "#e3cd9a", "#8f8f8f", "#e6e4e0", "#7c2f17")


class Clothes:
    """Materials of one person's clothes, skin and hair, and the thickness of the clothes."""

    def __init__(self, rng: random.Random):
        self.skin = materials.plain(rng.choice(SKINS), 0.5)
        self.hair = materials.plain(rng.choice(HAIRS) if rng.random() < 0.93 else palette.color(rng), 0.7)
        self.shirt, self.trousers = palette.cloth(rng), palette.cloth(rng)
        self.shoes = palette.leather(rng)
        self.sleeves, self.shorts = rng.random() < 0.6, rng.random() < 0.2
        self.skirt, self.stout = rng.random() < 0.25, rng.uniform(0.85, 1.3)


def limb(
    mesh: MeshBuilder, joints: tuple[Joint, Joint, Joint], radii: tuple[float, float, float], upper: Any, lower: Any
) -> None:
    """Arm or leg of two bones."""
    mesh.capsule(joints[0], joints[1], radii[0], radii[1], upper)
    mesh.capsule(joints[1], joints[2], radii[1] * 0.98, radii[2], lower)


def head(mesh: MeshBuilder, rng: random.Random, worn: Clothes, size: float) -> None:
    """Neck, head and hair or hat; the neck starts at the origin. Faces -y."""
    mesh.capsule((0, 0, -0.03), (0, -0.01, 0.09), 0.05, 0.048, worn.skin)
    face = mesh.at((0, -0.02, 0.19), (rng.uniform(-0.2, 0.35), 0, rng.uniform(-0.6, 0.6)), size)
    face.ball((0, 0, 0), (0.077, 0.098, 0.118), worn.skin, 16)
    face.ball((0, -0.1, -0.01), (0.013, 0.022, 0.02), worn.skin, 8)
    for side in (-1, 1):
        face.ball((side * 0.03, -0.088, 0.025), 0.011, palette.dark(rng), 6)
        face.ball((side * 0.078, 0.005, 0), (0.012, 0.02, 0.03), worn.skin, 8)
    style = rng.choice(("short", "short", "long", "bun", "curls", "bald", "hat", "cap"))
    if style != "bald":
        face.ball((0, 0.018, 0.025), (0.086, 0.1, 0.112), worn.hair, 14)
    if style == "long":
        face.capsule((0, 0.06, 0.03), (0, 0.075, -rng.uniform(0.12, 0.35)), 0.085, 0.06, worn.hair)
    elif style == "bun":
        face.ball((0, 0.09, 0.1), 0.05, worn.hair, 10)
    elif style == "curls":
        for i in range(22):
            a, z = i * 2.4, 0.1 - 0.01 * i
            face.ball(
                (0.09 * math.cos(a), 0.03 + 0.085 * math.sin(a) * (math.sin(a) > -0.4), z + 0.03), 0.035, worn.hair, 6
            )
    elif style in ("hat", "cap"):
        cover = palette.cloth(rng)
        face.lathe((0, 0.01, 0.05), [(0.1, 0), (0.1, 0.03), (0.08, 0.09), (0, 0.1)], cover, 14)
        if style == "cap":
            face.box((0, -0.11, 0.05), (0.13, 0.1, 0.012), cover, 0.005)
        else:
            face.cylinder((0, 0.01, 0.05), rng.uniform(0.12, 0.19), 0.008, cover)


def trunk(mesh: MeshBuilder, worn: Clothes, rng: random.Random) -> tuple[Joint, Joint]:
    """Hips at the origin, chest and head; returns the shoulders."""
    s = worn.stout
    mesh.capsule((-0.07, 0, 0.02), (0.07, 0, 0.02), 0.115 * s, 0.115 * s, worn.trousers)
    mesh.at((0, 0, 0), scale=(1.25, 0.85, 1)).capsule((0, 0, 0.08), (0, 0, 0.4), 0.125 * s, 0.14, worn.shirt)
    mesh.capsule((-0.13, 0, 0.46), (0.13, 0, 0.46), 0.075, 0.075, worn.shirt)
    head(mesh.at((0, 0, 0.54)), rng, worn, 1.0)
    return (-0.2, 0, 0.46), (0.2, 0, 0.46)


def arm(mesh: MeshBuilder, rng: random.Random, shoulder: Joint, worn: Clothes, pose: str) -> None:
    """Arm in one of several poses: hanging, bent, raised, forward."""
    side = math.copysign(1, shoulder[0])
    x, y, z = shoulder
    out = rng.uniform(0.02, 0.12)
    if pose == "raised":
        elbow, hand = (
            (x + side * 0.2, y, z + rng.uniform(-0.05, 0.2)),
            (x + side * rng.uniform(0.1, 0.3), y - 0.05, z + 0.42),
        )
    elif pose == "bent":
        elbow, hand = (
            (x + side * (out + 0.06), y + 0.06, z - 0.26),
            (x - side * 0.05, y - 0.22, z - 0.25 + rng.uniform(-0.05, 0.2)),
        )
    elif pose == "forward":
        elbow, hand = (x + side * 0.03, y - 0.15, z - 0.22), (x, y - 0.4, z - rng.uniform(0.05, 0.3))
    else:
        elbow, hand = (x + side * out, y + 0.02, z - 0.28), (x + side * out * 1.2, y - rng.uniform(0, 0.1), z - 0.54)
    limb(mesh, (shoulder, elbow, hand), (0.058, 0.046, 0.038), worn.shirt, worn.shirt if worn.sleeves else worn.skin)
    mesh.ball(hand, (0.04, 0.04, 0.055), worn.skin, 8)


def leg(mesh: MeshBuilder, joints: tuple[Joint, Joint, Joint], worn: Clothes, turn: float) -> None:
    """Leg from hip to ankle with a shoe."""
    bare = worn.shorts or worn.skirt
    limb(mesh, joints, (0.092 * worn.stout, 0.066, 0.048), worn.trousers, worn.skin if bare else worn.trousers)
    foot = mesh.at(joints[2], (0, 0, turn))
    foot.capsule((0, 0.02, -0.045), (0, -0.16, -0.055), 0.046, 0.04, worn.shoes)


def adult(mesh: MeshBuilder, rng: random.Random) -> None:
    """Standing or walking person."""
    standing(mesh.at((0, 0, 0), scale=rng.uniform(0.9, 1.07)), rng)


def child(mesh: MeshBuilder, rng: random.Random) -> None:
    """Standing child: smaller, with a larger head."""
    standing(mesh.at((0, 0, 0), scale=rng.uniform(0.45, 0.75)), rng, 1.3)


def standing(mesh: MeshBuilder, rng: random.Random, large: float = 1.0) -> None:
    """Person of 1.75 m on its feet."""
    worn, hip = Clothes(rng), HIP
    body = mesh.at((0, 0, hip), (rng.uniform(-0.05, 0.2), 0, rng.uniform(-0.2, 0.2)), (1, 1, 1 / large**0.3))
    for shoulder in trunk(body, worn, rng):
        arm(body, rng, shoulder, worn, rng.choice(("hang", "hang", "bent", "raised", "forward")))
    if large > 1:
        body.at((0, -0.01, 0.72), scale=large).ball((0, 0.03, 0.03), (0.085, 0.09, 0.1), worn.hair, 14)
    stride = rng.choice((0.0, 0.05, 0.25))
    for side in (-1, 1):
        y = side * stride
        knee = (side * 0.1, y * 0.5 - 0.05 * abs(stride > 0.1), 0.5)
        leg(mesh, ((side * 0.09, 0, hip), knee, (side * 0.11, y, 0.095)), worn, side * 0.2)
    if worn.skirt:
        mesh.lathe(
            (0, 0, rng.uniform(0.35, 0.6)),
            [(rng.uniform(0.2, 0.34), 0), (0.15 * worn.stout, 1.0 - 0.55)],
            worn.trousers,
            16,
        )


def walking(phase: float) -> Family:
    """Family of people in one phase of a stride, 0 to 1; they face and walk towards -y.

    People of the same random numbers differ in nothing but their phase.
    """
    return make_family("walking person", 31, "floor", lambda mesh, rng: stepping(mesh, rng, phase))


def stepping(mesh: MeshBuilder, rng: random.Random, phase: float) -> None:
    """Person of 1.75 m in a phase of a stride."""
    worn = Clothes(rng)
    legs, arms = [], []
    for side in (-1, 1):
        beat = TAU * phase + (math.pi if side > 0 else 0)
        hip, knee = SWING * math.sin(beat), FLEX * max(0.0, math.cos(beat))
        legs.append(bones((side * 0.09, 0, 0), (side * 0.1, side * 0.11), (THIGH, SHIN), (hip, hip - knee)))
        arms.append((-0.8 * hip, -0.8 * hip + 0.35))
    # It stands on the lower foot.
    hip_height = ANKLE - min(ankle[2] for _, _, ankle in legs)
    body = mesh.at((0, 0, hip_height), (0.06, 0, 0))
    for shoulder, angles in zip(trunk(body, worn, rng), arms, strict=True):
        x = math.copysign(0.25, shoulder[0])
        joints = bones(shoulder, (x, x), (0.28, 0.26), angles)
        limb(body, joints, (0.058, 0.046, 0.038), worn.shirt, worn.shirt if worn.sleeves else worn.skin)
        body.ball(joints[2], (0.04, 0.04, 0.055), worn.skin, 8)
    for joints in legs:
        leg(mesh.at((0, 0, hip_height)), joints, worn, 0.0)


def bones(
    first: Joint, across: tuple[float, float], lengths: tuple[float, float], angles: tuple[float, float]
) -> tuple[Joint, Joint, Joint]:
    """Joints of two bones that hang from the first; `across` are the x of the others, angles go forward."""
    joints = [first]
    for x, length, angle in zip(across, lengths, angles, strict=True):
        _, y, z = joints[-1]
        joints.append((x, y - length * math.sin(angle), z - length * math.cos(angle)))
    return joints[0], joints[1], joints[2]


def sitting(mesh: MeshBuilder, rng: random.Random) -> None:
    """Person that sits on the floor, or on a block or stool."""
    worn, kind = Clothes(rng), rng.choice(("stool", "stool", "floor"))
    high = rng.uniform(0.42, 0.55) if kind == "stool" else 0.12
    body = mesh.at((0, 0, high + 0.1), (rng.uniform(-0.25, 0.3), 0, rng.uniform(-0.3, 0.3)))
    for shoulder in trunk(body, worn, rng):
        arm(body, rng, shoulder, worn, rng.choice(("bent", "forward", "hang" if kind == "stool" else "bent", "raised")))
    for side in (-1, 1):
        hip = (side * 0.1, 0, high + 0.1)
        if kind == "stool":
            leg(
                mesh,
                (
                    hip,
                    (side * rng.uniform(0.1, 0.2), -0.45, high + 0.08),
                    (side * 0.13, -0.45 + rng.uniform(-0.15, 0.1), 0.1),
                ),
                worn,
                side * 0.2,
            )
        else:
            bent = rng.uniform(0.0, 0.4)
            leg(
                mesh,
                (hip, (side * 0.16, -0.42 + bent * 0.3, 0.12 + bent), (side * 0.2, -0.85 + bent * 0.7, 0.1)),
                worn,
                side * 0.3,
            )
    if kind == "stool":
        mesh.cylinder((0, 0.03, 0), 0.2, high, palette.hard(rng))


def lying(mesh: MeshBuilder, rng: random.Random) -> None:
    """Person that lies on its back or side."""
    worn = Clothes(rng)
    place = mesh.at((0, 0, 0.16), (-math.pi / 2, 0, rng.uniform(0, TAU)))
    body = place.at((0, 0, 0), (0, 0, rng.choice((0, 1.4, math.pi))))
    for shoulder in trunk(body, worn, rng):
        arm(body, rng, shoulder, worn, rng.choice(("hang", "bent", "raised")))
    for side in (-1, 1):
        bent = rng.uniform(0, 0.3)
        leg(
            body,
            ((side * 0.09, 0, 0), (side * 0.12, -bent, -0.42 + bent * 0.4), (side * 0.15, 0, -0.82 + bent)),
            worn,
            side * 0.3,
        )


PEOPLE = (
    make_family("standing person", 31, "floor", adult),
    make_family("child", 31, "floor", child),
    make_family("sitting person", 31, "floor", sitting),
    make_family("lying person", 31, "floor", lying),
)
