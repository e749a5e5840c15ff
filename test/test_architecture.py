# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rules of the house, read off the sources, and the installed package."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import distribution, entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

import bgflow_ros
from bgflow_ros.segmentation.files import share
from bgflow_ros.segmentation.model import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[1]
ROBOT = sorted((ROOT / "bgflow_ros").rglob("*.py"))
ALL = sorted(
    path
    for folder in ("bgflow_ros", "bgflow_train", "demo", "launch", "test")
    for path in (ROOT / folder).rglob("*.py")
)
ROS = {"rclpy", "sensor_msgs", "std_msgs", "rcl_interfaces", "cv_bridge", "lifecycle_msgs", "diagnostic_msgs"}
OFFLINE = {"torch", "torchvision", "timm", "sklearn", "onnx", "faiss", "h5py", "matplotlib", "bgflow_train"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", ROBOT, ids=name_of)
def test_the_robot_side_imports_nothing_of_the_offline_side(path: Path) -> None:
    assert not imports(path) & OFFLINE


@pytest.mark.parametrize("path", [path for path in ROBOT if ROOT / "bgflow_ros/node" not in path.parents], ids=name_of)
def test_only_the_ros_folder_imports_ros(path: Path) -> None:
    assert not imports(path) & ROS


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_file_says_whose_it_is_and_none_pickles(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# Copyright 2026 The bgflow authors\n# SPDX-License-Identifier: Apache-2.0\n")
    assert not imports(path) & {"pickle", "dill", "joblib", "cloudpickle"}
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) == "torch.load":
            assert any(
                keyword.arg == "weights_only" and ast.unparse(keyword.value) == "True" for keyword in call.keywords
            )


def test_nothing_tracked_is_too_large() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    sizes = {
        name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if name and (ROOT / name).exists()
    }
    assert max(sizes.values()) < 20e6
    assert sum(sizes.values()) < 60e6


def test_version_and_verbs_are_those_of_the_installed_package() -> None:
    version = ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert version == bgflow_ros.__version__ == distribution("bgflow").version
    assert {entry.name for entry in entry_points(group="bgflow.verbs")} == {
        "benchmark",
        "collect",
        "contrast",
        "doctor",
        "drives",
        "evaluate",
        "expert",
        "export",
        "fit",
        "odometry",
        "peers",
        "quantize",
        "reproduce",
        "rooms",
        "segment",
        "compare",
        "train",
        "view",
    }
    assert {entry.name for entry in distribution("bgflow").entry_points if entry.group == "console_scripts"} == {
        "segment",
        "bgflow",
    }


@pytest.mark.parametrize(
    "name",
    [
        "launch/segment.launch.py",
        "launch/cameras.launch.py",
        "config/segment.yaml",
        "config/segment.rviz",
        "config/nav2_costmap.yaml",
        "config/rtabmap.yaml",
        "config/fastdds_shm.xml",
        f"models/{DEFAULT_MODEL}/model.onnx",
    ],
)
def test_what_is_shared_is_installed(name: str, tmp_path: Path) -> None:
    assert (share() / name).is_file()
    # From elsewhere, Python finds the installation instead of this checkout.
    code = "from bgflow_ros.segmentation.files import share; print(share())"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (Path(found.stdout.strip()) / name).is_file()


def test_the_tools_load_on_a_machine_without_ros() -> None:
    absent = f"import sys; sys.modules.update(dict.fromkeys({sorted(ROS)}))"
    run = subprocess.run(
        [sys.executable, "-c", f"{absent}; from bgflow_ros.tools.cli.main import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert {entry.name for entry in entry_points(group="bgflow.verbs")} <= set(run.stdout.split())
