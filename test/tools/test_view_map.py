# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`bgflow view --map`: the map of a day, and what is new and what is gone on another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

pytest.importorskip("rerun", reason="needs rerun-sdk, the view extra")

from support import made_drives
from support.recordings import read

from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.media.rgbd_recording import read_poses, read_recording
from bgflow_ros.segmentation.depth import Intrinsics
from bgflow_ros.segmentation.masks import TINT
from bgflow_ros.tools.cli.main import main
from bgflow_ros.tools.view.day_difference import DayDifference
from bgflow_ros.tools.view.voxel_map import SIGHTINGS, VOXEL, VoxelMap

HEIGHT, WIDTH = 96, 128
INTRINSICS = Intrinsics(100.0, 100.0, 63.5, 47.5)
WALL, BOX = 3.0, 1.5
"""Distance of a wall and of the front of a box before it, in metres."""
LEFT, RIGHT = slice(8, 40), slice(72, 104)
"""Columns of the box on the first day and on another."""
GREY = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
EVERYTHING = np.ones((HEIGHT, WIDTH), np.bool_)


def look(box: slice | None, known: slice = slice(None)) -> PosedDepth:
    depth = np.full((HEIGHT, WIDTH), np.nan, np.float32)
    depth[:, known] = WALL
    if box is not None:
        depth[24:72, box] = BOX
    return PosedDepth(depth, INTRINSICS, np.eye(4))


def across(columns: slice) -> tuple[float, float]:
    """Return the x between which columns of pixels lie at the distance of the box, in metres."""
    return tuple((column - INTRINSICS.cx) / INTRINSICS.fx * BOX for column in (columns.start, columns.stop))


def days(first: PosedDepth, other: PosedDepth, kept: np.ndarray = EVERYTHING, views: int = SIGHTINGS) -> DayDifference:
    difference = DayDifference()
    for _ in range(views):
        difference.add(first, kept, GREY)
    difference.next_day()
    for _ in range(views):
        difference.add(other, kept, GREY)
    return difference


def test_a_box_that_has_moved_is_gone_where_it_stood_and_new_where_it_stands() -> None:
    difference = days(look(LEFT), look(RIGHT))
    for found, columns in ((difference.gone(), LEFT), (difference.new(), RIGHT)):
        low, high = across(columns)
        assert len(found) > 50
        assert (np.abs(found[:, 2] - BOX) <= VOXEL).all(), "the front of the box, and no part of the wall"
        assert found[:, 0].min() == pytest.approx(low, abs=VOXEL)
        assert found[:, 0].max() == pytest.approx(high, abs=VOXEL)


def test_a_day_like_the_first_has_neither() -> None:
    difference = days(look(LEFT), look(LEFT))
    assert len(difference.map.voxels()[0]) > 500
    assert len(difference.new()) == len(difference.gone()) == 0


def test_what_the_first_day_has_not_looked_at_is_not_new() -> None:
    difference = days(look(None, known=slice(0, 64)), look(RIGHT))
    assert len(difference.new()) == 0


def test_what_the_day_cannot_see_is_not_gone() -> None:
    difference = days(look(LEFT), look(None, known=slice(64, None)))
    assert len(difference.gone()) == 0


def test_depth_that_is_not_kept_is_neither_new_nor_in_the_map_but_seen_through() -> None:
    kept = EVERYTHING.copy()
    kept[:, RIGHT] = False
    difference = days(look(LEFT), look(RIGHT), kept)
    assert len(difference.new()) == 0
    assert len(difference.gone()) > 50


def test_a_single_view_changes_nothing() -> None:
    difference = days(look(LEFT), look(LEFT))
    difference.add(look(RIGHT), EVERYTHING, GREY)
    assert len(difference.new()) == len(difference.gone()) == 0


@given(arrays.arrays(np.float32, (20, 3), elements=st.floats(-1000, 1000, width=32)))
def test_voxels_lie_where_their_points_do(points: np.ndarray) -> None:
    voxels = VoxelMap()
    colors = np.arange(60, dtype=np.uint8).reshape(20, 3)
    for _ in range(SIGHTINGS):
        assert len(voxels.voxels()[0]) == 0
        voxels.add(points, colors)
    centers, shown = voxels.voxels()
    away = np.abs(points[:, None] - centers).max(-1)
    rounding = 1e-4  # of float32 at a kilometre
    assert (away.min(1) <= VOXEL / 2 + rounding).all()
    assert len(np.unique(centers, axis=0)) == len(centers)
    assert {tuple(color) for color in shown} <= {tuple(color) for color in colors}


@example([0.0, 0.0, 5e-162], -1)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.sampled_from([1, -1]))
def test_poses_are_those_of_their_quaternions(tmp_path_factory: pytest.TempPathFactory, axis: list, sign: int) -> None:
    folder = tmp_path_factory.mktemp("recording")
    for name in ("rgb", "depth"):
        (folder / f"{name}.txt").write_text(f"10.0 {name}/0.png\n")
    angle = float(np.linalg.norm(axis))
    quaternion = sign * np.array([*(np.array(axis) * (np.sinc(angle / 2 / np.pi) / 2)), np.cos(angle / 2)])
    (folder / "groundtruth.txt").write_text(f"# a comment\n10.01 1 2 3 {' '.join(map(str, quaternion))}\n")
    [pose] = read_poses(read_recording(folder)).values()
    assert pose[:3, :3] == pytest.approx(cv2.Rodrigues(np.array(axis))[0], abs=1e-6)
    assert pose[:3, 3].tolist() == [1, 2, 3]


