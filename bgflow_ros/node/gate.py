# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A gate that leaves messages in the middleware while they are not needed."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup

__all__ = ["Gate"]


class Gate(MutuallyExclusiveCallbackGroup):
    """Callback group whose subscriptions are not read while it is closed.

    They stay subscribed: the middleware keeps their newest messages, as many as their queue depth, and these are read
    when the gate opens. A closed gate saves waking Python and creating an object for each message. The gate must be
    opened in a callback of the executor, which then looks at every subscription again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open = False

    def can_execute(self, entity: Any) -> bool:
        """Tell whether the executor may wait for an entity.

        This includes the QoS events of the subscriptions, because Fast DDS repeatedly wakes whoever waits for an event
        of a subscription whose messages are not read.
        """
        return self.open and super().can_execute(entity)
