# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Build script for pip and colcon; package.xml holds the metadata, requirements/ the dependencies."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

# colcon build --symlink-install runs a link to this file in a folder that lacks most of the others.
ROOT = Path(__file__).resolve().parent
PACKAGE = ElementTree.parse(ROOT / "package.xml").getroot()
EXTRAS = ("ros", "ros-jazzy", "openvino", "fleet", "adapt", "train", "slam", "view", "test", "lint", "render", "peers")
NAME = PACKAGE.findtext("name")

# A robot needs neither the tools that make models nor the generator of rooms. colcon and the ROS build farm run this
# file themselves and get the robot's package alone. pip runs it through setuptools' build backend and gets all
# packages, whose dependencies come with the extras train and render. ROS has no extras to choose by; the way of
# building tells the two apart without a setting that somebody would have to know.
WITH_PIP = "setuptools.build_meta" in sys.modules
PARTS = ("bgflow_ros", "bgflow_rooms", "bgflow_train") if WITH_PIP else ("bgflow_ros",)
# Only packages that are here: the folder of colcon build --symlink-install, which recent versions of setuptools hand
# to pip, has links to the robot's package alone.
PACKAGES = find_packages(include=[f"{part}*" for part in PARTS])


def requirements(name: str) -> list[str]:
    """Requirements of requirements/NAME.txt."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def shared(folder: str) -> list[tuple[str, list[str]]]:
    """Every file under a folder of the repository, for the folder of the same name in share/bgflow."""
    paths = sorted(path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
    files = [path.relative_to(ROOT) for path in paths]
    return [(f"share/{NAME}/{file.parent.as_posix()}", [file.as_posix()]) for file in files]


def importable(entry_points: list[str]) -> list[str]:
    """Entry points whose modules belong to the packages that are installed."""
    return [entry for entry in entry_points if entry.partition(" = ")[2].partition(".")[0] in PACKAGES]


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
    packages=PACKAGES,
    package_data={
        "bgflow_ros": ["py.typed", "segmentation/manifest.schema.json"],
        "bgflow_rooms": ["py.typed"],
        "bgflow_train": ["py.typed", "data/*.json", "data/*/*.json"],
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
            "patrol = bgflow_ros.node.patrol:main",
        ],
        "bgflow.verbs": importable(
            [
                "benchmark = bgflow_ros.tools.cli.benchmark",
                "doctor = bgflow_ros.tools.cli.doctor",
                "fleet = bgflow_ros.tools.cli.fleet",
                "segment = bgflow_ros.tools.cli.segment",
                "view = bgflow_ros.tools.cli.view",
                "drives = bgflow_rooms.cli.drives",
                "rooms = bgflow_rooms.cli.rooms",
                "adapt = bgflow_train.cli.adapt",
                "buildings = bgflow_train.cli.buildings",
                "collect = bgflow_train.cli.collect",
                "compare = bgflow_train.cli.compare",
                "contrast = bgflow_train.cli.contrast",
                "costmaps = bgflow_train.cli.costmaps",
                "evaluate = bgflow_train.cli.evaluate",
                "expert = bgflow_train.cli.expert",
                "export = bgflow_train.cli.export",
                "fit = bgflow_train.cli.fit",
                "ghosts = bgflow_train.cli.ghosts",
                "latents = bgflow_train.cli.latents",
                "maps = bgflow_train.cli.maps",
                "odometry = bgflow_train.cli.odometry",
                "patrols = bgflow_train.cli.patrols",
                "peers = bgflow_train.cli.peers",
                "quantize = bgflow_train.cli.quantize",
                "relocalize = bgflow_train.cli.relocalize",
                "reproduce = bgflow_train.cli.reproduce",
                "thresholds = bgflow_train.cli.thresholds",
                "train = bgflow_train.cli.train",
            ]
        ),
        "bgflow.benchmarks": importable(
            [
                "estimate = bgflow_train.cli.benchmark_estimate",
                "node = bgflow_ros.tools.cli.benchmark_node",
                "systems = bgflow_train.cli.benchmark_systems",
                "training = bgflow_train.cli.benchmark_training",
            ]
        ),
    },
)
