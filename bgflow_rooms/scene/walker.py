# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""People who walk: one piece for each phase of a stride, of which one is shown."""

from __future__ import annotations

import math
import random

from bgflow_rooms.furniture.people import STRIDE, walking
from bgflow_rooms.scene.scene_builder import Piece, SceneBuilder

__all__ = ["Walker"]

PHASES = 12
"""Number of phases of a stride; at 1 m/s a frame of 15 Hz is half a phase."""


class Walker:
    """Person who moves as a piece does.

    Args:
        scene: Scene in which the person walks.
        index: Pass index of the objects.
        rng: Random numbers of the person.
    """

    def __init__(self, scene: SceneBuilder, index: int, rng: random.Random) -> None:
        seed = rng.getrandbits(32)
        self._phases: list[Piece] = [
            scene.build_piece(walking(i / PHASES), index, random.Random(seed)) for i in range(PHASES)
        ]
        self.family = self._phases[0].family
        self.size = tuple(max(sides) for sides in zip(*(piece.size for piece in self._phases), strict=True))

    def step(self, x: float, y: float, heading: float, gone: float) -> None:
        """Place the person, who has gone some metres, at a position in which it faces a heading."""
        shown = round(gone / STRIDE * PHASES) % PHASES
        for i, piece in enumerate(self._phases):
            piece.move(x, y, 0.0, heading + math.pi / 2)  # a piece faces -y
            piece.show(i == shown)

    def remove(self) -> None:
        """Remove the person from the scene."""
        for piece in self._phases:
            piece.remove()
