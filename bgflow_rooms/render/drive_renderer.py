# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Renderer of one drive: its moving objects, their motion, its files.

A drive has the layout of TUM's RGB-D benchmark (Sturm et al. 2012), with `moving/`, what moves, and `mask/`, what is
foreground, beside `rgb/` and `depth/`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from bgflow_rooms.furniture.catalogue import NOVEL
from bgflow_rooms.nyu40 import NOVEL_FROM
from bgflow_rooms.render.develop import develop
from bgflow_rooms.render.generate import Room, index_to_label, label_to_mask
from bgflow_rooms.scene.drive_path import Drive, ObjectMotion, sample_motion
from bgflow_rooms.scene.scene_builder import PANE, Piece
from bgflow_rooms.scene.walker import Walker
from bgflow_ros.segmentation.files import write_atomically

__all__ = ["DriveRenderer", "DriveSettings", "RoomDrive"]

START = 1000.0
"""Time stamp of the first frame, in seconds."""
DEPTH_SCALE = 5000.0
"""Units of a depth image in a metre."""
OBJECT_TRIES = 12
"""Attempts to find objects that fill the required share of the view."""
SHARE_TOLERANCE = 0.2
"""Allowed relative difference between the measured and the required share of the view."""
PROBES = 6
"""Number of frames at which the moving share of the view is tested before rendering."""


@dataclass(frozen=True)
class DriveSettings:
    """Settings that all drives share."""

    out: Path
    amounts: tuple[float, ...] = (0.0, 0.1, 0.25, 0.45)
    """Shares of the view covered by moving objects, one drive of the first day for each."""
    frames: int = 45
    size: tuple[int, int] = (384, 288)
    samples: int = 3
    seed: int = 0
    threads: int = 0
    rate: float = 15.0
    """Frame rate in hertz."""
    days: int = 1
    moved: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75)
    """Shares of the furniture that stand elsewhere, one drive of each day after the first for each."""
    emptied: bool = False
    """Also a drive before the first day, without furniture."""
    people: bool = False
    """People who walk, instead of things that glide."""


@dataclass(frozen=True)
class RoomDrive:
    """Path through a room that has been built."""

    room: Room
    drive: Drive
    shade: int
    """Seed of the development of the images."""


