# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Services of the node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from bgflow_ros.node.frame_request import FrameRequest
from bgflow_ros.node.saving import default_folder
from bgflow_ros.segmentation.files import expand

if TYPE_CHECKING:
    from bgflow_ros.node.guarded import Guarded
    from bgflow_ros.node.pipeline import Pipeline
    from bgflow_ros.segmentation.refinement import Refiner

__all__ = ["Services"]


class Services:
    """Offers `~/save_frame` and `~/reset`; every call is answered.

    Args:
        node: node that offers them, and answers also where one of them raises an exception.
        pipeline: returns the pipeline; None while the node is not active.
        refiner: refines the masks.
    """

    def __init__(self, node: Guarded, pipeline: Callable[[], Pipeline | None], refiner: Refiner) -> None:
        self._node, self._pipeline, self._refiner = node, pipeline, refiner
        # In a callback group of its own, because it waits for a frame while everything else continues.
        node.create_service(Trigger, "~/save_frame", self._save_frame, callback_group=ReentrantCallbackGroup())
        node.create_service(Trigger, "~/reset", self._reset)

    async def _save_frame(self, _: Trigger.Request, __: Trigger.Response) -> Trigger.Response:
        pipeline = self._pipeline()
        if pipeline is None:
            return Trigger.Response(success=False, message="the node is not active; activate it first")
        if pipeline.request is None:
            named = self._node.get_parameter("save_folder").value
            try:
                # Absolute, because the caller may have another working directory than the node.
                folder = (expand(named) if named else default_folder()).absolute()
            except OSError as error:
                return Trigger.Response(success=False, message=f"{error}; or set save_folder")
            pipeline.request = FrameRequest(folder, self._node.executor)
        answer: Trigger.Response = await pipeline.request.answer
        return answer

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._refiner.reset()
        response.success, response.message = True, "the memory of `hold` is cleared"
        return response
