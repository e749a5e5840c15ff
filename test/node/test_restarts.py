# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node recovers after SIGKILL while a camera publishes. A short version of scripts/restarts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import SUPPORT

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from support.crowding import crowding
from support.robot import environment


@pytest.mark.parametrize("camera", ["reliable", "best_effort"])
def test_killed_beside_a_camera_with_the_packaged_profile_it_is_back_within_five_seconds(
    camera: str, tiny: Path, tmp_path: Path
) -> None:
    own = environment() | {"PYTHONPATH": os.pathsep.join((str(SUPPORT.parent), os.getcwd()))}  # noqa: PTH109
    own = {name: value for name, value in own.items() if not name.startswith("FAST")}
    command = [sys.executable, "-m", "soak.restarts", "--times", "3", "--camera", camera]
    command += ["--within", str(5 * crowding()), "--model", str(tiny), "--out", str(tmp_path / "restarts.md")]
    ran = subprocess.run(command, env=own, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    table = (tmp_path / "restarts.md").read_text()
    assert "| 3 |" in table
    assert "fastdds_shm.xml" in table
