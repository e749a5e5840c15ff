# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The node beside Nav2: parameters, a costmap and a lifecycle manager by Nav2's own rules, over real DDS."""

from __future__ import annotations

import ast
import copy
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from support.consumers import ExactTime
from support.robot import Robot, Segment, image, model

from bgflow_ros.launching.arguments import MANAGER as LAUNCHED
from bgflow_train.studies.costmaps.voxel_layer import LAYER, SOURCE, VoxelLayer

ROOT = Path(__file__).resolve().parents[2]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "config" / "nav2_costmap.yaml").read_text())
COSTMAP: dict[str, Any] = FILE["local_costmap"]["local_costmap"]["ros__parameters"]
MANAGER: dict[str, Any] = FILE["/**/lifecycle_manager_segmenter"]["ros__parameters"]
LAUNCH = ROOT / "launch" / "nav2.launch.py"

# nav2_costmap_2d, src/costmap_2d_ros.cpp, as far as our file uses it.
COSTMAP_TYPES = {"rolling_window": bool, "width": int, "height": int, "resolution": float, "plugins": list}
SOURCE_TYPES = {name: type(default) for name, default in SOURCE.items()} | {"topic": str}
OBSTACLE_TYPES = {"plugin": str, "min_obstacle_height": float, "max_obstacle_height": float, "observation_sources": str}
LAYER_TYPES: dict[str, dict[str, type]] = {
    "nav2_costmap_2d::ObstacleLayer": OBSTACLE_TYPES,
    "nav2_costmap_2d::VoxelLayer": OBSTACLE_TYPES
    | {name: type(default) for name, default in LAYER.items()}
    | {"mark_threshold": int},
    # plugins/inflation_layer.cpp.
    "nav2_costmap_2d::InflationLayer": {"plugin": str, "inflation_radius": float, "cost_scaling_factor": float},
}
# nav2_lifecycle_manager, src/lifecycle_manager.cpp.
MANAGER_TYPES = {"node_names": list, "autostart": bool, "bond_timeout": float}

SENSOR_DATA = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Quality of service of the layer's subscriptions (plugins/obstacle_layer.cpp)."""

