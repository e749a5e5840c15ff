# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Drives through rendered rooms: paths, moving objects, and files."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import random
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgflow_rooms.scene.camera import Lens
from bgflow_rooms.scene.drive_path import CLEARANCE, MAX_SPEED, MAX_TURN, NEAREST, Drive, sample_drive, sample_motion
from bgflow_rooms.scene.occupancy import Occupancy
from bgflow_rooms.scene.plan import Plan, sample_plan
from bgflow_ros.tools.cli.main import main

SECONDS = 3.0
LENS = Lens(math.radians(64), 0.0)


def drawn(seed: int) -> tuple[Plan, Occupancy, Drive]:
    rng = random.Random(seed)
    while True:
        plan = sample_plan(rng)
        occupancy = Occupancy(plan)
        drive = sample_drive(plan, occupancy, LENS, SECONDS, rng)
        if drive is not None:
            return plan, occupancy, drive


@pytest.mark.parametrize("seed", range(12))
def test_a_drive_is_smooth_within_its_bounds_and_keeps_clear(seed: int) -> None:
    _, occupancy, drive = drawn(seed)
    steps = 45
    cameras = [drive.camera(i / (steps - 1)) for i in range(steps)]
    spell = SECONDS / (steps - 1)
    for before, after in itertools.pairwise(cameras):
        assert math.dist(before.position, after.position) <= MAX_SPEED * spell * 1.001
        assert abs(after.yaw - before.yaw) <= MAX_TURN * spell * 1.001
        assert after.position[2] == before.position[2]
    assert math.dist(cameras[0].position, cameras[1].position) < 0.1 * MAX_SPEED * spell * steps / 10
    assert all(occupancy.is_free(*camera.position[:2], 0.1, 0.9 * CLEARANCE) for camera in cameras)
    assert cameras[0] == drive.start


@pytest.mark.parametrize("seed", range(12))
def test_company_moves_by_itself_stays_in_the_room_and_off_the_camera(seed: int) -> None:
    plan, _, drive = drawn(seed)
    rng = random.Random(seed)
    motion = sample_motion(1, 0, 0.3, LENS.fov, rng)
    poses = [motion.pose(drive, plan, i / 44) for i in range(45)]
    for i, (x, y, _) in enumerate(poses):
        camera = drive.camera(i / 44).position
        away = math.dist((x, y), camera[:2])
        assert away >= NEAREST + motion.radius - 1e-9
        if away > NEAREST + motion.radius + 0.06:
            assert plan.inside(x, y)
    seen = [
        math.atan2(y - drive.camera(i / 44).position[1], x - drive.camera(i / 44).position[0])
        - drive.camera(i / 44).yaw
        for i, (x, y, _) in enumerate(poses)
    ]
    assert np.ptp(np.unwrap(seen)) > math.radians(3), "it is not fixed to the camera"


@pytest.mark.parametrize("seed", range(6))
def test_who_walks_faces_where_it_goes_and_does_not_jump(seed: int) -> None:
    plan, _, drive = drawn(seed)
    way = sample_motion(1, 0, 0.3, LENS.fov, random.Random(seed)).way(drive, plan)
    frames = [way.at(i / 44) for i in range(45)]
    turned = []
    for (x, y, _, before), (x_after, y_after, heading, after) in itertools.pairwise(frames):
        step = math.dist((x, y), (x_after, y_after))
        assert after >= before
        assert step <= after - before + 1e-9
        assert after - before < 0.25, "at most a run"
        if step > 0.03:
            turned.append(abs(math.remainder(heading - math.atan2(y_after - y, x_after - x), 2 * math.pi)))
    assert np.mean(np.array(turned) < 0.5) > 0.8, "but where it turns round"
    assert frames[0][3] == 0
    assert frames[-1][3] > 0.3


def test_the_same_seed_is_the_same_drive() -> None:
    assert drawn(5)[2] == drawn(5)[2]
    assert drawn(5)[2] != drawn(6)[2]


def test_without_blender_the_verb_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "bpy", None)
    assert main(["drives", "--out", str(tmp_path)]) == 2
    assert "pip install 'bgflow[render]'" in capsys.readouterr().err


def read(folder: Path, kind: str) -> list[np.ndarray]:
    paths = sorted((folder / kind).iterdir())
    return [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]


