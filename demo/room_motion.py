# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Motion of the camera, the ball and the drone in the demo clip.

Every path is a periodic function of the phase, from 0 to 1 over the clip, so that the clip can be looped.
Positions are in metres in the world frame: x along the wall with the sofa, y away from the camera, z up,
the origin in the corner of the floor to the left of the camera's starting point.
"""

import math

import numpy as np

PERIOD = 8.0  # seconds of one loop
GRAVITY = 9.81
BALL_TURNS = 3  # whole turns in one loop, so that the pattern on the ball meets itself
BALL_CENTER = np.array([3.5, 2.6])
BALL_AXES = np.array([1.15, 0.66])
BALL_LAG = 0.04
BOUNCE_START = 0.30  # phase of the kick
BOUNCE_SECONDS = (0.72, 0.60, 0.50, 0.40, 0.30, 0.20)


def rotation(axis, angle):
    """Rotation matrix about a coordinate axis ('x', 'y' or 'z'), angle in radians."""
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = math.cos(angle)
    matrix[k, j] = math.sin(angle)
    matrix[j, k] = -math.sin(angle)
    return matrix


def camera_pose(phase):
    """Position and world-from-optical rotation of the camera (optical frame: z forward, x right, y down).

    The robot drives an oval in front of the room and pans against it: from the right end of the oval it
    looks to the window on the left, from the left end to the shelf on the right.
    """
    a = 2 * math.pi * phase
    position = np.array([3.1 + 0.9 * math.sin(a), 1.15 + 0.4 * math.cos(a), 1.0 + 0.02 * math.sin(2 * a)])
    heading = math.radians(90 + 46 * math.sin(a) + 1.5 * math.sin(2 * a + 0.6))
    pitch = math.radians(-1.5 + 5 * math.sin(a + 0.9))
    level = np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)  # optical axes when looking along x
    return position, rotation("z", heading) @ rotation("y", -pitch) @ level


def _ball_ground_point(phase):
    """Point of the floor below the ball."""
    a = 2 * math.pi * (np.asarray(phase) - BALL_LAG)
    return BALL_CENTER + BALL_AXES * np.stack([-np.sin(a), np.cos(a)], -1)


def _ball_way(phase):
    """Distance in metres that the ball has travelled along the floor since phase 0."""
    steps = _ball_ground_point(np.linspace(0, phase, 2001))
    return np.linalg.norm(np.diff(steps, axis=0), axis=1).sum()


BALL_RADIUS = _ball_way(1.0) / (2 * math.pi * BALL_TURNS)  # rolls without slipping


def _bounce_height(seconds):
    """Height of the ball above the floor in metres: shorter and shorter bounces, then rolling."""
    for duration in BOUNCE_SECONDS:
        if seconds < duration:
            return GRAVITY / 2 * seconds * (duration - seconds)
        seconds -= duration
    return 0.0


def ball_pose(phase):
    """Centre and world-from-ball rotation of the ball."""
    x, y = _ball_ground_point(phase)
    height = _bounce_height((phase - BOUNCE_START) % 1.0 * PERIOD)
    heading = 2 * math.pi * (phase - BALL_LAG)  # about the vertical, like the oval that the ball follows
    roll = _ball_way(phase) / BALL_RADIUS
    return np.array([x, y, BALL_RADIUS + height]), rotation("z", heading) @ rotation("y", -roll)


def drone_pose(phase):
    """Centre and world-from-drone rotation of the drone: a figure of eight below the ceiling."""
    a = 2 * math.pi * (phase + 0.17)
    position = np.array([3.3 + 1.45 * math.cos(a), 3.1 + 0.55 * math.sin(2 * a), 1.72 + 0.16 * math.sin(3 * a)])
    turn = (
        rotation("z", 2 * math.pi * phase) @ rotation("y", 0.22 * math.sin(a)) @ rotation("x", 0.12 * math.cos(2 * a))
    )
    return position, turn
