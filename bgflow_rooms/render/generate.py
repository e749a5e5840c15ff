# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generation of rooms: each one's images, masks, labels, depth and description."""

from __future__ import annotations

import dataclasses
import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgflow_rooms.furniture.catalogue import FAMILIES, NOVEL
from bgflow_rooms.furniture.imported import imported_families
from bgflow_rooms.materials import photographs
from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, NOVEL_FROM
from bgflow_rooms.render.develop import develop, encode_jpeg
from bgflow_rooms.render.renderer import Renderer
from bgflow_rooms.scene.camera import Camera, sample_camera, sample_lens
from bgflow_rooms.scene.close_up_camera import sample_close_up_camera
from bgflow_rooms.scene.curtains_and_rugs import build_rugs, dress_windows
from bgflow_rooms.scene.fixtures import build_fixtures, build_lamps
from bgflow_rooms.scene.furnish import Furnisher
from bgflow_rooms.scene.light import Light, build_light, sample_light
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.openings import build_openings
from bgflow_rooms.scene.outside import build_outside
from bgflow_rooms.scene.plan import Plan, sample_plan
from bgflow_rooms.scene.scene_builder import PANE, WALL, WINDOW, SceneBuilder
from bgflow_rooms.scene.shell import build_shell
from bgflow_rooms.scene.support_surface import Point
from bgflow_ros.segmentation.files import write_atomically

__all__ = [
    "Room",
    "RoomSettings",
    "build_room",
    "index_to_label",
    "is_good_view",
    "label_to_mask",
    "make_room",
]

VIEW_TRIES = 8
"""Attempts to find a useful view."""
CLOSE_UP_SHARE = 0.2
"""Share of the views that are tried from close above a support surface."""
EMPTY_BELOW = 0.02
"""Clutter below which a room counts as empty."""


@dataclass(frozen=True)
class RoomSettings:
    """Settings that all rooms share."""

    out: Path
    views: int = 6
    size: tuple[int, int] = (384, 288)
    samples: int = 3
    seed: int = 0
    novel: bool = False
    threads: int = 0
    textures: tuple[Path, ...] = ()
    """Images of surfaces that take the place of some of the computed ones."""
    meshes: tuple[Path, ...] = ()
    """Files of shapes that stand among the furniture."""


@dataclass
class Room:
    """Room that has been built in Blender."""

    plan: Plan
    occupancy: Occupancy
    scene: SceneBuilder
    renderer: Renderer
    targets: list[tuple[float, float, float]]
    furnisher: Furnisher
    light: Light
    lamps: list[Point]
    """Positions of the ceiling's lamps."""
    annexes: list[Plan]
    choices: dict[str, Any]


def sample_clutter(rng: random.Random) -> float:
    """Sample how full a room is: one in eight is empty or nearly so, one in ten is crowded."""
    kind = rng.random()
    if kind < 0.12:
        return rng.choice((0.0, 0.0, rng.uniform(EMPTY_BELOW, 0.08)))
    if kind < 0.3:
        return rng.uniform(0.08, 0.4)
    if kind < 0.52:
        return rng.uniform(0.5, 1.1)
    return rng.uniform(0.8, 1.8) if kind < 0.9 else rng.uniform(1.8, 2.4)


def build_room(settings: RoomSettings, rng: random.Random, folder: Path) -> Room:
    """Build a random room in Blender; the renderer writes temporary files to `folder`."""
    photographs.use(settings.textures)
    scene, plan = SceneBuilder(), sample_plan(rng)
    occupancy, light = Occupancy(plan), sample_light(plan, rng)
    shell = build_shell(scene, plan, occupancy, rng)
    annexes = build_openings(scene, plan, shell, rng)
    dress_windows(scene, plan, occupancy, rng)
    build_fixtures(scene, plan, occupancy, rng)
    clutter = sample_clutter(rng)
    if clutter > EMPTY_BELOW:
        build_rugs(scene, plan, rng)
    lamps = build_lamps(scene, plan, light.lamps, rng)
    families = [(family, family.label) for family in (*FAMILIES, *imported_families(settings.meshes))]
    furnisher = Furnisher(scene, plan, occupancy, families, rng)
    furnisher.fill(clutter)
    for annex in annexes:
        Furnisher(scene, annex, Occupancy(annex), families, rng).fill(rng.uniform(0.0, 0.8))
    targets = furnisher.add_novel(NOVEL) if settings.novel else []
    build_outside(scene, plan, light.sky, light.strength, rng)
    world = build_light(scene, plan, light, lamps, annexes, rng)
    renderer = Renderer(scene, world, settings.size, settings.samples, settings.threads, folder)
    choices = {
        "kind": plan.kind,
        "use": plan.use,
        "outline": plan.outline,
        "height": plan.height,
        "ceiling": plan.ceiling,
        "style": plan.style,
        "clutter": clutter,
        "light": dataclasses.asdict(light),
        **photographs.described(),
        **({"meshes": [file.name for file in settings.meshes]} if settings.meshes else {}),
    }
    return Room(plan, occupancy, scene, renderer, targets, furnisher, light, lamps, annexes, choices)


