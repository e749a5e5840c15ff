# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A call of `~/save_frame`, which waits until the next frame has been written to a folder."""

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
    """One call of the service, which is answered when a frame has been written or none has arrived in time.

    Args:
        folder: folder to write to.
        executor: executor that waits for the answer.
    """

    PATIENCE = 5.0
    """Seconds for which a frame is awaited."""

    def __init__(self, folder: Path, executor: Executor | None) -> None:
        self.folder = folder
        self.answer: Future[Trigger.Response] = Future(executor=executor)
        self._deadline = time.monotonic() + self.PATIENCE

    def serve(self, name: str, masks: Refined) -> None:
        """Write a frame and answer with its path, or with the reason why it could not be written."""
        try:
            save_frame(self.folder, name, masks)
        except Exception as error:  # whether a disk or a library raised it, the caller must get an answer
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            self.refuse(f"{self.folder / name} cannot be written: {reason}")
            return
        self._answer(True, str(self.folder / f"{name}.png"))

    def refuse(self, reason: str) -> None:
        """Answer that nothing was written, with the reason."""
        self._answer(False, reason)

    def _answer(self, success: bool, message: str) -> None:
        if not self.answer.done():  # else a frame arrived just as the time ran out
            self.answer.set_result(Trigger.Response(success=success, message=message))

    def is_late(self) -> bool:
        """Tell whether the time for a frame has run out."""
        return time.monotonic() > self._deadline