def view(tiny: Path, out: Path, *arguments: str) -> int:
    return main(["view", *arguments, "--model", str(tiny), "--device", "cpu", "--save", str(out)])


@pytest.mark.parametrize(("keeps", "noticed"), [("all", True), ("not_foreground", False), ("static", False)])
def test_a_board_that_comes_is_new_unless_the_mask_leaves_it_out(
    tmp_path: Path, tiny: Path, keeps: str, noticed: bool
) -> None:
    first = made_drives.write(tmp_path / "monday", frames=8)
    other = made_drives.write(tmp_path / "tuesday", moving=0.3, frames=8)
    assert view(tiny, tmp_path / "x.rrd", "--map", str(first), str(other), "--depth-keeps", keeps) == 0
    found = read(tmp_path / "x.rrd")
    assert len(found["/camera/image"]) == len(found["/camera/labels"]) == len(found["/place/viewpoint"]) == 16
    areas = [row["Scalars:scalars"][0] for _, row in sorted(found["/statistics/change/new"].items())]
    assert areas[0] == 0
    assert (areas[-1] > 0.2) == noticed
    assert areas[-1] < 2
    maps = [len(row["Points3D:positions"]) for _, row in sorted(found["/place/map"].items())]
    assert max(maps) > 1000
    new = found["/place/new"][max(found["/place/new"])]["Points3D:positions"]
    assert len(new) == pytest.approx(areas[-1] / VOXEL**2)


def damage(folder: Path, what: str) -> None:
    if what == "no poses":
        (folder / "groundtruth.txt").unlink()
    elif what == "short poses":
        (folder / "groundtruth.txt").write_text("100 1 2 3\n")
    elif what == "endless poses":
        (folder / "groundtruth.txt").write_text("100 1 nan 3 0 0 0 1\n")
    elif what == "poses of another time":
        (folder / "groundtruth.txt").write_text("5 1 2 3 0 0 0 1\n")
    elif what == "no calibration":
        (folder / "camera.yaml").write_text("camera_matrix: 3\n")
    else:
        (folder / "camera.yaml").write_text((folder / "camera.yaml").read_text().replace("5000", "0"))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no poses", "groundtruth.txt not found"),
        ("short poses", "groundtruth.txt: 4 columns; expected lines of a time, a position and a quaternion x y z w"),
        ("endless poses", "a number that is not finite"),
        ("poses of another time", "no depth image has a pose within 20 ms"),
        ("no calibration", "expected camera_matrix and depth_scale"),
        ("no scale", "expected a positive depth_scale"),
    ],
)
def test_a_recording_that_cannot_be_mapped_is_one_line(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], what: str, message: str
) -> None:
    damage(made_drives.write(tmp_path / "day", frames=2), what)
    assert view(tiny, tmp_path / "x.rrd", "--map", str(tmp_path / "day")) == 2
    told = capsys.readouterr().err.strip()
    assert message in told
    assert "\n" not in told
    assert not (tmp_path / "x.rrd").exists()


def test_what_cannot_be_used_of_a_day_is_told_and_the_rest_is_shown(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made_drives.write(tmp_path / "day", frames=4)
    next((folder / "rgb").iterdir()).write_bytes(b"broken")
    truth = folder / "groundtruth.txt"
    truth.write_text("\n".join(truth.read_text().splitlines()[:-1]) + "\n")
    camera = yaml.safe_load((folder / "camera.yaml").read_text())
    camera["distortion_coefficients"]["data"][0] = 0.1
    (folder / "camera.yaml").write_text(yaml.safe_dump(camera))
    with (folder / "depth.txt").open("a") as listing:
        listing.write("7.0 depth/none.png\n")
    [*images] = sorted((folder / "rgb").iterdir())
    whole = sum(image.read_bytes() != b"broken" for image in images[:-1])
    assert view(tiny, tmp_path / "x.rrd", "--map", str(folder)) == 1
    told = capsys.readouterr().err
    assert f"{folder}: 1 images without a pose left out" in told
    assert f"{folder}: 1 depth images without an image left out" in told
    assert f"{folder}: its lens distorts" in told
    assert len(read(tmp_path / "x.rrd")["/camera/image"]) == whole


def test_the_picture_of_the_documentation_is_drawn_by_its_command(tmp_path: Path) -> None:
    days = [made_drives.write(tmp_path / name, share, frames=3) for name, share in (("monday", 0.0), ("tuesday", 0.3))]
    script = Path(__file__).resolve().parents[2] / "doc" / "days_picture.py"
    subprocess.run([sys.executable, str(script), *map(str, days), str(tmp_path / "x.png")], check=True, timeout=120)
    picture = cv2.imread(str(tmp_path / "x.png"))
    assert picture is not None
    assert (picture == TINT[::-1]).all(-1).any(), "what is new"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map"], "--map needs the folder of a recording"),
        (["--map", "a", "--topic", "/image"], "--map takes folders of recordings, without --topic"),
        (["a.png", "--depth-keeps", "all"], "--depth-keeps says what --map maps"),
    ],
)
def test_options_of_the_map_need_one(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert view(tiny, tmp_path / "x.rrd", *arguments) == 2
    assert message in capsys.readouterr().err
