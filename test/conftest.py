# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that many tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from functools import cache, partialmethod
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from support import tiny_model

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter

if TYPE_CHECKING:
    from soak.camera import FilmingRobot
    from support.robot import Segment

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "demo" / "room"
DATA = ROOT.parent / "shared" / "data"

if "bgflow_train" not in (distribution("bgflow").read_text("top_level.txt") or ""):
    collect_ignore = ["rooms", "train"]  # colcon installs the robot's package alone

LONGEST = [
    "faults",
    "training",
    "node",
    "reproduce",
    "faults_process",
    "benchmark_systems",
    "node_depth",
    "peers",
    "complaints",
    "pyramid",
    "demo",
    "expert",
    "topic_types",
    "view",
    "container",
    "bag_forms",
    "humble",
    "restarts",
]
"""Modules that take longest, those that mostly wait and those that mostly compute in turns."""
WITH_THE_LONGEST = {"training", "reproduce", "peers", "scores", "folds"}
"""Modules of test/train that together take half of its time, all that export a network among them: the first export of
a process takes five seconds more."""
GUARD = '\npytest.importorskip("rclpy"'
"""Line that marks a module whose tests all need ROS."""

if os.environ.get("BGFLOW_TEST_ROS") == "humble":
    from support import humble

    humble.take_away()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Accept the time limit of pyproject.toml even if pytest-timeout is missing."""
    if not pluginmanager.hasplugin("timeout"):
        parser.addini("timeout", "seconds that a test may take")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Shorten long ids: they enter the environment, and `colcon test` hangs on a line over 64 KiB."""
    text = ascii(val)
    return f"{text[:40]}..." if isinstance(val, (str, bytes)) and len(text) > 80 else None


@cache
def guarded(path: str) -> bool:
    """Tell whether all tests of a module need ROS."""
    return GUARD in Path(path).read_text(encoding="utf-8")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of modules that need ROS."""
    if guarded(item.module.__file__):  # type: ignore[attr-defined]
        item.add_marker(pytest.mark.ros)


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist keep the order of the modules, which it would sort by their numbers of tests."""
    config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give each process whole modules, and all of test/train to two of them, which share what a process makes once."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            if not module.startswith("test/train/"):
                return module
            return f"test/train {Path(module).stem.removeprefix('test_') in WITH_THE_LONGEST}"

    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the modules that take longest, each of which would otherwise run alone at the end."""

    def place(item: pytest.Item) -> int:
        name = item.module.__name__.rpartition(".")[2].removeprefix("test_")  # type: ignore[attr-defined]
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)  # the others stay in their random order


def pytest_collection_finish() -> None:
    """Exempt what was imported from garbage collection: it stays, and looking through it takes half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a model whose likelihood is brightness."""
    return tiny_model.write(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def uncovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch coverage off in child processes, where it would meet the same full disk."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def segmenter(tiny: Path) -> Segmenter:
    return Segmenter(Model.load(tiny), device="cpu", threads=1)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the third-party images, which not every machine has."""
    if not DATA.is_dir():
        pytest.skip("needs the third-party images in ../shared/data")
    return DATA


@pytest.fixture(scope="session")
def room() -> list[np.ndarray]:
    """Four RGB frames of the rendered room."""
    capture = cv2.VideoCapture(str(ROOM / "rgb.mp4"))
    frames = []
    for number in range(0, 240, 60):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        frames.append(cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB))
    capture.release()
    return frames


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of small data sets in the layout of the real ones."""
    return pytest.importorskip("support.made_rooms", reason="needs the train extra").write(
        tmp_path_factory.mktemp("data")
    )


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in the layout of `bgflow rooms`: nine rooms to fit, one to validate."""
    made_rooms = pytest.importorskip("support.made_rooms", reason="needs the train extra")
    return made_rooms.write_rendered(tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def splits(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the committed splits by those of the small data sets."""
    from support import made_rooms

    from bgflow_train.data.splits import Splits

    monkeypatch.setattr(Splits, "load", classmethod(lambda cls: made_rooms.splits_of(made)))


@pytest.fixture(scope="module")
def few_blocks() -> Iterator[None]:
    """Make EfficientNet-Lite0 with one block in each stage."""
    from support import few_blocks

    with pytest.MonkeyPatch.context() as patch:
        few_blocks.replace(patch)
        yield


@pytest.fixture(scope="module")
def fast_learning() -> Iterator[None]:
    """Let flows learn in few epochs of few samples: enough and long steps."""
    from bgflow_train.model.densities.flow import Flow

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flow, "BATCH", 128)
        patch.setattr(Flow, "RATE", 1e-2)
        yield


@pytest.fixture
def few_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hybrid flows be fitted in seconds: to the cells of few crops, for few epochs."""
    from bgflow_train.model.densities import HybridFlow

    monkeypatch.setattr("bgflow_train.model.fitting_data.CROPS", 24)
    monkeypatch.setattr(HybridFlow, "__init__", partialmethod(HybridFlow.__init__, epochs=3))


@pytest.fixture
def few_views(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small data sets do for the contrast: few views without a room, and images whose names tell no rooms."""
    monkeypatch.setattr("bgflow_train.export.reporting.group_rooms", lambda ids: [ids])
    monkeypatch.setattr("bgflow_train.evaluation.contrast.IMAGES", 3)


@pytest.fixture
def robot() -> Iterator[FilmingRobot]:
    """Robot whose small camera publishes whenever a test waits."""
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    from soak.camera import SLOW, FilmingRobot

    robot = FilmingRobot(SLOW)
    yield robot
    robot.close()


@pytest.fixture
def start(tiny: Path) -> Iterator[Callable[..., Segment]]:
    """Function that starts nodes with the tiny model and other parameters; the nodes end after the test."""
    from support.robot import PROGRAM, Segment, model

    started: list[Segment] = []

    def start(
        *remappings: str, program: tuple[str, ...] = PROGRAM, afresh: bool = False, **parameters: object
    ) -> Segment:
        started.append(Segment(model(tiny) | parameters, remappings, program=program, afresh=afresh))
        return started[-1]

    yield start
    for segment in started:
        segment.close()
