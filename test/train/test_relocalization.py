# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Localisation on another day in maps of the first."""

from __future__ import annotations

import json
import math
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
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.relocalization.measuring import DEPTH, FEATURES
from bgflow_train.studies.relocalization.registering import AWAY, TURNED, PointMap, guesses
from bgflow_train.studies.relocalization.views import views


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("days")
    made_drives.write(folder / "first")
    made_drives.write(folder / "same", day=2)
    made_drives.write(folder / "board", 0.6, day=2)
    return folder


def test_the_guess_of_a_place_is_near_it_and_upright() -> None:
    pose = np.eye(4)
    for guess in guesses(pose, 50, 0):
        assert math.hypot(*guess[:2, 3]) <= AWAY
        assert guess[2, 3] == 0
        assert guess[2, 2] == 1
        assert abs(math.atan2(guess[1, 0], guess[0, 0])) <= TURNED


def test_depth_finds_the_place_from_near_it_and_none_where_too_little_is_kept(days: Path, tiny: Path) -> None:
    segmenter = Segmenter(Model.load(str(tiny)), "cpu")
    first = views(Drive(days / "first"), segmenter, 0, int)
    same, board = (views(Drive(days / name), segmenter, 1, int) for name in ("same", "board"))
    for others in (same, board):
        truth = others[-1].pose
        guess = truth.copy()
        guess[:3, 3] += 0.15, 0.0, 0.1
        for way in (ALL, TRUE, "not foreground"):
            found = PointMap(first, way).locate(others, guess)
            assert found is not None
            assert np.linalg.norm(found[:3, 3] - truth[:3, 3]) < 0.05, way
    for view in first:
        view.kept[ALL][:] = False
    assert PointMap(first, ALL).locate(same, guess) is None


def test_features_know_the_room_again_and_the_command_goes_on_where_it_was(
    days: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["relocalize", str(days), "--model", str(tiny), "--out", str(tmp_path), "--seeds", "2"]
    assert main(arguments) == 0
    for name in ("same", "board"):
        errors = json.loads((tmp_path / f"{name}.json").read_text())["errors"]
        assert errors[DEPTH].keys() == errors[FEATURES].keys() >= {ALL, TRUE, "not foreground"}
        for way in (ALL, TRUE, "not foreground"):
            assert all(error is not None and error[0] < 0.05 for error in errors[FEATURES][way]), (name, way)
    text = (tmp_path / "relocalization.md").read_text()
    assert "| not foreground | 0 (0 to 0) | 0 (0 to 0) |" in text
    assert text.endswith(capsys.readouterr().out.rstrip() + "\n")
    assert cv2.imread(str(tmp_path / "relocalization.png")) is not None
    before = (tmp_path / "board.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "board.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("day", "frames", "message"),
    [
        (1, 16, "no drive of another day; expected drives of `bgflow drives --days`"),
        (2, 16, "no drive of this room's first day; expected one with --amounts 0"),
        (2, 6, "6 frames; expected at least 10"),
    ],
)
def test_drives_that_do_not_belong_together_end_with_one_line_and_status_2(
    day: int, frames: int, message: str, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_drives.write(tmp_path / "drives" / "one", day=day, frames=frames)
    if frames < 16:
        made_drives.write(tmp_path / "drives" / "first")
    assert main(["relocalize", str(tmp_path / "drives"), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
