# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The real node, a process of its own, over real DDS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from support import tiny_model

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage
from support.made_images import HEIGHT, RAW, WIDTH, exif
from support.robot import PATIENCE, Robot, Segment, image, model, pixels

ROOT = Path(__file__).resolve().parents[2]
BOTH = {"reliable": ReliabilityPolicy.RELIABLE, "best effort": ReliabilityPolicy.BEST_EFFORT}
OUTPUTS = {
    "likelihood": "32FC1",
    "foreground_mask": "mono8",
    "static_mask": "mono8",
    "ignore_mask": "mono8",
    "overlay": "rgb8",
}
MASK = "segmenter/foreground_mask"


def scene(width: int = 640, height: int = 480) -> np.ndarray:
    """Dark on the left, bright on the right."""
    rgb = np.full((height, width, 3), 230, np.uint8)
    rgb[:, : width // 2] = 20
    return rgb


@pytest.fixture
def robot() -> Iterator[Robot]:
    robot = Robot()
    yield robot
    robot.close()


@pytest.fixture(scope="module")
def shared_node(tiny: Path) -> Iterator[Segment]:
    """One node, in a namespace of its own, for the tests that leave it as it was."""
    segment = Segment(model(tiny), ("__ns:=/shared",))
    yield segment
    segment.close()


@pytest.fixture(scope="module")
def shared(shared_node: Segment) -> Iterator[Robot]:
    """A robot beside the shared node."""
    robot = Robot("shared")
    assert robot.until(lambda: robot.state() == "active"), shared_node.log()
    yield robot
    robot.close()


def test_every_output_has_the_frame_s_header_size_and_values(shared: Robot) -> None:
    for name in OUTPUTS:
        shared.subscribe(f"segmenter/{name}")
    shared.subscribe("segmenter/camera_info", CameraInfo)
    received = [shared.received[f"segmenter/{name}"] for name in (*OUTPUTS, "camera_info")]

    def answered_on_every_topic() -> set[str]:
        shared.show(image(scene()))
        return set.intersection(*({message.header.frame_id for message in messages} for messages in received))

    assert shared.until(answered_on_every_topic)
    shown = answered_on_every_topic().pop()
    answers = {
        name: next(message for message in messages if message.header.frame_id == shown)
        for name, messages in zip((*OUTPUTS, "camera_info"), received, strict=True)
    }
    for name, answer in answers.items():
        assert answer.header.stamp.nanosec == 123_456_789, name
        assert answer.header.stamp.sec == 1000 + int(shown.removeprefix("camera_")), name
        assert (answer.width, answer.height) == (640, 480), name
    for name, encoding in OUTPUTS.items():
        assert answers[name].encoding == encoding
        assert answers[name].is_bigendian == 0
        assert answers[name].step * answers[name].height == len(answers[name].data)
    masks = {name: pixels(answers[name]) for name in OUTPUTS}
    left, right = np.s_[:, :280], np.s_[:, 360:]
    assert masks["likelihood"][left].max() < 0.01
    assert masks["likelihood"][right].min() > 0.99
    assert (masks["foreground_mask"][left] == 255).all()
    assert (masks["foreground_mask"][right] == 0).all()
    assert (masks["static_mask"][right] == 255).all()
    assert (masks["static_mask"][left] == 0).all()
    assert (masks["ignore_mask"] == 255 - masks["static_mask"]).all()
    assert (masks["overlay"][left] != scene()[left]).any()


WALL, SOFA = np.s_[60:200, 150:225], np.s_[290:400, 220:500]
"""Parts of the first frame of the rendered room."""


@pytest.mark.parametrize(
    "name", sorted(folder.name for folder in (ROOT / "models").iterdir() if folder.name != "default")
)
def test_every_other_packaged_model_finds_the_wall_likelier_than_the_sofa(
    robot: Robot, start, room: list[np.ndarray], name: str
) -> None:
    segment = start(model=name)
    robot.subscribe("segmenter/likelihood")
    assert robot.until(lambda: robot.state() == "active"), segment.log()
    answer = robot.ask(image(room[0]), "segmenter/likelihood")
    assert answer is not None, segment.log()
    likelihood = pixels(answer)
    assert likelihood[WALL].mean() > likelihood[SOFA].mean() + 0.2


def test_at_the_defaults_the_wall_is_static_and_the_sofa_foreground(
    robot: Robot, start, room: list[np.ndarray]
) -> None:
    segment = start(model="default")
    masks = {"segmenter/foreground_mask": (SOFA, WALL), "segmenter/static_mask": (WALL, SOFA)}
    for mask in masks:
        robot.subscribe(mask)
    assert robot.until(lambda: robot.state() == "active"), segment.log()
    for mask, (inside, outside) in masks.items():
        answer = robot.ask(image(room[0]), mask)
        assert answer is not None, segment.log()
        assert pixels(answer)[inside].mean() > 200, mask
        assert pixels(answer)[outside].mean() < 50, mask


def test_publishers_are_reliable_and_volatile(shared: Robot) -> None:
    for name in OUTPUTS:
        topic = f"/shared/segmenter/{name}"
        assert shared.until(lambda topic=topic: shared.node.get_publishers_info_by_topic(topic)), topic
        [info] = shared.node.get_publishers_info_by_topic(topic)
        assert info.qos_profile.reliability == ReliabilityPolicy.RELIABLE
        assert info.qos_profile.durability == DurabilityPolicy.VOLATILE


def test_a_qos_override_is_one_publisher_s_alone(robot: Robot, start) -> None:
    start(**{"qos_overrides./segmenter/likelihood.publisher.reliability": "best_effort"})
    found = {}
    for name in OUTPUTS:
        topic = f"/segmenter/{name}"
        assert robot.until(lambda topic=topic: robot.node.get_publishers_info_by_topic(topic)), topic
        [info] = robot.node.get_publishers_info_by_topic(topic)
        found[name] = info.qos_profile.reliability
    assert found.pop("likelihood") == ReliabilityPolicy.BEST_EFFORT
    assert set(found.values()) == {ReliabilityPolicy.RELIABLE}


def test_a_best_effort_camera_works(robot: Robot, start) -> None:
    start()
    robot.subscribe(MASK)
    # Small enough for best effort over the default transport, which loses what it must cut into pieces.
    assert robot.ask(image(scene(160, 120)), MASK, reliability=ReliabilityPolicy.BEST_EFFORT) is not None


def test_a_camera_that_comes_back_with_another_reliability_is_followed(robot: Robot, start) -> None:
    segment = start()
    robot.subscribe(MASK)
    message = image(scene(160, 120))
    for name in ("reliable", "best effort", "reliable"):
        line = f"published {name}: subscribing so"
        followed = segment.log().count(line) + 1

        def has_followed(line: str = line, followed: int = followed, name: str = name) -> bool:
            robot.show(message, reliability=BOTH[name])
            return segment.log().count(line) == followed

        assert robot.until(has_followed)
        assert robot.ask(message, MASK, reliability=BOTH[name]) is not None
        robot.unplug()


@pytest.fixture(scope="module")
def compressed(tiny: Path) -> Iterator[Robot]:
    """A robot beside a node that reads the compressed images of /head/color."""
    segment = Segment(model(tiny, image_transport="compressed"), ("__ns:=/compressed", "image:=/head/color"))
    robot = Robot("compressed")
    robot.subscribe(MASK)
    yield robot
    robot.close()
    segment.close()


def test_compressed_images_work_beside_the_remapped_name(compressed: Robot) -> None:
    for extension in (".jpg", ".png"):
        data = cv2.imencode(extension, scene())[1].tobytes()
        answer = compressed.ask(CompressedImage(format=extension[1:], data=data), MASK, topic="/head/color/compressed")
        assert (pixels(answer)[:, :280] == 255).all()


def test_every_encoding_is_answered_at_the_picture_s_size(shared: Robot) -> None:
    shared.subscribe(MASK)
    for encoding, raw in RAW.items():
        rows = np.ascontiguousarray(raw.reshape(raw.shape[0], -1)).view(np.uint8)
        message = image(rows, encoding, width=WIDTH, height=HEIGHT)
        answer = shared.ask(message, MASK)
        assert answer is not None, encoding
        assert (answer.width, answer.height) == (WIDTH, HEIGHT), encoding


def test_a_camera_of_12_bits_is_not_black(shared: Robot) -> None:
    shared.subscribe(MASK)
    grey = cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY)
    expected = shared.ask(image(grey, "mono8"), MASK)
    answer = shared.ask(image((grey.astype("<u2") << 4).view(np.uint8), "mono16", width=grey.shape[1]), MASK)
    assert 0 < (pixels(answer) > 0).mean() < 1
    np.testing.assert_array_equal(pixels(answer), pixels(expected))


