# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of drives: a ray-cast box with spotted walls and a spotted board that moves before the camera."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import yaml

__all__ = ["FRAMES", "MATRIX", "RATE", "poses", "write"]

WIDTH, HEIGHT, FRAMES, RATE = 320, 240, 16, 10
MATRIX = np.array([[260.0, 0.0, 159.5], [0.0, 260.0, 119.5], [0.0, 0.0, 1.0]])
HALF = np.array([2.0, 1.5, 3.0])
"""Half of the box's width, height and depth, in metres."""
PIXELS = 90
"""Pixels of a wall's texture in a metre."""


def texture(seed: int) -> np.ndarray:
    """Texture of soft grey spots, bright enough to be background for the tiny model."""
    noise = np.random.default_rng(seed).integers(0, 255, (600, 600)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.2)
    return np.clip((smooth - smooth.mean()) * 5 + 190, 0, 255).astype(np.uint8)


def poses() -> list[np.ndarray]:
    """Poses of a camera in the box that moves forward and to the right and pans."""
    found = []
    for t in np.linspace(0, 1, FRAMES):
        pose = np.eye(4)
        pose[:3, :3] = cv2.Rodrigues(np.array([0.02 * np.sin(5 * t), 0.25 * np.sin(3 * t), 0.0]))[0]
        pose[:3, 3] = 0.35 * t, 0.03 * np.sin(6 * t), 0.3 * t
        found.append(pose)
    return found


def cast(pose: np.ndarray, walls: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Render the box: grey levels and depth."""
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    rays = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(MATRIX).T @ pose[:3, :3].T
    origin = pose[:3, 3]
    with np.errstate(divide="ignore"):
        away = np.where(rays > 0, (HALF - origin) / rays, (-HALF - origin) / rays)
    axis, depth = away.argmin(-1), away.min(-1)
    places = origin + rays * depth[..., None]
    grey = np.zeros((HEIGHT, WIDTH), np.uint8)
    for a in range(3):
        x, y = (places[..., i] for i in range(3) if i != a)
        for side in (0, 1):
            wall = walls[2 * a + side]
            at = ((x + 3.2) * PIXELS).astype(np.float32), ((y + 3.2) * PIXELS).astype(np.float32)
            here = (axis == a) & ((places[..., a] > 0) == bool(side))
            grey = np.where(here, cv2.remap(wall, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), grey)
    return grey, depth


def write(path: Path, moving: float = 0.0, rendered: bool = True, frames: int = FRAMES, day: int = 1) -> Path:
    """Write a drive in which a dark board, which is foreground, covers a share of the view and moves by itself."""
    walls, board = [texture(seed) for seed in range(6)], texture(9) // 3
    for kind in ("rgb", "depth", "moving", "mask"):
        (path / kind).mkdir(parents=True)
    lists: dict[str, list[str]] = {"rgb": [], "depth": [], "moving": [], "mask": []}
    truth = []
    for number, pose in enumerate(poses()[:frames]):
        grey, depth = cast(pose, walls)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        if moving:
            # It hangs one metre before the camera and slides across the view, slower than the walls do.
            wide, shift = int(WIDTH * moving), 6 * number
            mask[:, WIDTH - wide - shift // 4 : WIDTH - shift // 4] = 255
            shown = board[:HEIGHT, shift : shift + WIDTH]
            grey, depth = np.where(mask > 0, shown, grey), np.where(mask > 0, 1.0, depth)
        name = f"{100 + number / RATE:.6f}"
        cv2.imwrite(str(path / f"rgb/{name}.png"), cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        cv2.imwrite(str(path / f"depth/{name}.png"), np.rint(depth * 5000).astype(np.uint16))
        cv2.imwrite(str(path / f"moving/{name}.png"), mask)
        cv2.imwrite(str(path / f"mask/{name}.png"), mask // 255)
        for kind, lines in lists.items():
            lines.append(f"{name} {kind}/{name}.png")
        vector = cv2.Rodrigues(pose[:3, :3])[0].ravel()
        angle = np.linalg.norm(vector)
        quaternion = (*(vector / max(angle, 1e-12) * np.sin(angle / 2)), np.cos(angle / 2))
        truth.append(" ".join(map(str, (name, *pose[:3, 3], *quaternion))))
    for kind, lines in lists.items():
        if kind in ("rgb", "depth") or rendered:
            (path / f"{kind}.txt").write_text("# timestamp filename\n" + "\n".join(lines) + "\n")
    (path / "groundtruth.txt").write_text("# timestamp tx ty tz qx qy qz qw\n" + "\n".join(truth) + "\n")
    camera = {
        "camera_matrix": {"rows": 3, "cols": 3, "data": MATRIX.ravel().tolist()},
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.0] * 5},
        "depth_scale": 5000,
    }
    (path / "camera.yaml").write_text(yaml.safe_dump(camera))
    if rendered:
        described = {"amount": moving, "share": moving, "moving": ["board"]}
        days = {"seed": 0, "room": 0, "day": day, "moved": moving if day > 1 else 0.0}
        (path / "drive.json").write_text(json.dumps({**described, **days}))
    return path
