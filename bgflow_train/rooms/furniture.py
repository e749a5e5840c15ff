# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""All families of furniture: those of the training rooms, and novel ones that no training room holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgflow_train.rooms.bath import BATH
from bgflow_train.rooms.beds import BEDS
from bgflow_train.rooms.boards import BOARDS
from bgflow_train.rooms.clutter import CLUTTER
from bgflow_train.rooms.couches import COUCHES
from bgflow_train.rooms.crockery import CROCKERY
from bgflow_train.rooms.floor_things import FLOOR_THINGS
from bgflow_train.rooms.garments import GARMENTS
from bgflow_train.rooms.household import HOUSEHOLD
from bgflow_train.rooms.instruments import INSTRUMENTS
from bgflow_train.rooms.kitchen import KITCHEN
from bgflow_train.rooms.lamps import LAMPS
from bgflow_train.rooms.large_things import LARGE_THINGS
from bgflow_train.rooms.novel import NOVEL_FAMILIES
from bgflow_train.rooms.office import OFFICE
from bgflow_train.rooms.plants import PLANTS
from bgflow_train.rooms.seating import SEATING
from bgflow_train.rooms.storage import STORAGE
from bgflow_train.rooms.tables import TABLES
from bgflow_train.rooms.wall_things import WALL_THINGS
from bgflow_train.rooms.works import WORKS

if TYPE_CHECKING:
    from bgflow_train.rooms.family import Family

__all__ = ["FAMILIES", "NOVEL"]

FAMILIES: tuple[Family, ...] = (
    *COUCHES,
    *HOUSEHOLD,
    *GARMENTS,
    *INSTRUMENTS,
    *CROCKERY,
    *BOARDS,
    *SEATING,
    *TABLES,
    *STORAGE,
    *BEDS,
    *KITCHEN,
    *BATH,
    *WALL_THINGS,
    *LAMPS,
    *OFFICE,
    *PLANTS,
    *CLUTTER,
    *FLOOR_THINGS,
    *LARGE_THINGS,
    *WORKS,
)
NOVEL: tuple[Family, ...] = NOVEL_FAMILIES