def test_an_orientation_flag_does_not_turn_the_masks(compressed: Robot) -> None:
    plain = cv2.imencode(".jpg", scene())[1].tobytes()
    for orientation in (1, 3, 6, 8):
        flag = b"Exif\0\0" + exif(orientation)
        data = plain[:2] + b"\xff\xe1" + (len(flag) + 2).to_bytes(2, "big") + flag + plain[2:]
        answer = compressed.ask(CompressedImage(format="jpeg", data=data), MASK, topic="/head/color/compressed")
        assert (answer.width, answer.height) == (640, 480), orientation
        assert (pixels(answer)[:, :280] == 255).all(), orientation


def test_a_camera_that_changes_its_size_is_followed_at_once(shared: Robot) -> None:
    shared.subscribe(MASK)
    for width, height in ((640, 480), (320, 180), (90, 160), (100, 75)):
        answer = shared.ask(image(scene(width, height)), MASK)
        assert (answer.width, answer.height) == (width, height)


def test_bad_frames_are_told_counted_and_survived(shared: Robot, shared_node: Segment) -> None:
    shared.subscribe(MASK)
    good = image(scene())
    assert shared.ask(good, MASK) is not None
    bad = {
        "unknown encoding": image(scene(), "h264"),
        "truncated data": image(scene(), height=481),
        "zero size": image(scene(), width=0, height=0),
        "wrong step": image(scene(), step=5),
    }

    def told(cause: str) -> bool:
        # Again and again, as the first ones can fall into the moment in which the node subscribes as the camera does.
        shared.show(bad[cause])
        return shared.until(lambda: cause in shared_node.log(), 0.1)

    for cause in bad:
        assert shared.until(lambda cause=cause: told(cause)), cause
        assert shared.ask(good, MASK) is not None, cause
    for cause in bad:
        assert shared_node.log().count(f"frame, {cause}") == 1, "one message a cause every ten seconds"
    assert "Traceback" not in shared_node.log()


