# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered drives of a robot through random rooms: with moving objects, and along the same path on other days."""

from __future__ import annotations

import itertools
import math
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgflow_rooms.render.develop import develop
from bgflow_rooms.render.drive_renderer import DriveRenderer, DriveSettings, RoomDrive
from bgflow_rooms.render.generate import Room, RoomSettings, build_room, is_good_view
from bgflow_rooms.scene.another_day import clear, rearrange
from bgflow_rooms.scene.camera import Lens
from bgflow_rooms.scene.drive_path import Drive, sample_drive
from bgflow_rooms.scene.light import build_light, sample_light

__all__ = ["render_drives"]

LIGHTS = ("day", "mixed", "lamps", "even", "plain")
CLUTTER = 0.4, 1.6
BRIGHTNESS = 70, 170
"""Range of the mean grey level of the first image."""
PATH_TRIES = 40
EMPTY = 0
"""Day before the first, without furniture."""
PROBES = 6
"""Number of frames at which a path is tested before rendering."""
SHADES = 10
"""Number of developments of an image that are tried for a medium brightness."""


@dataclass(frozen=True)
class _Planned:
    """Drive that is to be rendered."""

    folder: Path
    amount: float = 0.0
    """Share of the view that moves."""
    day: int = 1
    moved: float = 0.0
    """Share of the furniture that does not stand where it stood on the first day."""


def render_drives(settings: DriveSettings, number: int, advance: Callable[[], Any]) -> None:
    """Render the drives of a room that are not complete; call `advance` after each frame."""
    planned = list(_plan(settings, number))
    missing = [drive for drive in planned if not (drive.folder / "drive.json").exists()]
    for _ in range(settings.frames * (len(planned) - len(missing))):
        advance()
    attempt = 0
    # All drives of a day are in one room; each other day begins with the room of the first.
    for (day, moved), group in itertools.groupby(missing, lambda drive: (drive.day, drive.moved)):
        with tempfile.TemporaryDirectory() as folder:
            room, drive, shade, attempt = _find_room(settings, number, Path(folder), attempt)
            described: dict[str, Any] = {"seed": settings.seed, "room": number, "day": day, "moved": moved}
            if day == EMPTY:
                clear(room.furnisher)
            elif day > 1:
                rng = random.Random(f"drive/{settings.seed}/{number}/day/{day}/{moved}")
                steps = [drive.camera(i / 10).position[:2] for i in range(11)]
                moved_count, count = rearrange(room.furnisher, moved, steps, rng)
                described |= {"pieces": count, "pieces_moved": moved_count}
                shade = _relight(room, drive, rng)
            for one in group:
                rng = random.Random(f"drive/{settings.seed}/{number}/amount/{one.amount}" + f"/day/{day}" * (day > 1))
                DriveRenderer(settings, one.folder, RoomDrive(room, drive, shade), one.amount, described, rng).make(
                    advance
                )


def _plan(settings: DriveSettings, number: int) -> Iterator[_Planned]:
    if settings.emptied:
        yield _Planned(settings.out / f"room{number:05d}_empty", day=EMPTY, moved=1.0)
    for amount in settings.amounts:
        kind = "p" if settings.people and amount else "m"
        yield _Planned(settings.out / f"room{number:05d}_{kind}{round(100 * amount):02d}", amount)
    for day in range(2, settings.days + 1):
        for moved in settings.moved:
            yield _Planned(settings.out / f"room{number:05d}_d{day}_s{round(100 * moved):02d}", 0.0, day, moved)


def _find_room(settings: DriveSettings, number: int, folder: Path, attempt: int) -> tuple[Room, Drive, int, int]:
    """Build rooms until one suits a drive.

    Returns:
        The room, the drive, the seed of the development, and the attempt that found it.
    """
    for found in itertools.count(attempt):
        rng = random.Random(f"drive/{settings.seed}/{number}/{found}")
        rooms = RoomSettings(folder, 1, settings.size, settings.samples, settings.seed, False, settings.threads)
        room = build_room(rooms, rng, folder)
        if room.choices["light"]["mode"] not in LIGHTS or not CLUTTER[0] < room.choices["clutter"] < CLUTTER[1]:
            continue
        drive = _find_drive(settings, room, rng)
        shade = None if drive is None else _shade(room, drive)
        if drive is not None and shade is not None:
            return room, drive, shade, found
    raise AssertionError


def _find_drive(settings: DriveSettings, room: Room, rng: random.Random) -> Drive | None:
    for _ in range(PATH_TRIES):
        lens = Lens(math.radians(rng.uniform(58, 70)), 0.0)
        drive = sample_drive(room.plan, room.occupancy, lens, settings.frames / settings.rate, rng)
        if drive is not None and all(_is_good_view(room, drive, i / (PROBES - 1)) for i in range(PROBES)):
            return drive
    return None


def _is_good_view(room: Room, drive: Drive, t: float) -> bool:
    room.renderer.set_camera(drive.camera(t))
    return is_good_view(*room.renderer.render_geometry(), novel=False, close_up=False)


def _shade(room: Room, drive: Drive) -> int | None:
    """Find a seed of the development that makes the first image neither dark nor bright; None where none does."""
    room.renderer.set_camera(drive.camera(0.0))
    light = room.renderer.render_light(0)
    for shade in range(SHADES):
        if BRIGHTNESS[0] < develop(light, random.Random(shade)).mean() < BRIGHTNESS[1]:
            return shade
    return None


def _relight(room: Room, drive: Drive, rng: random.Random) -> int:
    """Give a room another light under the same sky; return the seed of the development."""
    while True:
        light = sample_light(room.plan, rng)
        if light.mode not in LIGHTS or light.sky != room.light.sky:
            continue
        room.scene.remove_lamps()
        room.renderer.set_world(build_light(room.scene, room.plan, light, room.lamps, room.annexes, rng))
        room.choices["light"]["mode"] = light.mode
        shade = _shade(room, drive)
        if shade is not None:
            return shade
