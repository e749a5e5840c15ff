# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Robot around the node under test: camera, lifecycle manager and subscribers over real DDS."""

from __future__ import annotations

import array
import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from bgflow_ros.node.compatibility import only_this_machine
from bgflow_ros.node.fastdds import profile, profile_variable
from support.programs import start

TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
    "cleanup": Transition.TRANSITION_CLEANUP,
}
PATIENCE = 30.0
"""Seconds to wait for what takes one second on an idle machine."""
POLL = 0.05
"""Seconds after which a condition is looked at again though no message has come."""
DOMAINS = range(1, 51)
"""ROS domains of the tests; demos and benchmarks use higher ones."""
STAND_IN = os.environ.get("BGFLOW_TEST_ROS") == "humble"
"""True if the tests run on a newer rclpy that is reduced to the features of Humble (humble.py)."""
# The middleware is that of the newer ROS even then.
LOCAL = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"} if STAND_IN else only_this_machine()
PROGRAM = (str(Path(__file__).with_name("humble.py")),) if STAND_IN else ("-m", "bgflow_ros.node.segment")
ENCODING_TYPES = {"32FC1": np.float32, "16UC1": np.uint16}


def _claim() -> tuple[int, IO[bytes]]:
    """Lock a ROS domain for this process; it is released when the returned file is closed."""
    first = os.getpid() % len(DOMAINS)
    for domain in (*DOMAINS[first:], *DOMAINS[:first]):
        lock = (Path(tempfile.gettempdir()) / f"bgflow-test-domain-{domain}").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return domain, lock
        except BlockingIOError:
            lock.close()
    raise RuntimeError(f"other tests use all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]}")


DOMAIN, _LOCK = _claim()


def environment() -> dict[str, str]:
    """Environment of child processes that communicate with this process only."""
    own = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN)} | LOCAL
    own.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    return own


@contextmanager
def _announcing() -> Iterator[None]:
    """Let the participant that is created meanwhile announce itself five times a second, where no profile is chosen.

    On one machine without multicast, a process that waits hears of a node that starts later only when it announces
    itself again, which Fast DDS does every three seconds. The node under test keeps Fast DDS's defaults.
    """
    if profile(os.environ):
        yield
        return
    variable = profile_variable(os.environ)
    os.environ[variable] = str(Path(__file__).with_name("announcing.xml"))
    try:
        yield
    finally:
        del os.environ[variable]


class Segment:
    """Process of the node under test.

    Args:
        parameters: parameters of the node.
        remappings: remapping rules `from:=to`.
        file: parameter file.
        program: arguments of Python that start the node.
        afresh: the start itself matters, see `programs.start`.
    """

    def __init__(
        self,
        parameters: dict[str, object],
        remappings: tuple[str, ...] = (),
        file: Path | None = None,
        program: tuple[str, ...] = PROGRAM,
        afresh: bool = False,
    ) -> None:
        arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        arguments += [part for rule in remappings for part in ("-r", rule)]
        arguments += ["--params-file", str(file)] if file else []
        self._log = tempfile.NamedTemporaryFile()  # noqa: SIM115 (closed with the process)
        command = [*program, "--ros-args", *arguments]
        self.process = start(command, environment(), Path(self._log.name), afresh)

    def log(self) -> str:
        """Output of the node so far."""
        self._log.seek(0)
        return self._log.read().decode()

    def stop(self, number: int = signal.SIGINT) -> tuple[int, float]:
        """Send a signal; return the exit status and the seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait(10)
        return status, time.monotonic() - began

    def close(self) -> None:
        """End the node if it still runs, and close its log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.stop(signal.SIGTERM)  # killed, it would leave its shared memory
        self._log.close()


