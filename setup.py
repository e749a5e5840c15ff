# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""For pip and colcon. Name, version and the like stand in package.xml, dependencies in requirements/."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

# colcon build --symlink-install runs a link to this file in a folder that lacks most of the others.
ROOT = Path(__file__).resolve().parent
PACKAGE = ElementTree.parse(ROOT / "package.xml").getroot()
EXTRAS = ("ros", "ros-jazzy", "train", "view", "test", "lint", "render", "peers")
NAME = PACKAGE.findtext("name")


def requirements(name: str) -> list[str]:
    """Requirements of requirements/NAME.txt."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def shared(folder: str) -> list[tuple[str, list[str]]]:
    """Every file under a folder of the repository, for the folder of the same name in share/bgflow."""
    paths = sorted(path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
    files = [path.relative_to(ROOT) for path in paths]
    return [(f"share/{NAME}/{file.parent.as_posix()}", [file.as_posix()]) for file in files]


setup(
    name=NAME,
    version=PACKAGE.findtext("version"),
    description=PACKAGE.findtext("description"),
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    maintainer=PACKAGE.findtext("maintainer"),
    maintainer_email=PACKAGE.find("maintainer").get("email"),
    license=PACKAGE.findtext("license"),
    keywords=["ROS", "robotics", "segmentation", "background", "normalizing flow"],
    python_requires=">=3.10",
    packages=find_packages(include=["bgflow_ros*", "bgflow_rooms*", "bgflow_train*"]),
    package_data={
        "bgflow_ros": ["py.typed", "segmentation/manifest.schema.json"],
        "bgflow_rooms": ["py.typed"],
        "bgflow_train": ["py.typed", "data/splits.json", "data/generalization/*.json"],
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *shared("config"),
        *shared("launch"),
        *shared("models"),
    ],
    zip_safe=False,
    install_requires=requirements("robot"),
    extras_require={extra: requirements(extra) for extra in EXTRAS},
    entry_points={
        "console_scripts": [
            "bgflow = bgflow_ros.tools.cli.main:main",
            "segment = bgflow_ros.node.segment:main",
        ],
        "bgflow.verbs": [
            "segment = bgflow_ros.tools.cli.segment",
            "doctor = bgflow_ros.tools.cli.doctor",
            "view = bgflow_ros.tools.cli.view",
            "expert = bgflow_train.cli.expert",
            "train = bgflow_train.cli.train",
            "fit = bgflow_train.cli.fit",
            "reproduce = bgflow_train.cli.reproduce",
            "collect = bgflow_train.cli.collect",
            "compare = bgflow_train.cli.compare",
            "contrast = bgflow_train.cli.contrast",
            "peers = bgflow_train.cli.peers",
            "benchmark = bgflow_ros.tools.cli.benchmark",
            "rooms = bgflow_rooms.cli.rooms",
            "drives = bgflow_rooms.cli.drives",
            "odometry = bgflow_train.cli.odometry",
            "export = bgflow_train.cli.export",
            "quantize = bgflow_train.cli.quantize",
            "evaluate = bgflow_train.cli.evaluate",
        ],
        "bgflow.benchmarks": [
            "node = bgflow_ros.tools.cli.benchmark_node",
            "systems = bgflow_train.cli.benchmark_systems",
            "training = bgflow_train.cli.benchmark_training",
        ],
    },
)
