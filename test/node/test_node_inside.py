# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Behaviour of the node that cannot be observed from outside its process."""

from __future__ import annotations

import gc
import os
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from support.robot import DOMAIN, LOCAL, PATIENCE, image

from bgflow_ros.node import heap
from bgflow_ros.node.node import SegmenterNode
from bgflow_ros.node.running import Executor
from bgflow_ros.segmentation.segmenter import Segmentation


@pytest.fixture
def node(tiny: Path) -> Iterator[SegmenterNode]:
    os.environ.update(LOCAL)
    # A node of its own name: what the garbage collector has not found yet of it stays in the graph of this process.
    arguments = ["-r", "__node:=inside", "-p", f"model:={tiny}", "-p", "threads:=1"]
    rclpy.init(args=["--ros-args", *arguments], domain_id=DOMAIN)
    node = SegmenterNode()
    node.trigger_configure()
    node.trigger_activate()
    yield node
    node.stop()
    node.destroy_node()
    rclpy.try_shutdown()  # else the test has done it


def answer(node: SegmenterNode, message: Image) -> None:
    assert node._pipeline is not None
    node._pipeline.answer(message)


class Spy:
    """Keeps what the segmenter gave."""

    def __init__(self, node: SegmenterNode) -> None:
        self.seen: list[Segmentation] = []
        assert node._pipeline is not None
        self.segment = node._pipeline.segment
        node._pipeline.segment = self

    def __call__(self, rgb: np.ndarray) -> Segmentation:
        self.seen.append(self.segment(rgb))
        return self.seen[-1]


def test_nothing_is_inferred_for_nobody_and_nothing_computed_that_nobody_takes(node: SegmenterNode) -> None:
    spy = Spy(node)
    answer(node, image(np.zeros((48, 64, 3), np.uint8)))
    assert spy.seen == []
    node.create_subscription(Image, "~/foreground_mask", lambda message: None, 10)
    deadline = time.monotonic() + PATIENCE
    while not spy.seen and time.monotonic() < deadline:
        answer(node, image(np.zeros((48, 64, 3), np.uint8)))
        time.sleep(0.05)
    computed = vars(spy.seen[0])
    assert "foreground" in computed
    assert not {"likelihood", "static", "ignore", "overlay"} & computed.keys()


def test_frames_that_come_during_inference_are_dropped_but_for_the_newest(node: SegmenterNode) -> None:
    answered: list[str] = []

    def slow(message: Image) -> None:
        answered.append(message.header.frame_id)
        time.sleep(0.3)

    assert node._pipeline is not None
    node._pipeline._worker._handle = slow
    node.create_subscription(Image, "~/foreground_mask", lambda message: None, 10)  # else no frame is read
    camera = rclpy.create_node("camera")
    publisher = camera.create_publisher(Image, "image", 10)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    frames = 0
    deadline = time.monotonic() + PATIENCE
    while len(answered) < 5 and time.monotonic() < deadline:
        message = image(np.zeros((48, 64, 3), np.uint8))
        message.header.frame_id = str(frames)
        publisher.publish(message)
        frames += 1
        executor.spin_once(timeout_sec=0.05)
    camera.destroy_node()
    assert len(answered) >= 5
    assert node.drops.counts["superseded"] >= 3
    # Far from a queue of ten: what is answered next is what came last.
    numbers = [int(name) for name in answered]
    assert numbers == sorted(numbers)
    assert numbers[-1] >= frames - 12


def test_frames_that_nobody_needs_stay_in_the_middleware(node: SegmenterNode) -> None:
    arrived: list[str] = []
    assert node._pipeline is not None
    node._pipeline.mailbox.put = lambda message: arrived.append(message.header.frame_id)  # type: ignore[method-assign]
    camera = rclpy.create_node("camera")
    publisher = camera.create_publisher(Image, "image", 10)
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def show(frame_ids: list[str]) -> None:
        for frame_id in frame_ids:
            message = image(np.zeros((48, 64, 3), np.uint8))
            message.header.frame_id = frame_id
            publisher.publish(message)
            executor.spin_once(timeout_sec=0.05)

    show([f"unwanted {number}" for number in range(40)])
    assert arrived == []
    assert publisher.get_subscription_count() == 1  # the node would notice a camera
    node.create_subscription(Image, "~/overlay", lambda message: None, 10)
    deadline = time.monotonic() + PATIENCE
    while "wanted" not in arrived and time.monotonic() < deadline:
        show(["wanted"])
    camera.destroy_node()
    assert "wanted" in arrived
    # One at most from before: the subscription's depth.
    assert sum(frame_id.startswith("unwanted") for frame_id in arrived) <= 1


def test_inference_that_fails_costs_the_frame_not_the_node(node: SegmenterNode) -> None:
    def fail(rgb: np.ndarray) -> Segmentation:
        raise RuntimeError("out of memory")

    node.create_subscription(Image, "~/static_mask", lambda message: None, 10)
    assert node._pipeline is not None
    node._pipeline.segment = fail
    deadline = time.monotonic() + PATIENCE
    while not node.drops.counts and time.monotonic() < deadline:
        answer(node, image(np.zeros((48, 64, 3), np.uint8)))
        time.sleep(0.05)
    assert node.drops.counts["inference failed"] == 1


def test_a_frame_that_is_at_work_when_ros_shuts_down_is_let_go_without_a_word(node: SegmenterNode) -> None:
    rclpy.shutdown()
    answer(node, image(np.zeros((48, 64, 3), np.uint8)))
    assert not node.drops.counts


def test_an_executor_that_an_interrupt_keeps_from_being_made_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    rclpy.shutdown(context=context)
    with pytest.raises(RuntimeError, match="context"):
        Executor(context=context)
    gc.collect()
    assert not said


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Times at which a node that is created after this fixture returned memory."""
    times: list[float] = []
    monkeypatch.setattr(heap, "PERIOD", 0.1)
    monkeypatch.setattr(heap, "give_back_freed_memory", lambda: times.append(time.monotonic()))
    return times


def test_what_lies_free_is_given_back_again_and_again(given_back: list[float], node: SegmenterNode) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(given_back) < 5 and time.monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.05)
    assert len(given_back) >= 5
    assert given_back[4] - given_back[1] > 0.1


def test_what_a_transition_leaves_is_freed_with_the_next_report(node: SegmenterNode) -> None:
    assert node._inference is not None
    assert node._pipeline is not None
    was_active, model = weakref.ref(node._pipeline), weakref.ref(node._inference.segmenter)
    node.trigger_deactivate()
    node._report()
    assert was_active() is None
    assert model() is not None
    node.trigger_cleanup()
    node._report()
    assert model() is None
