# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that nobody needs stay in the middleware."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup

__all__ = ["Gate"]


class Gate(MutuallyExclusiveCallbackGroup):
    """The callback group of subscriptions that are not read while it is shut.

    They stay subscribed: the middleware keeps their newest messages, as many as their depth, and they are read when
    the gate opens. Spared is the waking of Python and the making of an object of each message. Whoever opens the gate
    does so in a callback of the executor, which then looks at every subscription anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open = False

    def can_execute(self, entity: Any) -> bool:
        """Whether the executor may wait for it.

        That holds for the subscriptions' QoS events as well: Fast DDS wakes who waits for an event of a subscription
        whose messages are not read, over and over.
        """
        return self.open and super().can_execute(entity)
