# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reduce the installed rclpy to the features of ROS 2 Humble, of which there are no wheels.

According to the sources of Humble: the branch `humble` of ros2/rclpy (version 3.3), python3-jsonschema 3.2.0 of Ubuntu
22.04. Run as a program, it starts the node on such an rclpy.
"""

from __future__ import annotations

import importlib
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

if __name__ == "__main__":
    # As the program `segment` does before its imports, see there.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bgflow_ros.node.heap import keep_freed_memory

    keep_freed_memory()

import jsonschema
import rclpy

# rclpy's own modules import each other, so those that are used are imported while nothing is missing.
import rclpy.executors
import rclpy.lifecycle
import rclpy.subscription
from rclpy.node import Node

MODULES = (
    "clock_type",
    "destroyable",
    "event_handler",
    "experimental",
    "logging_service",
    "parameter_client",
    "parameter_event_handler",
    "service_introspection",
    "subscription_content_filter_options",
    "type_description_service",
    "type_hash",
)
"""Modules that rclpy/rclpy does not contain."""
METHODS = (
    "add_post_set_parameters_callback",
    "add_pre_set_parameters_callback",
    "count_clients",
    "count_services",
    "get_fully_qualified_node_names",
    "remove_post_set_parameters_callback",
    "remove_pre_set_parameters_callback",
    "wait_for_node",
)
"""Methods that Node in rclpy/rclpy/node.py does not define."""
TIMESTAMPS = ("source_timestamp", "received_timestamp")
"""Fields of MessageInfo in rclpy/src/rclpy/subscription.cpp."""
VALIDATORS = ("Draft201909Validator", "Draft202012Validator")
"""Validators that jsonschema/validators.py does not define."""


SUBSCRIPTION = types.ModuleType("rclpy.subscription")
"""Attributes by which newer subscriptions tell callbacks with MessageInfo from those without."""
SUBSCRIPTION.Subscription = type("Subscription", (), {})  # type: ignore[attr-defined]


def take_away() -> None:
    """Remove from rclpy and jsonschema of this process what Humble does not have."""
    if sys.modules["rclpy.subscription"] is SUBSCRIPTION:
        return
    for name in MODULES:
        sys.modules[f"rclpy.{name}"] = None  # type: ignore[assignment]  # no longer to be imported
    for name in METHODS:
        if hasattr(Node, name):
            delattr(Node, name)
    for name in (*VALIDATORS, "__getattr__"):
        jsonschema.__dict__.pop(name, None)
    if hasattr(jsonschema.ValidationError, "json_path"):
        del jsonschema.exceptions._Error.json_path
    sys.modules["rclpy.subscription"] = SUBSCRIPTION
    rclpy.init = _without_result(rclpy.init)
    Node.create_subscription = _with_messages_alone(Node.create_subscription)
    implementation = importlib.import_module("rclpy.impl.implementation_singleton").rclpy_implementation
    implementation.Subscription.take_message = _with_timestamps_alone(implementation.Subscription.take_message)


def _without_result(init: Callable[..., Any]) -> Callable[..., None]:
    """rclpy/rclpy/__init__.py: `init` returns None, which is no context manager."""

    def initialize(**arguments: Any) -> None:
        init(**arguments)

    return initialize


def _with_messages_alone(create: Callable[..., Any]) -> Callable[..., Any]:
    """rclpy/rclpy/executors.py: callbacks of subscriptions get the message and nothing else."""

    def create_subscription(
        self: Node, msg_type: Any, topic: str, callback: Callable[[Any], Any], *arguments: Any, **options: Any
    ) -> Any:
        def take(message: Any) -> Any:
            return callback(message)

        return create(self, msg_type, topic, take, *arguments, **options)

    return create_subscription


def _with_timestamps_alone(take: Callable[..., Any]) -> Callable[..., Any]:
    def take_message(self: Any, *arguments: Any) -> Any:
        taken = take(self, *arguments)
        return taken and (taken[0], {name: taken[1][name] for name in TIMESTAMPS})

    return take_message


if __name__ == "__main__":
    take_away()
    from bgflow_ros.node import segment

    sys.exit(segment.main())
