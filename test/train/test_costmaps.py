# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Costmaps of drives: what stands in a cell, and what a layer makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_drives

from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.costmaps.measuring import DEPTH, FOREGROUND, LABELS, RESOLUTION, TRUE, UNWEIGHTED, measure
from bgflow_train.studies.costmaps.truth import SURE, Columns, Truth

SHAPE = 40, 40


def column(x: float, y: float, heights: tuple[float, float]) -> np.ndarray:
    z = np.linspace(*heights, SURE)
    return np.column_stack([np.full(SURE, x), np.full(SURE, y), z])


def block(x: float, y: float, size: int, heights: tuple[float, float]) -> np.ndarray:
    steps = RESOLUTION * (np.arange(size) + 0.5)
    return np.concatenate([column(x + a, y + b, heights) for a in steps for b in steps])


@pytest.fixture
def truth() -> Truth:
    columns = Columns(np.array([-1.0, -1.0]), RESOLUTION, SHAPE, 0.05, 2.0)
    things = (
        block(-0.5, -0.5, 3, (0.06, 0.9)),  # a box
        block(0.5, -0.5, 2, (0.06, 0.15)),  # a plank on the floor
        block(0.5, 0.5, 1, (0.06, 0.7)),  # a leg
        block(-0.5, 0.5, 2, (0.8, 1.2)),  # a lamp
        block(-0.9, 0.0, 2, (2.5, 2.6)),  # higher than any robot
    )
    room = np.concatenate([block(-1.0, -1.0, 40, (-0.01, 0.02)), block(0.8, -1.0, 1, (0.2, 2.0))])
    for thing in things:
        columns.add(thing, np.ones(len(thing), bool))
    columns.add(room, np.zeros(len(room), bool))
    columns.add(np.array([[5.0, 5.0, 1.0], [0.0, 0.0, np.inf]]), np.ones(2, bool))
    return columns.truth()


def test_what_stands_in_a_cell_is_known_by_its_kind(truth: Truth) -> None:
    counts = {kind: int(cells.sum()) for kind, cells in truth.obstacles.items()}
    assert counts == {"all": 9 + 4 + 1 + 4, "below 20 cm": 4, "thin": 1, "hanging": 4}
    assert truth.wall.sum() == 1
    assert not (truth.floor & (truth.wall | truth.obstacles["all"])).any()
    assert truth.floor[2, 20], "below what hangs higher than any robot"


def test_misses_and_phantoms_are_counted_where_they_are(truth: Truth) -> None:
    nothing, everything = np.zeros(SHAPE, bool), np.ones(SHAPE, bool)
    beside = np.roll(truth.obstacles["all"], 1, axis=0)
    found = measure({"nothing": nothing, "everything": everything, "beside": beside}, truth)
    assert found["nothing"]["missed"] == found["nothing"]["obstacles"]
    assert found["nothing"]["areas"]["floor"][1] == found["nothing"]["areas"]["wall"][1] == 0
    for name in ("everything", "beside"):
        assert set(found[name]["missed"].values()) == {0}
    assert found["everything"]["areas"]["floor"] == [pytest.approx(truth.floor.sum() * RESOLUTION**2)] * 2
    assert found["everything"]["areas"]["wall"] == [pytest.approx(RESOLUTION**2)] * 2
    assert found["beside"]["areas"]["floor"][1] == 0, "a mark in the next cell is no phantom"


def test_the_command_goes_on_where_it_was_and_writes_table_and_pictures(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(made_drives, "HALF", np.array([2.0, 1.5, 1.5]))  # within the layers' range
    made_drives.write(tmp_path / "drives" / "still", frames=6)
    arguments = ["costmaps", str(tmp_path / "drives"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    layers = json.loads((tmp_path / "out" / "still.json").read_text())["layers"]
    assert layers.keys() == {FOREGROUND, TRUE, DEPTH, LABELS, UNWEIGHTED}
    for name, layer in layers.items():
        area, phantoms = layer["areas"]["wall"]
        assert area > 0.1
        assert (phantoms > 0.1) == (name == DEPTH), "of depth alone walls are obstacles"
    assert f"| {LABELS} |" in capsys.readouterr().out
    assert f"| {LABELS} |" in (tmp_path / "out" / "costmaps.md").read_text()
    assert cv2.imread(str(tmp_path / "out" / "still.png")) is not None
    before = (tmp_path / "out" / "still.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert (tmp_path / "out" / "still.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("moving", "rendered", "message"),
    [
        (0.0, False, "no mask.txt; expected a drive of `bgflow drives`"),
        (0.3, True, "something moves; expected a drive of `bgflow drives --amounts 0`"),
    ],
)
def test_a_drive_without_a_truth_ends_with_one_line_and_status_2(
    moving: float, rendered: bool, message: str, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = made_drives.write(tmp_path / "drive", moving, rendered, frames=2)
    assert main(["costmaps", str(drive), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