WIDTH, HEIGHT, FOCAL = 160, 120, 120.0
CX, CY = (WIDTH - 1) / 2, (HEIGHT - 1) / 2
ROTATION = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation from the optical frame to one whose x is ahead and z up (REP-103): the camera looks ahead."""
CAMERA = np.array([0.0, 0.0, 1.0])
WALL = 4.0
BOX = np.s_[56:104, 24:56]
BOX_X, BOX_Y = (2.02, 2.02), (0.42, 0.9)
LAMP, LAMP_DISTANCE = np.s_[0:8, 120:152], 2.5
CARPET = np.s_[112:120, 96:152]
"""Dark, but above two metres; dark, but on the floor."""


def flat(given: dict[str, Any], types: dict[str, type], where: str) -> None:
    """Check names and types of one level."""
    for name, value in given.items():
        assert name in types, f"{where}: {name}"
        assert type(value) is types[name], f"{where}: {name}"


def test_every_parameter_is_one_that_nav2_declares_with_this_type() -> None:
    plugins = COSTMAP["plugins"]
    flat({name: value for name, value in COSTMAP.items() if name not in plugins}, COSTMAP_TYPES, "local_costmap")
    for plugin in plugins:
        layer = COSTMAP[plugin]
        sources = layer.get("observation_sources", "").split()
        assert {name for name, value in layer.items() if isinstance(value, dict)} == set(sources)
        own = {name: value for name, value in layer.items() if name not in sources}
        flat(own, LAYER_TYPES[layer["plugin"]], plugin)
        for source in sources:
            flat(layer[source], SOURCE_TYPES, f"{plugin}.{source}")
            assert layer[source]["data_type"] in {"LaserScan", "PointCloud2"}
    flat(MANAGER, MANAGER_TYPES, "lifecycle_manager_segmenter")


def test_the_traps_are_avoided() -> None:
    layer = COSTMAP["foreground_layer"]
    foreground, depth = layer["foreground"], layer["depth"]
    assert layer["z_voxels"] <= 16
    assert layer["z_voxels"] * layer["z_resolution"] == layer["max_obstacle_height"]
    assert foreground["max_obstacle_height"] == layer["max_obstacle_height"], "the default of a source is 0.0"
    assert depth["min_obstacle_height"] < 0, "the floor ends rays too"
    assert depth["raytrace_max_range"] > foreground["obstacle_max_range"], "what can be marked can be cleared"
    assert min(COSTMAP["width"], COSTMAP["height"]) / 2 >= foreground["obstacle_max_range"]
    assert (foreground["marking"], foreground["clearing"]) == (True, False)
    assert (depth["marking"], depth["clearing"]) == (False, True)
    assert MANAGER["bond_timeout"] == 0.0


class Scene:
    """A bright room, in which there may be a dark box; a dark lamp and a dark carpet are always there."""

    def __init__(self, box: bool) -> None:
        v = np.arange(HEIGHT, dtype=np.float32)[:, None]
        with np.errstate(divide="ignore"):
            floor = np.where(v > CY, CAMERA[2] * FOCAL / (v - CY), np.inf)
        self.depth = np.minimum(floor, WALL) * np.ones((1, WIDTH), np.float32)
        self.depth[LAMP] = LAMP_DISTANCE
        rgb = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
        rgb[LAMP] = rgb[CARPET] = 5
        if box:
            rgb[BOX], self.depth[BOX] = 5, BOX_X[0]
        self._colour = image(rgb)
        self._depth = image(self.depth.astype(np.float32).view(np.uint8), "32FC1", width=WIDTH)
        self._info = CameraInfo(width=WIDTH, height=HEIGHT)
        self._info.k = [FOCAL, 0.0, CX, 0.0, FOCAL, CY, 0.0, 0.0, 1.0]

    def show(self, robot: Robot, number: int) -> None:
        """Publish it as frame `number`."""
        for topic, message in (("camera_info", self._info), ("depth", self._depth), ("image", self._colour)):
            message.header.frame_id = "camera"
            message.header.stamp.sec = 1000 + number
            robot.publisher(type(message), topic, ReliabilityPolicy.RELIABLE).publish(message)


def xyz(cloud: PointCloud2) -> np.ndarray:
    """Points of a cloud of three floats each, N x 3."""
    assert [(f.name, f.offset, f.datatype, f.count) for f in cloud.fields] == [
        (name, 4 * axis, 7, 1) for axis, name in enumerate("xyz")
    ]
    assert len(cloud.data) == cloud.width * cloud.height * cloud.point_step
    return np.frombuffer(cloud.data, np.float32).reshape(-1, 3)


def full_cloud(depth: Image, info: CameraInfo) -> np.ndarray:
    """Convert depth to points as depth_image_proc does (include/depth_image_proc/conversions.hpp)."""
    z = np.frombuffer(depth.data, np.float32).reshape(depth.height, depth.width)
    v, u = np.mgrid[: depth.height, : depth.width]
    points = np.stack([(u - info.k[2]) * z / info.k[0], (v - info.k[5]) * z / info.k[4], z], axis=-1).reshape(-1, 3)
    return np.where(points[:, 2:] > 0, points, np.nan)


@pytest.fixture(scope="module")
def clouds(tiny: Path) -> Iterator[dict[str, dict[str, np.ndarray]]]:
    """Clouds that Nav2's sources receive of the room with the box, and without it."""
    segment, robot = Segment(model(tiny), ("__ns:=/nav",)), Robot("nav")
    try:
        assert robot.until(lambda: robot.state() == "active")
        foreground: dict[int, PointCloud2] = {}
        whole = ExactTime(2)  # image_transport's camera subscriber, by which depth_image_proc subscribes
        robot.node.create_subscription(
            PointCloud2,
            "segmenter/foreground_points",
            lambda message: foreground.__setitem__(message.header.stamp.sec, message),
            SENSOR_DATA,
        )
        for stream, (kind, topic) in enumerate(((Image, "depth"), (CameraInfo, "camera_info"))):

            def take(message: Any, stream: int = stream) -> None:
                whole.add(stream, message.header.stamp.sec * 10**9, message)

            robot.node.create_subscription(kind, topic, take, SENSOR_DATA)
        found, number = {}, 0
        for name, scene in (("box", Scene(box=True)), ("empty", Scene(box=False))):
            first = 1001 + number
            whole.sets.clear()

            def answered() -> bool:
                nonlocal number
                number += 1
                scene.show(robot, number)  # noqa: B023 (called before the next turn)
                robot.until(lambda: False, 0.1)
                return bool(whole.sets) and any(stamp >= first for stamp in foreground)  # noqa: B023

            assert robot.until(answered), "no points ever came"
            latest = foreground[max(foreground)]
            assert latest.header.frame_id == "camera"
            depth, info = whole.sets[-1].values()
            found[name] = {"foreground": xyz(latest), "depth": full_cloud(depth, info)}
        yield found
    finally:
        robot.close()
        segment.close()


