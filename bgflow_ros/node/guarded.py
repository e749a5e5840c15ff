# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A node that goes on after an exception in one of its callbacks, and answers every call of a service."""

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
    """Decorate a transition of a lifecycle node so that it tells what it raises, which rclpy keeps to itself."""

    @functools.wraps(change)
    def told(node: Guarded, state: State) -> Result:
        try:
            return change(node, state)
        except Exception as error:
            node.refuse(f"{change.__name__}: {type(error).__name__}: {error}")
            raise  # to rclpy, which makes it an error of the transition

    return told


class Guarded(Node):
    """Catches what callbacks of timers, subscriptions and services raise, also of rclpy's own services.

    An exception that reaches the executor ends the process, and leaves whoever called a service without an answer. It
    is a fault of the program, or of a message that rclpy does not check, and is logged as an error, at most once in
    PERIOD seconds a callback. To be inherited before the class of node.
    """

    PERIOD = 10.0

    def __init__(self, *args: Any, **how: Any) -> None:
        self.failure: tuple[float, str] = (-math.inf, "")
        """When on the monotonic clock a callback last raised, and what."""
        self.refusal = ""
        """Why the node last did not do what it was told; empty once it has."""
        self._logged: dict[str, float] = {}
        super().__init__(*args, **how)
        # Those of the lifecycle are made without `create_service`. Before Kilted, rclpy raises where a transition is
        # not possible in the present state, which would end the node.
        for service in self.services:
            if not hasattr(service.callback, "__wrapped__"):
                service.callback = self._answering(service.callback)

    def refuse(self, reason: str) -> None:
        """Log why the node does not do what it was told, and keep it."""
        self.get_logger().error(reason)
        self.refusal = reason

    # Their other arguments differ between distributions.

    def create_timer(self, timer_period_sec: float, callback: Any, *args: Any, **how: Any) -> Any:
        """Create a timer; see rclpy."""
        return super().create_timer(timer_period_sec, callback and self._guard(callback), *args, **how)

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., Any], *args: Any, **how: Any
    ) -> Any:
        """Create a subscription; see rclpy."""
        return super().create_subscription(msg_type, topic, self._guard(callback), *args, **how)

    def create_service(self, srv_type: Any, srv_name: str, callback: Callable[..., Any], *args: Any, **how: Any) -> Any:
        """Create a service; see rclpy. Its answer tells what was raised, where the response has a field for that."""
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
                # Trigger and the like have a message, those of parameters a result with a reason; all begin as failed.
                result = getattr(failed, "result", failed)
                for field in ("message", "reason"):
                    if hasattr(result, field):
                        setattr(result, field, reason)
                return failed

        return answer

    def _told(self, callback: Callable[..., Any], error: Exception) -> str:
        """Tell of an exception; what was said."""
        if not self.context.ok():
            raise error  # the process is ending, and what the callback used is gone
        name = getattr(callback, "__name__", str(callback))
        reason = f"{name} failed: {type(error).__name__}: {error}"
        now = time.monotonic()
        self.failure = now, reason
        if now - self._logged.get(name, -math.inf) > self.PERIOD:
            self._logged[name] = now
            self.get_logger().error(reason)
            self.get_logger().debug(traceback.format_exc())
        return reason
