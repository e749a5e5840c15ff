# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Maps of drives whose every pose and mask is known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_drives

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.maps.keeping import ALL, TRUE
from bgflow_train.studies.maps.measuring import VOXEL, map_drive, measure
from bgflow_train.studies.maps.tsdf import Grid, Tsdf
from bgflow_train.studies.odometry.drive import Drive

SIZE = made_drives.WIDTH, made_drives.HEIGHT


@pytest.fixture(scope="module")
def drives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drives")
    made_drives.write(folder / "board", 0.3)
    return folder


def test_the_surface_of_a_map_is_where_depth_shows_it() -> None:
    grid = Grid(-made_drives.HALF - 0.2, made_drives.HALF + 0.2, VOXEL)
    tsdf, walls = Tsdf(grid), [made_drives.texture(seed) for seed in range(6)]
    for pose in made_drives.poses():
        _, depth = made_drives.cast(pose, walls)
        tsdf.add(grid.view(pose, made_drives.MATRIX, SIZE), depth.astype(np.float32))
    found = grid.centers[tsdf.surface()]
    away = np.abs(np.abs(found) - made_drives.HALF).min(1)
    assert len(found) > 5000
    assert np.mean(away < 1.5 * VOXEL) > 0.99
    assert (found[:, 2] > 0).all(), "nothing behind the camera"


def test_what_has_been_seen_less_often_is_in_no_map() -> None:
    grid = Grid(-made_drives.HALF - 0.2, made_drives.HALF + 0.2, VOXEL)
    tsdf, pose = Tsdf(grid), made_drives.poses()[0]
    depth = made_drives.cast(pose, [made_drives.texture(0)] * 6)[1].astype(np.float32)
    for _ in range(Tsdf.OFTEN):
        assert not tsdf.surface().any()
        tsdf.add(grid.view(pose, made_drives.MATRIX, SIZE), depth)
    assert tsdf.surface().any()


def test_masks_keep_foreground_out_and_the_room_in(drives: Path, tiny: Path) -> None:
    shares = measure(map_drive(Drive(drives / "board"), Segmenter(Model.load(str(tiny)), "cpu"), int))
    assert shares[ALL]["foreground"] == shares[ALL]["background"] == 1.0
    for name in (TRUE, "not foreground"):
        assert shares[name]["foreground"] < 0.2, name
        assert shares[name]["background"] > 0.8, name


def test_the_command_goes_on_where_it_was_and_writes_table_and_pictures(
    drives: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["maps", str(drives), "--model", str(tiny), "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert "| not foreground |" in (tmp_path / "maps.md").read_text()
    assert "| not foreground |" in capsys.readouterr().out
    assert cv2.imread(str(tmp_path / "board.png")) is not None
    before = (tmp_path / "board.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "board.json").stat().st_mtime_ns == before
    changed = json.loads((tmp_path / "board.json").read_text()) | {"made_of": {}}
    (tmp_path / "board.json").write_text(json.dumps(changed))
    assert main(arguments) == 0
    assert json.loads((tmp_path / "board.json").read_text())["made_of"] != {}


def test_a_drive_without_masks_ends_with_one_line_and_status_2(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_drives.write(tmp_path / "recorded", rendered=False, frames=2)
    assert main(["maps", str(tmp_path / "recorded"), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert "no mask.txt; expected a drive that this version of `bgflow drives` has rendered" in capsys.readouterr().err