def act(layer: VoxelLayer, seen: dict[str, np.ndarray]) -> np.ndarray:
    """Update the layer with these clouds, and return its costs."""
    for name, source in layer.sources.items():
        source.buffer(seen[name], ROTATION, CAMERA, now=0.0)
    layer.update()
    return layer.lethal


def layer(**changes: dict[str, Any]) -> VoxelLayer:
    """The packaged layer; `changes` are of its sources."""
    costmap = copy.deepcopy(COSTMAP)
    for source, values in changes.items():
        costmap["foreground_layer"][source] |= values
    return VoxelLayer(costmap, "foreground_layer")


def test_a_dark_thing_is_marked_where_it_stands_and_nothing_else_is(clouds) -> None:
    nav2 = layer()
    lethal = act(nav2, clouds["box"])
    box = nav2.cells(BOX_X, BOX_Y)
    assert lethal[box].mean() > 0.8
    around = nav2.cells((BOX_X[0] - 0.05, BOX_X[1] + 0.05), (BOX_Y[0] - 0.1, BOX_Y[1] + 0.1))
    lethal[around] = False
    assert not lethal.any(), "wall, lamp above two metres or carpet"


def test_it_is_gone_when_it_is_gone(clouds) -> None:
    nav2 = layer()
    assert act(nav2, clouds["box"]).any()
    assert not act(nav2, clouds["empty"]).any()


def test_without_clearing_a_ghost_stays(clouds) -> None:
    nav2 = layer(depth={"clearing": False})
    marked = act(nav2, clouds["box"]).copy()
    assert np.array_equal(act(nav2, clouds["empty"]), marked)


def test_foreground_alone_clears_nothing_of_what_has_left(clouds) -> None:
    nav2 = layer(foreground={"clearing": True}, depth={"clearing": False})
    act(nav2, clouds["box"])
    assert act(nav2, clouds["empty"]).any(), "no ray leads to where there is no foreground any more"


def test_with_nav2_s_default_heights_nothing_that_stands_is_marked(clouds) -> None:
    heights = {name: SOURCE[name] for name in ("min_obstacle_height", "max_obstacle_height")}
    nav2 = layer(foreground=heights)
    assert not act(nav2, clouds["box"])[nav2.cells(BOX_X, BOX_Y)].any()


def test_a_wall_is_not_marked_however_near(clouds) -> None:
    # What Nav2 would mark of the same camera's full depth, were the wall within its range, and the segmenter does not.
    ranges = {"obstacle_max_range": WALL + 3, "marking": True}
    depth = layer(depth=ranges | {"max_obstacle_height": 2.0})
    depth.corner[0] = -1.0  # the wall lies within the grid
    assert act(depth, clouds["empty"])[depth.cells((WALL, WALL), (-1.0, 1.0))].all()
    foreground = layer(foreground=ranges)
    foreground.corner[0] = -1.0
    assert not act(foreground, clouds["empty"])[foreground.cells((WALL, WALL), (0.0, 1.0))].any(), "see doc/nav2.md"


def test_a_silent_segmenter_makes_the_costmap_stale() -> None:
    nav2 = layer()
    source = nav2.sources["foreground"]
    source.buffer(np.empty((0, 3), np.float32), ROTATION, CAMERA, now=10.0)  # an empty cloud is a valid answer
    assert source.current(now=10.9)
    assert not source.current(now=11.1)