@pytest.mark.parametrize("people", [False, True])
def test_a_film_s_depth_poses_and_masks_fit_each_other(tmp_path: Path, people: bool) -> None:
    pytest.importorskip("bpy", reason="needs Blender, the render extra")
    from bgflow_rooms.render.drive_renderer import DriveSettings
    from bgflow_rooms.render.drives import render_drives

    settings = DriveSettings(tmp_path, (0.0, 0.25), 3, (160, 120), 1, seed=3, threads=2, people=people)
    frames: list[None] = []
    render_drives(settings, 0, lambda: frames.append(None))
    assert len(frames) == 6
    still, moving = tmp_path / "room00000_m00", tmp_path / f"room00000_{'p' if people else 'm'}25"
    assert (still / "groundtruth.txt").read_bytes() == (moving / "groundtruth.txt").read_bytes()
    assert not any(mask.any() for mask in read(still, "moving"))
    shares = [np.mean(mask > 0) for mask in read(moving, "moving")]
    for mask, moves in zip(read(moving, "mask"), read(moving, "moving"), strict=True):
        assert set(np.unique(mask)) <= {0, 1, 255}
        assert (mask[moves > 0] == 1).all(), "what moves is foreground"
        assert (mask == 0).any(), "the room"
    described = json.loads((moving / "drive.json").read_text())
    assert described["share"] == pytest.approx(np.mean(shares), abs=1e-6)
    assert (described["moving"] == ["walking person"]) == people
    # Where nothing moves, the room is the same with and without company.
    for before, after, mask in zip(read(still, "depth"), read(moving, "depth"), read(moving, "moving"), strict=True):
        assert np.mean(np.abs(before.astype(int) - after)[mask == 0] < 10) > 0.99
    # The first frame's depth, moved by the poses, is the last frame's.
    lines = [line.split() for line in (still / "groundtruth.txt").read_text().splitlines()[1:]]
    poses = []
    for _, *numbers in lines:
        tx, ty, tz, qx, qy, qz, qw = map(float, numbers)
        axis, angle = np.array([qx, qy, qz]), 2 * math.atan2(math.hypot(qx, qy, qz), qw)
        pose = np.eye(4)
        pose[:3, :3] = cv2.Rodrigues(axis / max(np.linalg.norm(axis), 1e-12) * angle)[0]
        pose[:3, 3] = tx, ty, tz
        poses.append(pose)
    import yaml

    matrix = np.array(yaml.safe_load((still / "camera.yaml").read_text())["camera_matrix"]["data"]).reshape(3, 3)
    depths = [depth / 5000 for depth in read(still, "depth")]
    v, u = np.nonzero(depths[0] > 0)
    places = np.linalg.inv(matrix) @ np.stack([u, v, np.ones_like(u)]) * depths[0][v, u]
    places = np.linalg.inv(poses[-1]) @ poses[0] @ np.vstack([places, np.ones(len(u))])
    x, y = (matrix @ places[:3] / places[2])[:2].round().astype(int)
    seen = (x >= 0) & (x < 160) & (y >= 0) & (y < 120) & (places[2] > 0)
    difference = np.abs(depths[-1][y[seen], x[seen]] - places[2][seen])
    assert np.mean(difference < 0.05) > 0.85, "but for edges and what was hidden"
    # Again: nothing is left to do.
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    render_drives(settings, 0, lambda: frames.append(None))
    assert stamps == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert len(frames) == 12


def test_on_another_day_the_room_is_the_same_and_the_furniture_is_not(tmp_path: Path) -> None:
    pytest.importorskip("bpy", reason="needs Blender, the render extra")
    from bgflow_rooms.render.drive_renderer import DriveSettings
    from bgflow_rooms.render.drives import render_drives

    days = DriveSettings(tmp_path, (0.0,), 2, (160, 120), 1, seed=3, threads=2, rate=0.5, days=2, moved=(0.0, 1.0))
    settings = dataclasses.replace(days, emptied=True)
    render_drives(settings, 0, lambda: None)
    first, same, moved, empty = (tmp_path / f"room00000_{name}" for name in ("m00", "d2_s00", "d2_s100", "empty"))
    described = [json.loads((folder / "drive.json").read_text()) for folder in (first, same, moved, empty)]
    assert [(found["day"], found["moved"]) for found in described] == [(1, 0.0), (2, 0.0), (2, 1.0), (0, 1.0)]
    assert described[2]["pieces_moved"] == described[2]["pieces"] > 0 == described[1]["pieces_moved"]
    poses = {(folder / "groundtruth.txt").read_bytes() for folder in (first, same, moved, empty)}
    assert len(poses) == 1

    def unlike(one: Path, other: Path, kept: bool) -> float:
        shares = []
        for before, after, *masks in zip(
            read(one, "depth"), read(other, "depth"), read(one, "mask"), read(other, "mask"), strict=True
        ):
            both = (masks[0] == 0) & (masks[1] == 0)
            shares.append(np.mean((np.abs(before.astype(int) - after) > 100)[both if kept else ~both]))
        return float(np.mean(shares))

    assert unlike(first, same, True) == unlike(first, same, False) == 0, "nothing has been moved"
    assert unlike(first, moved, True) < 0.01 < unlike(first, moved, False), "but for the furniture it is the same room"
    assert any((a != b).any() for a, b in zip(read(first, "rgb"), read(same, "rgb"), strict=True)), "another light"
    for full, cleared in zip(read(first, "mask"), read(empty, "mask"), strict=True):
        assert (cleared == 1).sum() < (full == 1).sum()
    for full, cleared in zip(read(first, "depth"), read(empty, "depth"), strict=True):
        assert np.mean(cleared.astype(int) > full.astype(int) - 100) > 0.99, "nothing has come nearer"
    render_drives(dataclasses.replace(days, out=tmp_path / "one", moved=(1.0,)), 0, lambda: None)
    assert (tmp_path / "one/room00000_d2_s100/mask/1000.000000.png").read_bytes() == (
        moved / "mask/1000.000000.png"
    ).read_bytes(), "a day depends on its share alone, not on which others are rendered"
