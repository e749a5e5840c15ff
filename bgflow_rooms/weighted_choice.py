# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Weighted random choice."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeVar

__all__ = ["weighted_choice"]

Kind = TypeVar("Kind")


def weighted_choice(weights: Mapping[Kind, int], rng: random.Random) -> Kind:
    """Return a random key; the probability of each is proportional to its weight."""
    [kind] = rng.choices(list(weights), list(weights.values()))
    return kind
