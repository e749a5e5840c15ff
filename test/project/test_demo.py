# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The demo: three processes, real DDS, the packaged model."""

from __future__ import annotations

import ast
import json
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from support import made_drives
from support.robot import environment

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, str(ROOT / "demo/run.py")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty home folder of a user who has set nothing."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("CI", "ORT_DISABLE_TELEMETRY", "ROS_HOME", "ROS_LOG_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(
        [*RUN, *arguments], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:  # the process exited meanwhile
            continue
    return found


def test_it_shows_the_room_ends_by_itself_and_leaves_nothing_in_the_home_folder(tmp_path: Path, home: Path) -> None:
    out = tmp_path / "out"
    done = demo("--seconds", "10", "--rate", "5", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out)
    report = json.loads((out / "report.json").read_text())
    assert report["frames"] > 10
    assert 0 < report["age_p50_ms"] <= report["age_p95_ms"]
    assert report["masks_per_second"] > 1
    sheet = cv2.imread(str(out / "contact_sheet.jpg"))
    assert sheet is not None
    assert sheet.shape[1] == 5 * 256
    video = cv2.VideoCapture(str(out / "overlay.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 10
    assert "masks/s" in done.stderr
    assert not list(home.rglob("*"))


@pytest.mark.usefixtures("home")
def test_it_needs_no_home_folder(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    done = demo("--seconds", "8", "--rate", "5", "--model", str(tiny), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_every_process_when_interrupted(tmp_path: Path, number: int) -> None:
    # A shell makes its background jobs ignore Ctrl-C, these tests among them, and their children inherit that.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command = [*RUN, "--rate", "2", "--out", str(tmp_path)]
        running = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, ours)
    deadline = time.monotonic() + 20
    while len(started := children(running.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(started) == 3
    time.sleep(2)
    running.send_signal(number)
    running.send_signal(number)  # the impatient press twice
    assert running.wait(15) == 130
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def test_a_report_needs_two_frames_and_a_mask() -> None:
    code = """
from pathlib import Path
from watch import Watch
from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.media.video import VideoWriter

with running_ros():
    watch = Watch(VideoWriter(Path("none.mp4"), 30.0))
    reports = [watch.report()]
    for stamp in (1, 10**9 + 1):
        watch.sent.add(stamp)
        watch.answered[stamp] = 5.0
        reports.append(watch.report())
    print(reports)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "demo", env=environment(), capture_output=True, text=True, check=True
    )
    nothing, one, two = ast.literal_eval(done.stdout)
    assert nothing is one is None
    assert two == {
        "frames_per_second": 1.0,
        "masks_per_second": 1.0,
        "age_p50_ms": 5.0,
        "age_p95_ms": 5.0,
        "frames": 2,
        "dropped": 0,
    }


def test_a_wrong_path_ends_it_with_the_reason(tmp_path: Path) -> None:
    done = demo("--video", "nowhere.mp4", "--out", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "demo: nowhere.mp4: no such file or folder\n"


def test_the_clip_has_a_mask_a_frame_and_poses() -> None:
    room = ROOT / "demo" / "room"
    frames = int(cv2.VideoCapture(str(room / "rgb.mp4")).get(cv2.CAP_PROP_FRAME_COUNT))
    poses = np.loadtxt(room / "groundtruth.txt")
    masks = sorted((room / "mask").glob("*.png"))
    assert frames == len(masks) == len(poses)
    mask = cv2.imread(str(masks[0]), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (480, 640)
    assert set(np.unique(mask)) == {0, 255}
    depth = cv2.imread(str(next((room / "depth").glob("*.png"))), cv2.IMREAD_UNCHANGED)
    assert (depth.shape, depth.dtype) == ((480, 640), np.uint16)


def test_the_camera_takes_the_calibration_of_a_rendered_drive(tmp_path: Path) -> None:
    made_drives.write(tmp_path / "drive", frames=2)
    camera = yaml.safe_load((tmp_path / "drive" / "camera.yaml").read_text())
    camera |= {"image_width": 320, "image_height": 240, "distortion_model": "plumb_bob"}
    (tmp_path / "drive" / "camera.yaml").write_text(yaml.safe_dump(camera))
    info = runpy.run_path(str(ROOT / "demo" / "camera.py"))["calibration"]([str(tmp_path / "drive" / "rgb")])
    fx, fy, cx, cy = (made_drives.MATRIX[place] for place in ((0, 0), (1, 1), (0, 2), (1, 2)))
    assert info.p.tolist() == [fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0]
    assert info.r.tolist() == np.eye(3).ravel().tolist()
