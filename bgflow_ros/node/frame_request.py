# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`~/save_frame`: the next frame, written to a folder while its caller waits."""

from __future__ import annotations

import time
from pathlib import Path

from rclpy.executors import Executor
from rclpy.task import Future
from std_srvs.srv import Trigger

from bgflow_ros.node.saving import save_frame
from bgflow_ros.segmentation.refinement import Refined

__all__ = ["FrameRequest"]


class FrameRequest:
    """One call of the service, answered when a frame has been written or none has come.

    Args:
        folder: to write to.
        executor: that waits for the answer.
    """

    PATIENCE = 5.0
    """Seconds to wait for a frame."""

    def __init__(self, folder: Path, executor: Executor | None) -> None:
        self.folder = folder
        self.answer: Future[Trigger.Response] = Future(executor=executor)
        self._deadline = time.monotonic() + self.PATIENCE

    def serve(self, name: str, masks: Refined) -> None:
        """Write a frame and answer with its path, or with what kept it from being written."""
        try:
            save_frame(self.folder, name, masks)
        except Exception as error:  # of a disk, or of a library: whoever waits hears of it
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            self.refuse(f"{self.folder / name} cannot be written: {reason}")
            return
        self._answer(True, str(self.folder / f"{name}.png"))

    def refuse(self, reason: str) -> None:
        """Answer that nothing was written."""
        self._answer(False, reason)

    def _answer(self, success: bool, message: str) -> None:
        if not self.answer.done():  # else a frame came just when patience ended
            self.answer.set_result(Trigger.Response(success=success, message=message))

    def is_late(self) -> bool:
        """Whether no frame has come in time."""
        return time.monotonic() > self._deadline