class Robot:
    """Node that publishes images and collects the messages of subscribed topics."""

    def __init__(self, namespace: str = "") -> None:
        os.environ.update(LOCAL)
        self.context = rclpy.Context()
        with _announcing():
            rclpy.init(context=self.context, domain_id=DOMAIN)
            # Without the services of its parameters, each of which every spin would wait for.
            self.node = rclpy.create_node(
                "robot", namespace=namespace, context=self.context, start_parameter_services=False
            )
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.received: dict[str, list[Any]] = defaultdict(list)
        self._subscribed: set[str] = set()
        self._clients: dict[str, Any] = {}
        self._publishers: dict[tuple[type, str, ReliabilityPolicy], Any] = {}
        self._number = 0

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    def subscribe(self, topic: str, kind: type = Image) -> None:
        """Collect the messages of a topic in `received`; a second call changes nothing."""
        if topic not in self._subscribed:
            self._subscribed.add(topic)
            self.node.create_subscription(kind, topic, self.received[topic].append, 10)

    def until(self, done: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Spin until a condition is met; return False if it was not met in time."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.executor.spin_once(timeout_sec=min(left, POLL))
        return True

    def publisher(self, kind: type, topic: str, reliability: ReliabilityPolicy) -> Any:
        key = kind, topic, reliability
        if key not in self._publishers:
            self._publishers[key] = self.node.create_publisher(
                kind, topic, QoSProfile(depth=5, reliability=reliability)
            )
        return self._publishers[key]

    def unplug(self) -> None:
        """Destroy every publisher."""
        for publisher in self._publishers.values():
            self.node.destroy_publisher(publisher)
        self._publishers.clear()

    def show(
        self,
        message: Image | CompressedImage,
        topic: str = "image",
        reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
    ) -> str:
        """Publish one frame with a unique header and its calibration; return its frame_id."""
        self._number += 1
        message.header.frame_id = f"camera_{self._number}"
        message.header.stamp.sec, message.header.stamp.nanosec = 1000 + self._number, 123_456_789
        info = CameraInfo(
            width=getattr(message, "width", 0), height=getattr(message, "height", 0), header=message.header
        )
        self.publisher(CameraInfo, "camera_info", ReliabilityPolicy.RELIABLE).publish(info)
        self.publisher(type(message), topic, reliability).publish(message)
        return str(message.header.frame_id)

    def ask(self, message: Image | CompressedImage, answer: str, seconds: float = PATIENCE, **how: Any) -> Any:
        """Publish a frame repeatedly until an answer comes on a topic; return the answer, or None after `seconds`."""
        shown: set[str] = set()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            shown.add(self.show(message, **how))
            found = self._answer(answer, shown)
            if self.until(lambda: self._answer(answer, shown), 0.1):
                found = self._answer(answer, shown)
                return found
        return None

    def _answer(self, topic: str, shown: set[str]) -> Any:
        return next((message for message in reversed(self.received[topic]) if message.header.frame_id in shown), None)

    def call(self, kind: type, service: str, request: Any, tries: int = 1) -> Any:
        for _ in range(tries):
            future = self._client(kind, service).call_async(request)
            if self.until(future.done):
                return future.result()
            self.node.destroy_client(self._clients.pop(service))  # the next try is a new acquaintance
        raise AssertionError(f"no answer from {service}")

    def _ask_again(self, kind: type, service: str, request: Any) -> Any:
        """Call a service that may be called twice: on a busy machine an answer can get lost."""
        return self.call(kind, service, request, tries=2)

    def _client(self, kind: type, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.node.create_client(kind, service)
            assert self.until(self._clients[service].service_is_ready), f"no service {service}"
            # The client sees the server before the server sees the client, and an answer to a stranger is lost.
            self.until(lambda: False, 0.3)
        return self._clients[service]

    def change(self, transition: str) -> bool:
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        return bool(self.call(ChangeState, "segmenter/change_state", request).success)

    def state(self) -> str:
        return str(self._ask_again(GetState, "segmenter/get_state", GetState.Request()).current_state.label)

    def set(self, **values: Any) -> SetParametersResult:
        messages: list[ParameterMessage] = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=messages)
        return self._ask_again(SetParametersAtomically, "segmenter/set_parameters_atomically", request).result

    def get(self, name: str) -> Any:
        request = GetParameters.Request(names=[name])
        [value] = self._ask_again(GetParameters, "segmenter/get_parameters", request).values
        return Parameter.from_parameter_msg(ParameterMessage(name=name, value=value)).value

    def describe(self, name: str) -> Any:
        request = DescribeParameters.Request(names=[name])
        return self._ask_again(DescribeParameters, "segmenter/describe_parameters", request).descriptors[0]


def image(pixels: np.ndarray, encoding: str = "rgb8", **changes: Any) -> Image:
    """Image message of an array of height x width (x channels) bytes."""
    rows = np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1)
    message = Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=rows.shape[1])
    message.data = array.array("B", rows.tobytes())
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def pixels(message: Image) -> np.ndarray:
    """Array (height x width (x 3)) of an output."""
    kind = ENCODING_TYPES.get(message.encoding, np.uint8)
    shape = (message.height, message.width, 3) if message.encoding == "rgb8" else (message.height, message.width)
    return np.frombuffer(message.data, kind).reshape(shape)


def model(path: Path, **parameters: object) -> dict[str, object]:
    """Parameters of a node with a model on one CPU thread."""
    return {"model": path, "device": "cpu", "threads": 1} | parameters