def test_thresholds_change_while_it_runs(robot: Robot, start) -> None:
    start()
    robot.subscribe(MASK)
    grey = image(np.full((96, 128, 3), 130, np.uint8))  # likelihood 0.54
    assert robot.get("foreground_threshold") == tiny_model.FOREGROUND
    assert robot.get("static_threshold") == tiny_model.STATIC
    assert not pixels(robot.ask(grey, MASK)).any()
    assert robot.set(foreground_threshold=0.6).successful
    assert pixels(robot.ask(grey, MASK)).all()
    assert robot.set(foreground_threshold=0.8, static_threshold=0.9).successful, "both together"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"foreground_threshold": 0.9}, "static_threshold would be 0.7, below foreground_threshold 0.9"),
        ({"static_threshold": 0.1}, "static_threshold would be 0.1, below"),
        ({"static_threshold": 1.0}, "between 0 and 1, both excluded"),
        ({"foreground_threshold": 0.0}, "between 0 and 1, both excluded"),
        ({"foreground_threshold": -1.0}, "only an unconfigured node"),
        ({"foreground_threshold": float("nan")}, ""),
        ({"foreground_threshold": 7.0}, "range"),
        ({"max_rate": -5.0}, "range"),
        ({"max_rate": -0.5}, "0 for no limit, or -1"),
        ({"model": "other"}, "clean up the node first"),
        ({"image_qos": "reliable"}, "clean up the node first"),
    ],
)
def test_invalid_changes_are_refused_with_a_reason(shared: Robot, change: dict, reason: str) -> None:
    [(name, value)] = change.items()
    before = shared.get(name)
    result = shared.set(**{name: value})
    assert not result.successful
    assert reason in result.reason
    assert shared.get(name) == before


