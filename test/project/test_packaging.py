# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Packages that colcon and pip install, dependencies that rosdep installs, and the configuration of pytest."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ElementTree.parse(ROOT / "package.xml").getroot()
EXEC = [element.text for element in PACKAGE.findall("exec_depend")]
TEST = [element.text for element in PACKAGE.findall("test_depend")]

ROS = [
    "ament_index_python",
    "cv_bridge",
    "diagnostic_msgs",
    "launch",
    "launch_ros",
    "lifecycle_msgs",
    "rcl_interfaces",
    "rclpy",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
]
"""Packages of ROS that every distribution from Humble to rolling has."""

KEYS = {
    "jsonschema": "python3-jsonschema",
    "mcap": "mcap-ros2-support",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "opencv-python-headless": "python3-opencv",
    "pyyaml": "python3-yaml",
    "rosbags": "python3-rosbags-pip",
    "tqdm": "python3-tqdm",
    "zstandard": "mcap-ros2-support",
}
"""rosdep's key for every requirement, from rosdep/python.yaml of rosdistro."""

TEST_KEYS = {
    "hypothesis": "python3-hypothesis",
    "pytest": "python3-pytest",
    "pytest-timeout": "python3-pytest-timeout",
}
WITHOUT_KEY = {"onnx", "pytest-cov", "pytest-randomly", "pytest-xdist"}
"""Requirements without a key: tests skip without onnx, and the others only change how tests run."""


def requirements(name: str) -> set[str]:
    """Names in requirements/NAME.txt, without versions."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=;\[ ]", line)[0].lower() for line in lines if line and not line.startswith("#")}


def test_every_requirement_of_the_robot_has_its_key() -> None:
    assert requirements("robot") == KEYS.keys()
    alternatives = {"python3-onnxruntime-gpu-pip"}
    assert sorted(EXEC) == sorted({*ROS, *KEYS.values(), *alternatives})


def test_every_requirement_of_the_tests_has_its_key_or_is_done_without() -> None:
    assert requirements("test") == TEST_KEYS.keys() | WITHOUT_KEY
    assert sorted(TEST) == sorted(TEST_KEYS.values())


def test_every_ros_package_that_is_imported_is_depended_on() -> None:
    imported = set()
    for path in [*(ROOT / "bgflow_ros").rglob("*.py"), *(ROOT / "launch").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    foreign = imported - set(sys.stdlib_module_names)
    python = {"cv2", "jsonschema", "mcap", "numpy", "onnxruntime", "rosbags", "tqdm", "yaml", "zstandard"}
    own = {"bgflow_ros"}
    # A figure of `bgflow benchmark node`, a device, `bgflow fleet` and `bgflow view`.
    optional = {"matplotlib", "openvino", "ray", "rerun", "rerun_cli"}
    assert foreign - python - own - optional <= set(ROS)


@pytest.mark.parametrize(("device", "key"), [("", "python3-onnxruntime-pip"), ("gpu", "python3-onnxruntime-gpu-pip")])
def test_a_robot_gets_onnxruntime_once(device: str, key: str) -> None:
    conditions = {
        element.text: element.get("condition", "")
        for element in PACKAGE.findall("exec_depend")
        if "onnxruntime" in element.text
    }
    holds = {"$BGFLOW_DEVICE != gpu": device != "gpu", "$BGFLOW_DEVICE == gpu": device == "gpu"}
    assert [name for name, condition in conditions.items() if holds[condition]] == [key]


def test_the_configuration_of_pytest_holds_without_its_plugins() -> None:
    plugins = ["timeout", "xdist", "randomly", "cov", "pytest_cov"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *(f"-pno:{name}" for name in plugins)]
    # colcon's options would choose other tests and write over its report.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    command.append("test/segmentation/test_masks.py")
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the metadata of the package as colcon builds it: by setup.py itself."""
    pytest.importorskip("setuptools", reason="needs setuptools")
    folder = tmp_path_factory.mktemp("robot")
    subprocess.run([sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.fixture
def robot(built: Path) -> PathDistribution:
    return PathDistribution(built / "bgflow.egg-info")


@pytest.fixture
def workstation(tmp_path: Path) -> PathDistribution:
    """Metadata of the package as pip builds it: through the build backend."""
    if not (find_spec("wheel") or find_spec("setuptools.command.bdist_wheel")):
        pytest.skip("needs setuptools 70.1 or wheel")
    folder = tmp_path / "workstation"
    folder.mkdir()
    code = "import sys; from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, check=True)
    [metadata] = folder.glob("*.dist-info")
    return PathDistribution(metadata)


def modules(distribution: Distribution) -> set[str]:
    """Modules of the commands and verbs of a distribution."""
    return {entry.value.partition(":")[0] for entry in distribution.entry_points}


def verb_modules(*packages: str) -> set[str]:
    """Modules of these packages that are written as verbs."""
    paths = [path for package in packages for path in (ROOT / package).rglob("cli/*.py")]
    verbs = [path for path in paths if re.search("^HELP = ", path.read_text(encoding="utf-8"), re.MULTILINE)]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in verbs}


COMMANDS = {"bgflow_ros.node.patrol", "bgflow_ros.tools.cli.main", "bgflow_ros.node.segment"}


def test_colcon_installs_the_robot_s_package_alone(robot: PathDistribution) -> None:
    assert (robot.read_text("top_level.txt") or "").split() == ["bgflow_ros"]
    assert modules(robot) == COMMANDS | verb_modules("bgflow_ros")


def test_pip_installs_all_packages(workstation: PathDistribution) -> None:
    packages = (workstation.read_text("top_level.txt") or "").split()
    assert sorted(packages) == ["bgflow_rooms", "bgflow_ros", "bgflow_train"]
    assert modules(workstation) == COMMANDS | verb_modules(*packages)
    assert {"train", "render"} <= set(workstation.metadata.get_all("Provides-Extra"))


def test_a_robot_s_command_has_only_verbs_that_it_can_import(built: Path, tmp_path: Path) -> None:
    absent = "import sys; sys.modules.update(dict.fromkeys(['bgflow_train', 'bgflow_rooms', 'torch', 'matplotlib']))"
    code = f"{absent}; from bgflow_ros.tools.cli.main import main; main()"
    # Its metadata is found before that of the installation.
    environment = os.environ | {"PYTHONPATH": f"{built}:{os.environ.get('PYTHONPATH', '')}"}

    def help_of(*words: str) -> str:
        command = [sys.executable, "-c", code, *words, "--help"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    shown = help_of()
    assert re.findall(r"^    (\w+) ", shown, re.MULTILINE) == ["doctor", "fleet", "segment", "view", "benchmark"]
    assert "make a model" not in shown
    assert re.findall(r"^    (\w+) ", help_of("benchmark"), re.MULTILINE) == ["node"]
