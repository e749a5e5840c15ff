# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ORB-SLAM3 and COLMAP on drives whose every pose is known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("pycolmap", reason="needs the slam extra")
pytest.importorskip("pyorbslam3", reason="needs the slam extra and libGL", exc_type=ImportError)

from support import made_drives

from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.odometry import masking, orb_slam3, systems
from bgflow_train.studies.odometry.vocabulary import BRANCHES, LEVELS, train_vocabulary


def images() -> list[np.ndarray]:
    return [made_drives.cast(pose, [made_drives.texture(seed) for seed in range(6)])[0] for pose in made_drives.poses()]


def test_a_vocabulary_is_a_tree_whose_leaves_have_weights(tmp_path: Path) -> None:
    train_vocabulary(images()[:4], tmp_path / "words.txt")
    head, *lines = (tmp_path / "words.txt").read_text().split("\n")
    assert head == f"{BRANCHES} {LEVELS} 0 0"
    parents = [0]
    for number, line in enumerate(lines, 1):
        parent, leaf, *numbers, weight = line.split()
        assert int(parent) < number, "parents come first"
        assert leaf == "0" or parents[int(parent)] >= 0
        assert len(numbers) == 32
        assert all(0 <= int(value) < 256 for value in numbers)
        assert float(weight) >= 0
        parents.append(int(parent))
    assert 100 < len(lines) <= sum(BRANCHES**level for level in range(1, LEVELS + 1))


@pytest.mark.parametrize(
    ("system", "moving", "frames"),
    [("ORB-SLAM3", 0.0, 6), ("ORB-SLAM3, masked image", 0.0, 6), ("COLMAP", 0.3, made_drives.FRAMES)],
)
def test_the_way_is_found_without_what_moves_on_its_own(
    system: str,
    moving: float,
    frames: int,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made_drives.write(tmp_path / "drive", moving, frames=frames)
    few = {name: masking.MASKINGS[name] for name in ("true", "min_static 0.7, verified")}
    monkeypatch.setattr(masking, "MASKINGS", few)
    monkeypatch.setattr(systems, "SYSTEMS", {system: systems.System(systems.SYSTEMS[system].run, 1)})
    out = tmp_path / "out"
    arguments = ["odometry", str(tmp_path / "drive"), "--systems", "--seeds", "1", "--model", str(tiny)]
    assert main([*arguments, "--out", str(out)]) == 0
    errors = json.loads((out / "drive.json").read_text())["errors"][system]
    assert errors.keys() == {"true"}
    [found] = errors["true"]
    assert found["lost"] == 0
    assert found["ate"] < 0.02
    assert f"| {system} | true |" in capsys.readouterr().out
    assert cv2.imread(str(out / "odometry.png")) is not None


def test_where_nothing_is_kept_nothing_is_found(tmp_path: Path) -> None:
    train_vocabulary(images()[:4], tmp_path / "words.txt")
    grays = np.stack(images()[:6])
    times, nothing = np.arange(6) / 10, np.full(grays.shape, np.nan, np.float32)
    poses, fresh = orb_slam3.track(times, grays, nothing, made_drives.MATRIX, tmp_path / "words.txt")
    found = np.isfinite(poses[:, 0, 0])
    assert not found.all()
    assert (fresh == found).all(), "only beginnings of maps"


def test_a_system_that_breaks_off_is_told_with_what_it_said(tmp_path: Path) -> None:
    grays, times = np.zeros((2, 24, 32), np.uint8), np.array([0.0, 0.1])
    with pytest.raises(orb_slam3.OrbSlamError, match="Vocabulary file not found"):
        orb_slam3.track(times, grays, grays.astype(np.float32), made_drives.MATRIX, tmp_path / "none.txt")