class DriveRenderer:
    """Renderer of one drive.

    Args:
        settings: Settings of all drives.
        folder: Folder to write.
        path: The room and the way through it.
        amount: Share of the view that moving objects cover.
        described: What drive.json says beside what the renderer knows.
        rng: Random numbers of the drive.
    """

    def __init__(
        self,
        settings: DriveSettings,
        folder: Path,
        path: RoomDrive,
        amount: float,
        described: dict[str, Any],
        rng: random.Random,
    ) -> None:
        self.settings, self.folder, self.amount, self.described, self.rng = settings, folder, amount, described, rng
        self.room, self.drive, self.shade = path.room, path.drive, path.shade
        self.objects: list[tuple[Piece | Walker, ObjectMotion]] = []

    def make(self, advance: Callable[[], Any]) -> None:
        """Render the drive frame by frame; drive.json is written last."""
        self._add_objects()
        times = [START + i / self.settings.rate for i in range(self.settings.frames)]
        shares, poses = [], []
        for i, time in enumerate(times):
            shares.append(self._render_frame(i, f"{time:.6f}"))
            poses.append(self.drive.camera(self._progress(i)).pose())
            advance()
        names = [piece.family.name for piece, _ in self.objects]
        self._remove_objects()
        self._write_lists(times, poses)
        description = {
            **self.described,
            "amount": self.amount,
            "moving": names,
            "share": float(np.mean(shares)),
            "shares": [round(share, 4) for share in shares],
            "rate": self.settings.rate,
            "size": self.settings.size,
            "samples": self.settings.samples,
            "clutter": self.room.choices["clutter"],
            "light": self.room.choices["light"]["mode"],
        }
        write_atomically(self.folder / "drive.json", (json.dumps(description, indent=1) + "\n").encode())

    def _progress(self, frame: int) -> float:
        return frame / max(1, self.settings.frames - 1)

    def _add_objects(self) -> None:
        """Add random moving objects at distances at which they fill the required share of the view."""
        for _ in range(OBJECT_TRIES if self.amount else 0):
            self._build()
            share = self._fit_distances()
            if abs(share / self.amount - 1) < SHARE_TOLERANCE:
                return
            self._remove_objects()
        if self.amount:
            raise RuntimeError(f"{self.folder.name}: nothing fills {self.amount} of the view; take another seed")

    def _build(self) -> None:
        count = 1 if self.amount < 0.4 else 2
        fov = self.drive.start.lens.fov
        while len(self.objects) < count:
            if self.settings.people:
                walker = Walker(self.room.scene, NOVEL_FROM + len(NOVEL), self.rng)
                radius = max(walker.size[:2]) / 2
                self.objects.append((walker, sample_motion(count, len(self.objects), radius, fov, self.rng)))
                continue
            index = self.rng.randrange(len(NOVEL))
            piece = self.room.scene.build_piece(NOVEL[index], NOVEL_FROM + index, self.rng)
            wide, deep, high = piece.size
            # Low objects disappear behind furniture.
            if NOVEL[index].place != "floor" or high < 0.7 or max(wide, deep) < 0.3:
                piece.remove()
                continue
            motion = sample_motion(count, len(self.objects), max(wide, deep) / 2, fov, self.rng)
            self.objects.append((piece, motion))

    def _fit_distances(self) -> float:
        """Adjust the distances of the objects; return the share of the view that they cover then."""
        for _ in range(5):
            share = float(np.mean([self._moving_share(i / (PROBES - 1)) for i in range(PROBES)]))
            nearer = min(2.0, max(0.5, math.sqrt(max(share, 0.004) / self.amount)))
            if 0.93 < nearer < 1.07:
                break
            self.objects = [
                (piece, dataclasses.replace(motion, distance=min(8.0, motion.distance * nearer)))
                for piece, motion in self.objects
            ]
        return float(np.mean([self._moving_share(i / (PROBES - 1)) for i in range(PROBES)]))

    def _remove_objects(self) -> None:
        for piece, _ in self.objects:
            piece.remove()
        self.objects = []

    def _set_time(self, t: float) -> None:
        self.room.renderer.set_camera(self.drive.camera(t))
        for piece, motion in self.objects:
            if isinstance(piece, Walker):
                piece.step(*motion.way(self.drive, self.room.plan).at(t))
            else:
                x, y, angle = motion.pose(self.drive, self.room.plan, t)
                piece.move(x, y, 0.0, angle)

    def _moving_share(self, t: float) -> float:
        self._set_time(t)
        return float(np.mean(_moving(self.room.renderer.render_geometry()[1])))

    def _render_frame(self, number: int, stamp: str) -> float:
        """Render a frame and write its files; return the share that moves."""
        self._set_time(self._progress(number))
        depth, index, _ = self.room.renderer.render_geometry()
        moving = _moving(index)
        metres: Any = np.where(index == PANE, 0.0, depth)
        light = self.room.renderer.render_light(self.rng.getrandbits(30))
        rgb = develop(light, random.Random(self.shade), grain=number)
        images = {
            "depth": np.rint(np.clip(metres * DEPTH_SCALE, 0, 65535)).astype(np.uint16),
            "moving": np.where(moving, 255, 0).astype(np.uint8),
            "mask": label_to_mask(index_to_label(index)),
        }
        for kind, image in images.items():
            write_atomically(self.folder / kind / f"{stamp}.png", cv2.imencode(".png", image)[1].tobytes())
        jpeg = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), (cv2.IMWRITE_JPEG_QUALITY, 95))[1]
        write_atomically(self.folder / "rgb" / f"{stamp}.jpg", jpeg.tobytes())
        return float(moving.mean())

    def _write_lists(self, times: list[float], poses: list[NDArray[np.float64]]) -> None:
        for kind, ending in (("rgb", "jpg"), ("depth", "png"), ("moving", "png"), ("mask", "png")):
            lines = ["# timestamp filename", *(f"{time:.6f} {kind}/{time:.6f}.{ending}" for time in times)]
            write_atomically(self.folder / f"{kind}.txt", ("\n".join(lines) + "\n").encode())
        lines = ["# timestamp tx ty tz qx qy qz qw"]
        for time, pose in zip(times, poses, strict=True):
            numbers = (*pose[:3, 3], *_quaternion(pose[:3, :3]))
            lines.append(f"{time:.6f} " + " ".join(f"{number:.9f}" for number in numbers))
        write_atomically(self.folder / "groundtruth.txt", ("\n".join(lines) + "\n").encode())
        width, height = self.settings.size
        focal = self.drive.start.lens.focal(self.settings.size)
        matrix = [focal, 0.0, (width - 1) / 2, 0.0, focal, (height - 1) / 2, 0.0, 0.0, 1.0]
        camera = {
            "camera_name": "rendered",
            "image_width": width,
            "image_height": height,
            "distortion_model": "plumb_bob",
            "camera_matrix": {"rows": 3, "cols": 3, "data": matrix},
            "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.0] * 5},
            "depth_scale": int(DEPTH_SCALE),
        }
        write_atomically(self.folder / "camera.yaml", yaml.safe_dump(camera, sort_keys=False).encode())


def _moving(index: NDArray[np.int32]) -> NDArray[np.bool_]:
    moving: NDArray[np.bool_] = (index >= NOVEL_FROM) & (index != PANE)
    return moving


def _quaternion(rotation: NDArray[np.float64]) -> tuple[float, ...]:
    """Unit quaternion (x, y, z, w) of a rotation matrix (3 x 3)."""
    vector = cv2.Rodrigues(rotation)[0].ravel()
    angle = float(np.linalg.norm(vector))
    axis = vector / max(angle, 1e-12)
    return (*(axis * math.sin(angle / 2)), math.cos(angle / 2))
