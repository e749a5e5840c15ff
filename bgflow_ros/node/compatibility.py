# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Differences between the ROS 2 distributions, Humble to Rolling, recognised by what rclpy offers and never by a name.

Every process that uses rclpy goes through this module: the node, the viewer, the benchmark, the demo, the tests.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import rclpy

# rclpy.clock_type exists since Iron; rclpy.clock offers the name in every distribution.
from rclpy.clock import ClockType  # type: ignore[attr-defined]
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription

from bgflow_ros.node.log_files import log_arguments

__all__ = [
    "ClockType",
    "call_after_parameters_are_set",
    "only_this_machine",
    "publication_number",
    "running_ros",
    "with_message_info",
]


@contextmanager
def running_ros(
    args: Sequence[str] | None = None, signal_handler_options: SignalHandlerOptions | None = None
) -> Iterator[None]:
    """Initialize ROS during a `with` block; `rclpy.init` itself returns a context manager only since Kilted.

    Args:
        args: command line; None takes that of the process.
        signal_handler_options: signals that ROS handles; None lets rclpy choose (SIGINT and SIGTERM).
    """
    given = sys.argv if args is None else args
    rclpy.init(args=[*given, *log_arguments(os.environ)], signal_handler_options=signal_handler_options)
    try:
        yield
    finally:
        rclpy.try_shutdown()  # a signal may have shut it down already


def with_message_info(callback: Callable[[Any, Mapping[str, Any]], None]) -> Callable[..., None]:
    """Wrap a subscription's callback that takes a message and its MessageInfo, because Humble passes only the message.

    Where rclpy passes no MessageInfo, the callback gets an empty one.
    """
    if hasattr(Subscription, "CallbackType"):
        return callback
    return lambda message: callback(message, {})


def publication_number(info: Mapping[str, Any]) -> int | None:
    """Get the publication sequence number of a message from its MessageInfo.

    Returns:
        The number, or None where rclpy (Humble) or the middleware provides none.
    """
    number: int | None = info.get("publication_sequence_number")
    return number


def call_after_parameters_are_set(node: Node, callback: Callable[[list[Parameter[Any]]], None]) -> None:
    """Register a callback that gets the parameters of each accepted request after they have been set.

    Humble has no such callback. All its ways to set parameters of a running node (both services, and
    `set_parameters_atomically` itself) go through this one method.
    """
    if hasattr(node, "add_post_set_parameters_callback"):
        node.add_post_set_parameters_callback(callback)
        return
    set_atomically = node.set_parameters_atomically

    def set_and_call(parameters: list[Parameter[Any]]) -> Any:
        result = set_atomically(parameters)
        if result.successful:
            callback(parameters)
        return result

    node.set_parameters_atomically = set_and_call  # type: ignore[assignment, method-assign]


def only_this_machine() -> dict[str, str]:
    """Environment variables that limit discovery to this machine; Iron gave the setting another name."""
    if hasattr(Node, "add_post_set_parameters_callback"):  # rclpy of Iron or newer
        return {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    return {"ROS_LOCALHOST_ONLY": "1"}