def is_good_view(depth: NDArray[Any], index: NDArray[Any], number: NDArray[Any], novel: bool, close_up: bool) -> bool:
    """Return whether a view is useful: inside the room, not too near, and with the held-out object or surface it needs.

    Args:
        depth: metres, height x width; 0 is none.
        index: pass index of each pixel.
        number: number of the object of each pixel.
        novel: whether the view has to show an object of a held-out family.
        close_up: whether the view was taken close above a support surface.
    """
    visible = depth[depth > 0]
    if (
        visible.size < 0.3 * depth.size
        or np.median(visible) < (0.5 if close_up else 0.8)
        or np.mean(visible < 0.25) > 0.1
    ):
        return False
    if close_up and np.mean(np.isin(index[-index.shape[0] // 3 :], (0, PANE, *BACKGROUND_CLASSES))) > 0.45:
        return False
    if np.mean(index == WALL) > 0.9:
        return False
    foreground = number[~np.isin(index, (0, PANE, *BACKGROUND_CLASSES))]
    if foreground.size and np.bincount(foreground).max() > 0.6 * number.size:
        return False
    return not novel or bool(np.mean(index >= NOVEL_FROM) - np.mean(index == PANE) > 0.003)


def index_to_label(index: Any) -> NDArray[np.uint8]:
    """Turn rendered indices into labels of NYU40, or of held-out families from NOVEL_FROM on; 0 is void."""
    return np.where(index == PANE, WINDOW, index).astype(np.uint8)


def label_to_mask(label: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn labels into a mask: 0 background, 1 foreground, 255 void."""
    return np.where(label == 0, 255, ~np.isin(label, BACKGROUND_CLASSES)).astype(np.uint8)


def write_view(
    settings: RoomSettings, name: str, camera: Camera, geometry: Any, rng: random.Random, renderer: Renderer
) -> Any:
    """Render a view, distort it and write its files; return its description."""
    depth: Any = geometry[0]
    index: Any = geometry[1].astype(np.float32)
    light: Any = renderer.render_light(rng.getrandbits(30))
    if camera.lens.k1:
        maps = camera.lens.maps(settings.size)
        light = cv2.remap(np.ascontiguousarray(light), *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        nearest = cv2.INTER_NEAREST
        depth, index = (
            cv2.remap(np.ascontiguousarray(image), *maps, nearest, borderMode=cv2.BORDER_REPLICATE)
            for image in (depth, index)
        )
    metres: Any = np.where(index == PANE, 0.0, depth)
    label = index_to_label(index)
    mask = label_to_mask(label)
    millimetres = np.rint(np.clip(metres, 0, 65.0) * 1000).astype(np.uint16)
    for kind, image in (("mask", mask), ("label", label), ("depth", millimetres)):
        write_atomically(settings.out / kind / f"{name}.png", cv2.imencode(".png", image)[1].tobytes())
    write_atomically(settings.out / "rgb" / f"{name}.jpg", encode_jpeg(develop(light, rng), rng))
    width, height = settings.size
    return {
        "name": name,
        "camera_height": camera.position[2],
        "fov": camera.lens.fov,
        "k1": camera.lens.k1,
        "intrinsics": {"focal": camera.lens.focal(settings.size), "cx": (width - 1) / 2, "cy": (height - 1) / 2},
        "world_from_optical": camera.pose().tolist(),
        "foreground": float(np.mean(mask == 1)),
    }


def make_view(settings: RoomSettings, room: Room, name: str, rng: random.Random) -> Any:
    """Find a useful view, write it and return its description; None where none was found."""
    surfaces = room.furnisher.close_up_surfaces
    wanted = bool(surfaces) and not room.targets and rng.random() < CLOSE_UP_SHARE
    for attempt in range(VIEW_TRIES):
        target = rng.choice(room.targets) if room.targets and rng.random() < 0.85 else None
        close_up, lens = wanted and attempt < VIEW_TRIES - 2, sample_lens(settings.size, rng)
        if close_up:
            camera = sample_close_up_camera(room.occupancy, surfaces, lens, rng)
        else:
            camera = sample_camera(room.plan, room.occupancy, lens, target, rng)
        if camera is None:
            continue
        room.renderer.set_camera(camera)
        geometry = room.renderer.render_geometry()
        share = np.mean(~np.isin(geometry[1], (0, PANE, *BACKGROUND_CLASSES)))
        if not close_up and room.choices["clutter"] > EMPTY_BELOW and share < rng.uniform(0.0, 0.6) and attempt < 3:
            continue  # prefer a fuller view
        if is_good_view(*geometry, novel=bool(room.targets), close_up=close_up):
            return write_view(settings, name, camera, geometry, rng, room.renderer)
    return None


def make_room(settings: RoomSettings, number: int, advance: Callable[[], Any]) -> None:
    """Make a room unless it is complete; call `advance` after each view."""
    path = settings.out / "rooms" / f"{number:05d}.json"
    if path.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        room = build_room(settings, random.Random(f"{settings.seed}/{number}"), Path(folder))
        views = []
        for i in range(settings.views):
            rng = random.Random(f"{settings.seed}/{number}/{i}")
            view = make_view(settings, room, f"{number:05d}_{i}", rng)
            if view is not None:
                views.append(view)
            advance()
    description = {"seed": settings.seed, "room": number, "novel": settings.novel, **room.choices, "views": views}
    write_atomically(path, (json.dumps(description, indent=1) + "\n").encode())
