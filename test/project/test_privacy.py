# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Files that real processes leave in an empty home folder, and processes of users without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from bgflow_ros.segmentation.openvino_session import is_installed

ROOT = Path(__file__).resolve().parents[2]
MAIN = "import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main(sys.argv[1:]))"
INFER = "import numpy; {onnxruntime}.InferenceSession(open(sys.argv[1] + '/model.onnx', 'rb').read())"
REPORTS = tuple(map(int, onnxruntime.__version__.split(".")[:2])) >= (1, 29)
"""This ONNX Runtime identifies the device unless it is told not to."""
NOBODY = (
    "import pwd\ndef missing(number): raise KeyError(f'getpwuid(): uid not found: {number}')\npwd.getpwuid = missing\n"
)
"""A user number without a passwd entry."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 64, 3), 90, np.uint8))
    return tmp_path / "a.png"


INSTALLED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "AMENT_PREFIX_PATH")
"""Variables by which a sourced workspace is found."""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment that holds nothing else: variables of a build server silence some libraries."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={name: os.environ[name] for name in INSTALLED if name in os.environ} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def left(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "modules", ["bgflow_ros.segmentation.runtime", "bgflow_ros.tools.doctor", "bgflow_train.studies.speed.machine"]
)
def test_a_session_leaves_nothing_in_the_home_folder(home: Path, tiny: Path, modules: str) -> None:
    if modules.startswith("bgflow_train"):
        pytest.importorskip("torch", reason="needs the train extra")
    code = f"import sys, {modules}; {INFER.format(onnxruntime=modules + '.onnxruntime')}"
    done = run(code, str(tiny), HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert left(home) == []


@pytest.mark.skipif(not REPORTS, reason="this ONNX Runtime reports nothing")
def test_what_the_user_sets_counts(home: Path, tiny: Path) -> None:
    module = "bgflow_ros.segmentation.runtime"
    code = f"import sys, {module}; {INFER.format(onnxruntime=f'{module}.onnxruntime')}"
    done = run(code, str(tiny), HOME=str(home), ORT_DISABLE_TELEMETRY="0")
    assert done.returncode == 0, done.stderr
    assert [name for name in left(home) if "deviceid" in name], "or the tests beside this one show nothing"


@pytest.mark.skipif(not is_installed(), reason="needs the openvino extra")
def test_openvino_leaves_nothing_in_the_home_folder(home: Path, tiny: Path) -> None:
    done = run(MAIN, "doctor", "--model", str(tiny), "--device", "openvino", HOME=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "runs on openvino in float32" in done.stdout
    assert left(home) == []


@pytest.mark.parametrize("verb", ["segment", "doctor", "evaluate"])
def test_a_tool_leaves_nothing_in_the_home_folder(
    home: Path, tiny: Path, picture: Path, tmp_path: Path, verb: str
) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    cv2.imwrite(str(masks / "a.png"), np.repeat(np.arange(2, dtype=np.uint8), 32)[None].repeat(48, 0))
    arguments = {
        "segment": [str(picture), "--model", str(tiny), "--out", str(tmp_path / "out")],
        "doctor": ["--model", str(tiny), "--device", "cpu"],
        "evaluate": [str(tiny), "--images", str(tmp_path), "--masks", str(masks), "--cache", str(tmp_path / "cache")],
    }
    if verb == "evaluate":
        pytest.importorskip("torch", reason="needs the train extra")
    done = run(MAIN, verb, *arguments[verb], HOME=str(home))
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert left(home) == []


def test_the_node_leaves_nothing_but_ros_s_logs(home: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    from support.robot import Robot, Segment, model

    for name in ("CI", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "ROS_HOME", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    segment, robot = Segment(model(tiny), afresh=True), Robot()
    try:
        assert robot.until(lambda: robot.state() == "active", 30), segment.log()
    finally:
        robot.close()
        segment.close()
    assert [name for name in left(home) if not name.startswith(".ros/log/")] == []


def test_a_tool_needs_no_home_folder(tiny: Path, picture: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    done = run(NOBODY + MAIN, "segment", str(picture), "--model", str(tiny), "--out", out, LANG="C", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    done = run(NOBODY + MAIN, "doctor", "--model", str(tiny), "--device", "cpu", "tensorrt", LANG="C")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["a.png", "--out=~/x"], ["~/a.png", "--out=x"], ["a.png", "--out=x", "--model=~/m"]]
)
def test_a_path_in_a_home_folder_that_is_not_there_is_one_line(
    tiny: Path, picture: Path, tmp_path: Path, arguments: list[str]
) -> None:
    code = f"import os; os.chdir({str(tmp_path)!r})\n{NOBODY}{MAIN}"
    done = run(code, "segment", *arguments)
    assert done.returncode == 2
    assert done.stderr.count("~/") == 1
    assert f"no home folder: HOME is not set, and user {os.getuid()} has no passwd entry" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "~").exists()


def test_a_path_in_the_home_folder_is_found_there(home: Path, tiny: Path, picture: Path, tmp_path: Path) -> None:
    picture.rename(home / "a.png")
    code = f"import os; os.chdir({str(tmp_path)!r})\n{MAIN}"
    done = run(code, "segment", "~/a.png", "--out=~/masks", "--model", str(tiny), HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert (home / "masks" / "a_static.png").is_file()
    assert not (tmp_path / "~").exists()