def test_setting_what_is_already_set_is_accepted(shared: Robot) -> None:
    # As `ros2 param load` does with everything that stands in a file.
    values = {name: shared.get(name) for name in ("model", "device", "threads", "image_qos", "autostart", "min_static")}
    assert shared.set(**values).successful
    assert not shared.set(**values | {"threads": 2}).successful


def test_parameters_are_described_with_their_ranges(shared: Robot) -> None:
    described = shared.describe("foreground_threshold")
    assert "foreground" in described.description
    assert (described.floating_point_range[0].from_value, described.floating_point_range[0].to_value) == (-1.0, 1.0)
    assert shared.describe("threads").integer_range[0].to_value == 256
    assert "reliable" in shared.describe("image_qos").additional_constraints


def test_a_lifecycle_manager_can_lead_it(robot: Robot, start) -> None:
    start(autostart="false")
    robot.subscribe(MASK)
    message = image(scene())
    assert robot.state() == "unconfigured"
    for _ in range(2):
        assert robot.change("configure")
        assert robot.state() == "inactive"
        assert robot.ask(message, MASK, seconds=1) is None
        assert robot.change("activate")
        assert robot.ask(message, MASK) is not None
        assert robot.change("deactivate")
        assert robot.ask(message, MASK, seconds=1) is None
        assert robot.change("cleanup")
    assert robot.state() == "unconfigured"


def test_the_next_model_brings_its_own_thresholds_but_the_user_s_stay(robot: Robot, start, tmp_path: Path) -> None:
    thresholds = {
        mask: {"likelihood": value, "level": 0.1, "guarantee": ""}
        for mask, value in (("foreground", 0.2), ("static", 0.9))
    }
    other = tiny_model.write(tmp_path / "other", thresholds=thresholds)
    start()
    assert robot.until(lambda: robot.state() == "active")
    assert robot.set(static_threshold=0.75).successful
    assert robot.change("deactivate")
    assert robot.change("cleanup")
    assert robot.set(model=str(other)).successful
    assert robot.change("configure")
    assert robot.get("foreground_threshold") == 0.2
    assert robot.get("static_threshold") == 0.75


@pytest.mark.parametrize(
    ("parameters", "messages"),
    [
        ({"model": "nosuch"}, ["no model 'nosuch'"]),
        (
            {"device": "tpu", "image_qos": "perhaps", "foreground_threshold": 0.9, "static_threshold": 0.5},
            [
                "device is 'tpu'; expected one of",
                "image_qos is 'perhaps'; expected one of",
                "static_threshold would be 0.5, below foreground_threshold 0.9",
            ],
        ),
        ({"foreground_threshold": 0.8}, ["static_threshold 0.7 is below foreground_threshold 0.8"]),
    ],
)
def test_what_cannot_be_configured_is_told_and_left_unconfigured(
    robot: Robot, start, parameters: dict, messages: list[str]
) -> None:
    segment = start(**parameters)
    assert robot.state() == "unconfigured"
    assert segment.log().count("[ERROR]") == 1
    for message in messages:
        assert message in segment.log()
    assert "Traceback" not in segment.log()


