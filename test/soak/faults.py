# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a robot's surroundings: each function makes one, waits, and leaves all but the node as it was."""

from __future__ import annotations

import array
import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from support.robot import Segment, environment

from soak.camera import MASK, FilmingRobot

__all__ = ["FAULTS"]

Fault = Callable[[FilmingRobot, Segment, random.Random, float], None]
"""Function of the robot, its node, the random numbers that choose the details, and a factor on the time it takes."""
STALLING = """
import sys, rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image
rclpy.init()
node = Node("stalling")
node.create_subscription(Image, sys.argv[1], lambda mask: print("mask", flush=True), 10)
rclpy.spin(node)
"""


def silent(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    with robot.behaving(rate=0.0):
        robot.wait(max(2.0, chance.uniform(2, 7) * length))


def slow(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    with robot.behaving(rate=2.0):
        robot.wait(5 * length)


def fast(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    with robot.behaving(rate=200.0, size=(320, 240)):
        robot.wait(3 * length)


def restarted(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    robot.plug(chance.choice([ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT]))
    robot.wait(3 * length)
    robot.plug()
    robot.wait(2 * length)


def doubled(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    second = FilmingRobot()
    try:
        second.leave()
        for _ in range(round(60 * length)):
            second.wait(0.02)
            robot.wait(0.05)
    finally:
        second.close()


def resized(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    # The largest each time: buffers grow to the largest that they have seen, which is to happen once and early.
    sizes = [(1280, 720), *((chance.randrange(16, 1280, 2), chance.randrange(16, 720, 2)) for _ in range(5))]
    for size in sizes:
        with robot.behaving(size=size):
            robot.wait(0.5 * length)


def encoded_otherwise(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    for _ in range(6):
        with robot.behaving(encoding=chance.choice(["mono8", "bgr8", "bgra8"])):
            robot.wait(0.5 * length)


def spoilt(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    def spoil(message: Image) -> None:
        how = chance.randrange(6)
        if how == 0:
            message.encoding = "".join(chance.choices("abc8UC1", k=5))
        elif how == 1:
            message.data = message.data[: chance.randrange(len(message.data))]
        elif how == 2:
            message.width, message.height = chance.choice([(0, 480), (640, 0), (2**32 - 1, 2**32 - 1)])
        elif how == 3:
            message.step = chance.choice([0, 1, 2**32 - 1])
        elif how == 4:
            message.data = array.array("B")
        # else: a good one in between

    with robot.behaving(spoil=spoil):
        robot.wait(4 * length)


def stamped_wrongly(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    day = 86_400 * 10**9
    lies = [
        lambda now: now - day,
        lambda now: now + day,
        lambda now: 0,
        lambda now: now - now % 10**9,
        lambda now: -now,
    ]
    for lie in lies:
        with robot.behaving(stamp=lie):
            robot.wait(length)


def alone(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    for _ in range(3):
        robot.leave()
        robot.wait(chance.uniform(0.2, 2) * length)
        robot.listen()
        robot.wait(0.5 * length)


def stalled_subscriber(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    topic = chance.choice(["segmenter/overlay", "segmenter/likelihood", MASK])
    command = [sys.executable, "-c", STALLING, topic]
    child = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        robot.wait(3 * length)
        child.send_signal(signal.SIGSTOP)
        robot.wait(chance.uniform(2, 6) * length)
    finally:
        child.kill()
        child.communicate()


def parameter_storm(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    def values() -> dict[str, float | int | str]:
        return {"dilate": chance.randrange(-5, 6), "min_static": chance.random(), "hold": chance.choice([0.0, 0.5])} | {
            "foreground_threshold": chance.uniform(-0.5, 1.5),  # half of them are refused
            "min_area": chance.randrange(200),
            "depth_keeps": chance.choice(["static", "not_foreground"]),
        }

    client = robot.node.create_client(SetParameters, "segmenter/set_parameters")
    before = {name: robot.get(name) for name in values()}
    answers = []
    for _ in range(round(100 * length)):
        request = [Parameter(name, value=value).to_parameter_msg() for name, value in values().items()]
        answers.append(client.call_async(SetParameters.Request(parameters=request)))
        robot.wait(0.03)
    assert robot.until(lambda: all(answer.done() for answer in answers))
    robot.node.destroy_client(client)
    assert robot.set(**before).successful


def restarted_by_its_manager(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    again = chance.choice([("deactivate", "activate"), ("deactivate", "cleanup", "configure", "activate")])
    for transition in again:
        robot.change(transition)
        robot.wait(chance.uniform(0, 1) * length)


def asked_for_services(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    for service in ("segmenter/save_frame", "segmenter/reset"):
        robot.call(Trigger, service, Trigger.Request())


def paused(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    segment.process.send_signal(signal.SIGSTOP)
    robot.wait(chance.uniform(0.5, 3) * length)
    segment.process.send_signal(signal.SIGCONT)
    robot.wait(length)


def starved(robot: FilmingRobot, segment: Segment, chance: random.Random, length: float) -> None:
    with burning(8):
        robot.wait(4 * length)


@contextlib.contextmanager
def burning(number: int) -> Iterator[None]:
    """Run a number of processes that keep a core busy each."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


FAULTS: dict[str, Fault] = {
    "camera silent": silent,
    "camera at 2 Hz": slow,
    "camera at 200 Hz": fast,
    "camera restarted": restarted,
    "two cameras": doubled,
    "other sizes": resized,
    "other encodings": encoded_otherwise,
    "broken frames": spoilt,
    "wrong stamps": stamped_wrongly,
    "no subscriber": alone,
    "stalled subscriber": stalled_subscriber,
    "parameter storm": parameter_storm,
    "lifecycle": restarted_by_its_manager,
    "services": asked_for_services,
    "node paused": paused,
    "processor busy": starved,
}
