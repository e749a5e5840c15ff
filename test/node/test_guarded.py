# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A node whose callbacks raise, over real DDS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from lifecycle_msgs.msg import State
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger
from support.robot import DOMAIN, Robot

from bgflow_ros.node.guarded import Guarded, transition


class Raising(Guarded, LifecycleNode):
    """Each callback raises, and counts."""

    def __init__(self, context: Any) -> None:
        super().__init__("raising", context=context)
        self.timer_calls = self.messages = 0
        self.create_timer(0.05, self.tick)
        self.create_subscription(String, "text", self.hear, 10)
        self.create_service(Trigger, "~/now", self.serve)
        self.create_service(SetBool, "~/later", self.serve_later)

    def tick(self) -> None:
        self.timer_calls += 1
        raise RuntimeError(f"tick {self.timer_calls}")

    def hear(self, message: String) -> None:
        self.messages += 1
        raise ValueError(message.data)

    def serve(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        raise KeyError("now")

    async def serve_later(self, _: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        raise OSError("later")

    @transition
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        raise RuntimeError("no model")


@pytest.fixture
def robot() -> Iterator[Robot]:
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    robot = Robot()
    yield robot
    robot.close()


def test_callbacks_that_raise_end_nothing_and_are_told(robot: Robot, capfd: pytest.CaptureFixture[str]) -> None:
    assert DOMAIN
    node = Raising(robot.context)
    executor = robot.executor
    assert isinstance(executor, SingleThreadedExecutor)
    executor.add_node(node)
    publisher = robot.node.create_publisher(String, "text", 10)

    def all_called() -> bool:
        publisher.publish(String(data="a word"))
        return node.timer_calls > 5 and node.messages > 5

    assert robot.until(all_called)
    answer = robot.call(Trigger, "raising/now", Trigger.Request())
    assert not answer.success
    assert answer.message == "serve failed: KeyError: 'now'"
    answer = robot.call(SetBool, "raising/later", SetBool.Request())
    assert not answer.success
    assert answer.message == "serve_later failed: OSError: later"
    assert node.failure[1]
    calls = node.timer_calls
    assert robot.until(lambda: node.timer_calls > calls)
    node.trigger_configure()
    assert node.refusal == "on_configure: RuntimeError: no model"
    assert node._state_machine.current_state[0] in (State.PRIMARY_STATE_UNCONFIGURED, State.PRIMARY_STATE_FINALIZED)
    said = capfd.readouterr().err
    assert said.count("tick failed: RuntimeError: tick 1") == 1
    assert "tick 2" not in said, "not ten times a second"
    assert "hear failed: ValueError: a word" in said
    assert said.count("on_configure: RuntimeError: no model") == 1
    node.destroy_node()
