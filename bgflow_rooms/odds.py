# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Draws by odds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeVar

__all__ = ["drawn"]

Kind = TypeVar("Kind")


def drawn(odds: Mapping[Kind, int], rng: random.Random) -> Kind:
    """One of the kinds, each as often as its odds say."""
    [kind] = rng.choices(list(odds), list(odds.values()))
    return kind
