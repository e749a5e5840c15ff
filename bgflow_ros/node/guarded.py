# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A node that survives exceptions in its callbacks and answers every service call."""

from __future__ import annotations

import functools
import inspect
import math
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.node import Node

__all__ = ["Guarded", "transition"]

State = TypeVar("State")
Result = TypeVar("Result")


def transition(change: Callable[[Any, State], Result]) -> Callable[[Any, State], Result]:
    """Decorate a transition of a lifecycle node so that its exceptions are logged, which rclpy does not do."""

    @functools.wraps(change)
    def told(node: Guarded, state: State) -> Result:
        try:
            return change(node, state)
        except Exception as error:
            node.refuse(f"{change.__name__}: {type(error).__name__}: {error}")
            raise  # rclpy turns it into an error of the transition

    return told


class Guarded(Node):
    """Catches exceptions in callbacks of timers, subscriptions and services, including rclpy's own services.

    An exception that reached the executor would end the process and leave the caller of a service without an answer.
    It comes from a fault of the program, or from a message that rclpy does not check, and is logged as an error at most
    once every PERIOD seconds per callback. Inherit from this class before the class of node.
    """

    PERIOD = 10.0

    def __init__(self, *args: Any, **how: Any) -> None:
        self.failure: tuple[float, str] = (-math.inf, "")
        """Time on the monotonic clock at which a callback last raised an exception, and its description."""
        self.refusal = ""
        """Reason why the node did not carry out the last transition; empty once it has."""
        self._logged: dict[str, float] = {}
        super().__init__(*args, **how)
        # Services of the lifecycle are made without `create_service`. Before Kilted, rclpy raises an exception where a
        # transition is not possible in the present state, which would end the node.
        for service in self.services:
            if not hasattr(service.callback, "__wrapped__"):
                service.callback = self._answering(service.callback)

    def stop(self) -> None:
        """End threads that the node has started; called before it is destroyed."""

    def refuse(self, reason: str) -> None:
        """Log and keep the reason why the node does not carry out a transition."""
        self.get_logger().error(reason)
        self.refusal = reason

    # The remaining arguments of these methods differ between ROS distributions.

    def create_timer(self, timer_period_sec: float, callback: Any, *args: Any, **how: Any) -> Any:
        """Create a timer; see rclpy."""
        return super().create_timer(timer_period_sec, callback and self._guard(callback), *args, **how)

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., Any], *args: Any, **how: Any
    ) -> Any:
        """Create a subscription; see rclpy."""
        return super().create_subscription(msg_type, topic, self._guard(callback), *args, **how)

    def create_service(self, srv_type: Any, srv_name: str, callback: Callable[..., Any], *args: Any, **how: Any) -> Any:
        """Create a service; see rclpy. Its answer describes an exception where the response has a field for that."""
        return super().create_service(srv_type, srv_name, self._answering(callback), *args, **how)

    def _guard(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(callback)  # rclpy reads the signature
        def guarded(*args: Any) -> Any:
            try:
                return callback(*args)
            except Exception as error:
                self._told(callback, error)
                return None

        return guarded

    def _answering(self, callback: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(callback)
        async def answer(request: Any, response: Any) -> Any:
            try:
                answered = callback(request, response)
                return await answered if inspect.isawaitable(answered) else answered
            except Exception as error:
                reason = self._told(callback, error)
                failed = type(response)()
                # Trigger and the like have a message, parameter services a result with a reason; all default to failed.
                result = getattr(failed, "result", failed)
                for field in ("message", "reason"):
                    if hasattr(result, field):
                        setattr(result, field, reason)
                return failed

        return answer

    def _told(self, callback: Callable[..., Any], error: Exception) -> str:
        """Log an exception and return the line."""
        if not self.context.ok():
            raise error  # the process is ending, and what the callback needs no longer exists
        name = getattr(callback, "__name__", str(callback))
        reason = f"{name} failed: {type(error).__name__}: {error}"
        now = time.monotonic()
        self.failure = now, reason
        if now - self._logged.get(name, -math.inf) > self.PERIOD:
            self._logged[name] = now
            self.get_logger().error(reason)
            self.get_logger().debug(traceback.format_exc())
        return reason