def test_nav2_s_lifecycle_manager_leads_the_node(tiny: Path) -> None:
    """Each step as LifecycleManager::changeStateForNode takes it: the call succeeds and the state is the expected."""
    expected = {
        Transition.TRANSITION_CONFIGURE: State.PRIMARY_STATE_INACTIVE,
        Transition.TRANSITION_ACTIVATE: State.PRIMARY_STATE_ACTIVE,
        Transition.TRANSITION_DEACTIVATE: State.PRIMARY_STATE_INACTIVE,
        Transition.TRANSITION_CLEANUP: State.PRIMARY_STATE_UNCONFIGURED,
        Transition.TRANSITION_UNCONFIGURED_SHUTDOWN: State.PRIMARY_STATE_FINALIZED,
    }
    configure, activate, deactivate, cleanup, shutdown = expected
    [name] = MANAGER["node_names"]
    segment, robot = Segment(model(tiny, autostart=False), ("__ns:=/led",)), Robot("led")
    try:
        assert robot.state() == "unconfigured", "it waits for its manager"
        # Startup, pause, resume, reset, startup, shutdown.
        steps = (configure, activate, deactivate, activate, deactivate, cleanup)
        for step in (*steps, configure, activate, deactivate, cleanup, shutdown):
            request = ChangeState.Request(transition=Transition(id=step))
            assert robot.call(ChangeState, f"{name}/change_state", request).success
            state = robot.call(GetState, f"{name}/get_state", GetState.Request()).current_state
            assert state.id == expected[step], state.label
            assert robot.node.count_publishers("/bond") == 0, "no bond, hence bond_timeout 0.0"
        assert segment.stop()[0] == 0
    finally:
        robot.close()
        segment.close()


def test_the_launch_file_s_topics_are_those_of_the_parameter_file() -> None:
    tree = ast.parse(LAUNCH.read_text())
    [sibling] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "sibling"]
    scope: dict[str, Any] = {}
    exec(compile(ast.Module([sibling], []), str(LAUNCH), "exec"), scope)
    assert scope["sibling"]("/camera/aligned_depth_to_color/image_raw") == "/camera/aligned_depth_to_color/camera_info"
    assert scope["sibling"]("depth") == "camera_info"
    pairs = [ast.literal_eval(node) for node in ast.walk(tree) if isinstance(node, ast.Tuple) and constant(node)]
    assert "/" + dict(pairs)["points"] == COSTMAP["foreground_layer"]["depth"]["topic"]
    assert f"/**/{LAUNCHED['name']}" in FILE


def constant(node: ast.Tuple) -> bool:
    """Return whether a tuple is written out."""
    return bool(node.elts) and all(isinstance(element, ast.Constant) for element in node.elts)


def test_the_launch_file_starts_segmenter_manager_and_cloud() -> None:
    # Not `launch`: the folder of that name beside the tests imports as an empty package.
    pytest.importorskip("launch_ros", reason="needs launch, from ROS")
    import launch

    module = runpy.run_path(str(LAUNCH))
    context = launch.LaunchContext()
    entities = module["generate_launch_description"]().entities
    for entity in entities[1:-1]:
        entity.execute(context)
    context.launch_configurations.update({"namespace": "head", "depth": "/depth/image"})
    group, cloud = entities[-1].execute(context)
    assert type(group).__name__ == "GroupAction", "Nav2's own argument autostart must not become false"
    segmenter, manager = (
        entity for entity in group.execute(context) if type(entity).__name__ in ("IncludeLaunchDescription", "Node")
    )
    assert dict(segmenter.launch_arguments) == {"autostart": "false"}
    assert (manager.node_package, cloud.node_package) == ("nav2_lifecycle_manager", "depth_image_proc")
    kinds = [type(entity).__name__ for entity in entities]
    assert [kinds[0], kinds[-1]] == ["OpaqueFunction"] * 2
    assert set(kinds[1:-1]) == {"DeclareLaunchArgument"}
