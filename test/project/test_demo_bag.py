# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's room as a bag."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rosbags", reason="needs rosbags, of the bag extra")

from rosbags.highlevel import AnyReader
from support import made_bags

ROOT = Path(__file__).resolve().parents[2]


def write(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "demo/bag.py"), *arguments], check=False, capture_output=True, text=True, cwd=ROOT
    )


@pytest.mark.parametrize("name", ["room", "room.db3"])
def test_it_is_a_bag_of_a_camera_with_depth_that_can_be_segmented(name: str, tmp_path: Path, tiny: Path) -> None:
    bag = tmp_path / name
    done = write(str(bag), "--images", "8")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{bag}\n"
    with AnyReader([bag]) as reader:
        counts = {topic: found.msgcount for topic, found in reader.topics.items()}
    assert counts == {
        "/camera/color/image_raw/compressed": 8,
        "/camera/color/camera_info": 8,
        "/camera/aligned_depth_to_color/image_raw": 4,
        "/tf": 8,
    }
    assert made_bags.segment(bag, tmp_path / "masked", tiny) == 0
    assert len(made_bags.messages(tmp_path / "masked", "/segmenter/foreground_mask")) == 8
    assert len(made_bags.messages(tmp_path / "masked", "/segmenter/static_depth/image")) == 4


def test_it_adapts_a_model_with_depth_and_poses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn", reason="needs the adapt extra")
    from bgflow_ros.tools.cli.main import main

    bag = tmp_path / "room"
    assert write(str(bag)).returncode == 0
    assert main(["adapt", str(bag), "--world", "odom", "--images", "20", "--out", str(tmp_path / "adapted")]) == 0
    assert "tells planes from things" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--images", "0"], "expected 1 or more"), (["--no-depth"], "exists"), (["--fast"], "unrecognized")],
)
def test_what_cannot_be_written_is_told(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    done = write(str(tmp_path / "there"), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