def test_an_altered_model_is_refused_and_a_mended_one_taken(robot: Robot, start, tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "m")
    whole = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(whole[:-5])
    segment = start(model=folder)
    assert robot.state() == "unconfigured"
    assert "has been altered" in segment.log()
    (folder / "model.onnx").write_bytes(whole)
    assert robot.change("configure")


def test_a_graph_beyond_the_bound_is_loaded_where_the_bound_is_raised(robot: Robot, start, tmp_path: Path) -> None:
    # A field of the model, number 6 of this length, in which ONNX keeps a description.
    description = b"\x32\x80\x80\x40" + bytes(1 << 20)
    folder = tiny_model.write(tmp_path / "large", tiny_model.FILE.read_bytes() + description)
    segment = start(model=folder, max_graph_mb=1)
    assert robot.until(lambda: "to load it, raise max_graph_mb" in segment.log())
    assert robot.state() == "unconfigured"
    assert robot.set(max_graph_mb=2).successful
    assert robot.change("configure")


def test_what_fails_in_a_library_is_told_too_and_left_unconfigured(robot: Robot, start) -> None:
    segment = start(**{"qos_overrides./segmenter/overlay.publisher.reliability": "perhaps"})
    assert robot.state() == "unconfigured"
    assert segment.log().count("[ERROR]") == 1
    assert not robot.change("configure")
    assert robot.state() == "unconfigured"


@pytest.mark.parametrize(
    "wrong", [{"max_rate": "fast"}, {"threads": 999}, {"autostart": 3}, {"foreground_threshold": 7.0}]
)
def test_a_parameter_of_the_wrong_kind_ends_it_with_one_line(start, wrong: dict) -> None:
    segment = start(**wrong)
    assert segment.process.wait(15) == 2
    assert "Traceback" not in segment.log()
    assert next(iter(wrong)) in segment.log()


def test_it_starts_with_the_packaged_parameter_file() -> None:
    segment = Segment({}, ("__ns:=/anywhere",), ROOT / "config/segment.yaml", afresh=True)
    other = Robot("anywhere")
    try:
        assert other.until(lambda: other.state() == "active")
        assert other.get("image_qos") == "auto"
    finally:
        other.close()
        segment.close()


def test_namespaces_and_remaps_keep_two_cameras_apart(shared: Robot, start) -> None:
    start("__ns:=/right", "image:=/right/color/raw")
    right = Robot("right")
    try:
        shared.subscribe(MASK)
        right.subscribe(MASK)
        assert shared.ask(image(scene()), MASK) is not None
        shared.received[MASK].clear()
        assert right.ask(image(scene(320, 240)), MASK, topic="color/raw").width == 320
        assert shared.ask(image(scene()), MASK) is not None
        assert {message.width for message in shared.received[MASK]} == {640}
    finally:
        right.close()


def test_the_node_tells_which_images_it_answers_by_itself(robot: Robot, start) -> None:
    start(max_rate=-1.0)
    robot.subscribe(MASK)
    robot.subscribe("/diagnostics", DiagnosticArray)
    message = image(scene(160, 120))

    def told() -> bool:
        robot.show(message)
        values = [value for report in robot.received["/diagnostics"] for value in report.status[0].values]
        return any(value.key == "pace" and "it takes" in value.value for value in values)

    assert robot.until(told, PATIENCE)
    assert robot.received[MASK]


def test_max_rate_thins_the_masks_out(robot: Robot, start) -> None:
    start(max_rate=5.0)
    robot.subscribe(MASK)
    message = image(scene(160, 120))
    assert robot.ask(message, MASK) is not None
    robot.until(lambda: False, 0.5)
    before, began = len(robot.received[MASK]), time.monotonic()
    for _ in range(60):  # two seconds at 30 Hz
        robot.show(message)
        robot.until(lambda: False, 1 / 30)
    allowed = 5 * (time.monotonic() - began)
    assert 0.6 * allowed <= len(robot.received[MASK]) - before <= allowed + 2
