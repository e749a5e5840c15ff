# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What is gone and still in the map of a first day."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_drives

from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.ghosts.measuring import emptied
from bgflow_train.studies.maps.keeping import ALL, TRUE
from bgflow_train.studies.maps.tsdf import Grid
from bgflow_train.studies.odometry.drive import Drive


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room with a board on the first day, without it on the second, and with it on the third."""
    folder = tmp_path_factory.mktemp("days")
    for number, board in ((1, 0.3), (2, 0.0), (3, 0.3)):
        made_drives.write(folder / f"day{number}", board, day=number)
    described = json.loads((folder / "day1" / "drive.json").read_text())
    (folder / "day1" / "drive.json").write_text(json.dumps(described | {"amount": 0.0}))
    return folder


def test_what_is_gone_is_a_ghost_unless_a_mask_has_kept_it_out(
    days: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["ghosts", str(days), "--model", str(tiny), "--out", str(tmp_path)]
    assert main(arguments) == 0
    gone, there = (json.loads((tmp_path / f"day{number}.json").read_text())["maps"] for number in (2, 3))
    assert gone[ALL]["surface"] > 5 * gone[ALL]["ghosts"] > 0.1
    for name in (TRUE, "not foreground"):
        assert gone[name]["ghosts"] < 0.1 * gone[ALL]["ghosts"]
    assert there[ALL]["ghosts"] < 0.2 * gone[ALL]["ghosts"], "the board is still there"
    text = (tmp_path / "ghosts.md").read_text()
    assert "| depth in the map | surface | ghosts, 0 % moved | ghosts, 30 % moved |" in text
    assert text.endswith(capsys.readouterr().out.rstrip() + "\n")
    before = (tmp_path / "day2.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "day2.json").stat().st_mtime_ns == before


def test_only_what_is_seen_through_is_empty(days: Path) -> None:
    grid = Grid(-made_drives.HALF - 0.3, made_drives.HALF + 0.3, 0.1)
    found = grid.centers[emptied(grid, Drive(days / "day2"), int)]
    assert len(found) > 1000
    assert (np.abs(found) < made_drives.HALF).all()
    assert (found[:, 2] > 0).all(), "nothing behind the camera"


def test_without_another_day_there_is_one_line_and_status_2(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_drives.write(tmp_path / "drives" / "day1", frames=3)
    assert main(["ghosts", str(tmp_path / "drives"), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert "no drive of another day; expected drives of `bgflow drives --days`" in capsys.readouterr().err
