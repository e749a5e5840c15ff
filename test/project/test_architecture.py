# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rules of the house, read off the sources, and the installed package."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import distribution, entry_points
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import bgflow_ros
from bgflow_ros.segmentation.files import share
from bgflow_ros.segmentation.model import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bgflow_ros", "bgflow_rooms", "bgflow_train")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ROBOT = [path for path in MODULES if ROOT / "bgflow_ros" in path.parents]
ALL = MODULES + sorted(path for folder in ("demo", "launch", "test") for path in (ROOT / folder).rglob("*.py"))
ROS = {"rclpy", "sensor_msgs", "std_msgs", "rcl_interfaces", "cv_bridge", "lifecycle_msgs", "diagnostic_msgs"}
MAY_IMPORT_ROS = [ROOT / "bgflow_ros" / folder for folder in ("node", "tools/view", "tools/node_benchmark")]
OPTIONAL = {"bgflow_ros/tools/node_benchmark/plot.py": {"matplotlib"}}
"""Packages that a robot may have, and the only file that imports them."""
OFFLINE = {"torch", "torchvision", "timm", "sklearn", "onnx", "faiss", "h5py", "matplotlib", "bgflow_train"}

PART = {
    "bgflow_ros.segmentation": [],
    "bgflow_ros.media": ["bgflow_ros.segmentation"],
    "bgflow_ros.launching": ["bgflow_ros.segmentation"],
    "bgflow_ros.node": ["bgflow_ros.segmentation"],
    "bgflow_ros.tools": ["bgflow_ros.segmentation", "bgflow_ros.media", "bgflow_ros.node"],
}
"""Parts of the robot's package, and what each may import."""
ROOMS = ["nyu40", "weighted_choice", "materials", "furniture", "scene", "render", "cli", "__main__"]
TRAINING = ["data", "networks", "runs", "evaluation", "training", "model", "export", "adaptation", "studies", "cli"]
"""Parts of the other packages; each may import those before it."""
ALLOWED = (
    PART
    | {
        f"bgflow_rooms.{part}": ["bgflow_ros.segmentation.files", "bgflow_ros.segmentation.errors"]
        + [f"bgflow_rooms.{other}" for other in ROOMS[:place]]
        for place, part in enumerate(ROOMS)
    }
    | {
        f"bgflow_train.{part}": ["bgflow_ros.segmentation", "bgflow_ros.media", "bgflow_rooms.nyu40"]
        + [f"bgflow_train.{other}" for other in TRAINING[:place]]
        for place, part in enumerate(TRAINING)
    }
)
# The verbs register with the robot's command, and share some of its options.
for package in ("bgflow_rooms", "bgflow_train"):
    ALLOWED[f"{package}.cli"] += ["bgflow_ros.tools.cli"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


NAMES = {module_of(path) for path in MODULES}


@cache
def imports(path: Path) -> frozenset[str]:
    """Modules that a file imports anywhere, as far as their names tell."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in NAMES else node.module for name in inner}
    return frozenset(found)


def packages(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    return {name.partition(".")[0] for name in imports(path)}


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def test_no_part_imports_what_stands_above_it() -> None:
    part_of = {path: next((part for part in ALLOWED if within(module_of(path), part)), None) for path in MODULES}
    unlisted = {name_of(path) for path, part in part_of.items() if part is None and module_of(path) not in PACKAGES}
    assert not unlisted, "folders that are not listed in ALLOWED"
    above = {}
    for path, part in part_of.items():
        ours = {name for name in imports(path) if name.partition(".")[0] in PACKAGES and name not in PACKAGES}
        allowed = [part, *ALLOWED[part]] if part is not None else PACKAGES
        above[name_of(path)] = {name for name in ours if not any(within(name, one) for one in allowed)}
    assert not {name: found for name, found in above.items() if found}


def test_no_import_goes_round_in_a_circle() -> None:
    # What is imported inside of functions or for types alone is not there when a module is loaded.
    arrows = {}
    for path in MODULES:
        top = ast.Module([node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)], [])
        names = {(node.module or "", alias.name) for node in top.body for alias in node.names}  # type: ignore[attr-defined]
        arrows[module_of(path)] = {
            f"{module}.{name}" if f"{module}.{name}" in NAMES else module for module, name in names
        } & NAMES - {module_of(path)}
    assert tuple(TopologicalSorter(arrows).static_order())
    assert all(any(within(name, package) for name in arrows) for package in PACKAGES)


def test_the_robot_side_imports_nothing_of_the_offline_side() -> None:
    offline = {name_of(path): packages(path) & OFFLINE - OPTIONAL.get(name_of(path), set()) for path in ROBOT}
    assert not {name: found for name, found in offline.items() if found}


def test_only_node_viewer_and_benchmark_import_ros() -> None:
    without = [path for path in ROBOT if not set(path.parents) & set(MAY_IMPORT_ROS)]
    assert len(without) > 20
    assert not {name_of(path) for path in without if packages(path) & ROS}


def test_the_public_face_is_what_it_says() -> None:
    assert bgflow_ros.__all__ == ["Model", "Segmentation", "Segmenter", "__version__"]
    image = np.zeros((48, 64, 3), np.uint8)
    segmentation = bgflow_ros.Segmenter(bgflow_ros.Model.load(), device="cpu", threads=1)(image)
    assert isinstance(segmentation, bgflow_ros.Segmentation)
    assert segmentation.foreground.shape == (48, 64)
    assert not hasattr(bgflow_ros, "segmenters")
    code = "import sys, bgflow_ros; sys.exit(bool({'cv2', 'onnxruntime'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, "quick to import"


def test_models_are_evaluated_without_torch() -> None:
    pytest.importorskip("torch", reason="needs the train extra")
    modules = "bgflow_train.data.registry, bgflow_train.evaluation.evaluation, bgflow_train.export.model_card"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, "quick to start"


def test_every_file_says_whose_it_is() -> None:
    header = "# Copyright 2026 The bgflow authors\n# SPDX-License-Identifier: Apache-2.0\n"
    assert not {name_of(path) for path in ALL if not path.read_text().startswith(header)}


def test_no_file_pickles() -> None:
    assert not {name_of(path) for path in ALL if packages(path) & {"pickle", "dill", "joblib", "cloudpickle"}}
    loads = []
    for path in (path for path in ALL if "torch.load" in path.read_text()):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        loads += [call for call in calls if ast.unparse(call.func) == "torch.load"]
    assert loads
    for call in loads:
        assert any(keyword.arg == "weights_only" and ast.unparse(keyword.value) == "True" for keyword in call.keywords)


def test_nothing_tracked_is_too_large() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    sizes = {
        name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if name and (ROOT / name).exists()
    }
    assert max(sizes.values()) < 20e6
    assert sum(sizes.values()) < 70e6


def test_version_and_verbs_are_those_of_the_installed_package() -> None:
    version = ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert version == bgflow_ros.__version__ == distribution("bgflow").version
    verbs = {entry.name for entry in entry_points(group="bgflow.verbs")}
    robot = {"benchmark", "doctor", "fleet", "segment", "view"}
    if "bgflow_train" in (distribution("bgflow").read_text("top_level.txt") or ""):
        making = {"adapt", "collect", "contrast", "expert", "export", "fit", "quantize", "rooms", "thresholds", "train"}
        measuring = {
            "buildings",
            "compare",
            "costmaps",
            "drives",
            "evaluate",
            "ghosts",
            "latents",
            "maps",
            "odometry",
            "patrols",
            "peers",
        }
        measuring |= {"relocalize", "reproduce"}
        assert verbs == robot | making | measuring
    else:
        assert verbs == robot  # colcon installs the robot's package alone
    assert {entry.name for entry in distribution("bgflow").entry_points if entry.group == "console_scripts"} == {
        "segment",
        "patrol",
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
        "launch/semantic_costmap.launch.py",
        "config/semantic_costmap.yaml",
        "launch/patrol.launch.py",
        "config/patrol.yaml",
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
