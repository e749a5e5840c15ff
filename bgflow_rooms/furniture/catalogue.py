# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Catalogue of all families: those of the training rooms and the held-out ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgflow_rooms.furniture.bath import BATH
from bgflow_rooms.furniture.beds import BEDS
from bgflow_rooms.furniture.boards import BOARDS
from bgflow_rooms.furniture.building_site import BUILDING_SITE
from bgflow_rooms.furniture.clutter import CLUTTER
from bgflow_rooms.furniture.couches import COUCHES
from bgflow_rooms.furniture.crockery import CROCKERY
from bgflow_rooms.furniture.floor_things import FLOOR_THINGS
from bgflow_rooms.furniture.garments import GARMENTS
from bgflow_rooms.furniture.household import HOUSEHOLD
from bgflow_rooms.furniture.instruments import INSTRUMENTS
from bgflow_rooms.furniture.kitchen import KITCHEN
from bgflow_rooms.furniture.lamps import LAMPS
from bgflow_rooms.furniture.large_things import LARGE_THINGS
from bgflow_rooms.furniture.novel import NOVEL_FAMILIES
from bgflow_rooms.furniture.office import OFFICE
from bgflow_rooms.furniture.plants import PLANTS
from bgflow_rooms.furniture.seating import SEATING
from bgflow_rooms.furniture.storage import STORAGE
from bgflow_rooms.furniture.tables import TABLES
from bgflow_rooms.furniture.wall_things import WALL_THINGS
from bgflow_rooms.furniture.ward import WARD

if TYPE_CHECKING:
    from bgflow_rooms.furniture.family import Family

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
    *BUILDING_SITE,
    *WARD,
)
NOVEL: tuple[Family, ...] = NOVEL_FAMILIES
