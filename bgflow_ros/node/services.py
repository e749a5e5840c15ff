# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Services of the node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from bgflow_ros.node import parameters
from bgflow_ros.node.adaptation import NEVER, Adaptation, Loaded, Request, missing_command
from bgflow_ros.node.frame_request import FrameRequest
from bgflow_ros.node.saving import default_folder
from bgflow_ros.segmentation.files import expand

if TYPE_CHECKING:
    from bgflow_ros.node.guarded import Guarded
    from bgflow_ros.node.pipeline import Pipeline
    from bgflow_ros.segmentation.refinement import Refiner

__all__ = ["Services"]

INACTIVE = "the node is not active; activate it first"


class Services:
    """Offers `~/save_frame`, `~/adapt` and `~/reset`; every call is answered.

    Args:
        node: node that offers them, and answers also where one of them raises an exception.
        pipeline: returns the pipeline; None while the node is not active.
        refiner: refines the masks.
        load: loads a model folder beside the model in use; any thread may call it.
        take: puts what was loaded in the place of the model in use.
    """

    def __init__(
        self,
        node: Guarded,
        pipeline: Callable[[], Pipeline | None],
        refiner: Refiner,
        load: Callable[[Path], Loaded],
        take: Callable[[Loaded], object],
    ) -> None:
        self._node, self._pipeline, self._refiner = node, pipeline, refiner
        self._load, self._take = load, take
        # In callback groups of their own, because they wait for frames while everything else continues.
        node.create_service(Trigger, "~/save_frame", self._save_frame, callback_group=ReentrantCallbackGroup())
        node.create_service(Trigger, "~/adapt", self._adapt, callback_group=ReentrantCallbackGroup())
        node.create_service(Trigger, "~/reset", self._reset)

    async def _save_frame(self, _: Trigger.Request, __: Trigger.Response) -> Trigger.Response:
        pipeline = self._pipeline()
        if pipeline is None:
            return Trigger.Response(success=False, message=INACTIVE)
        if pipeline.request is None:
            try:
                folder = self._folder()
            except OSError as error:
                return Trigger.Response(success=False, message=f"{error}; or set save_folder")
            pipeline.request = FrameRequest(folder, self._node.executor)
        answer: Trigger.Response = await pipeline.request.answer
        return answer

    async def _adapt(self, _: Trigger.Request, __: Trigger.Response) -> Trigger.Response:
        pipeline, settings = self._pipeline(), parameters.read(self._node)
        if pipeline is None:
            return Trigger.Response(success=False, message=INACTIVE)
        if refused := self._refused(pipeline, settings):
            return Trigger.Response(success=False, message=refused)
        try:
            folder = self._folder()
        except OSError as error:
            return Trigger.Response(success=False, message=f"{error}; or set save_folder")
        name, empty = self._node.get_fully_qualified_name(), settings.adapt == "empty"
        model = str(expand(settings.model))
        request = Request(folder, name, model, empty, settings.adapt_seconds, settings.max_graph_mb)
        pipeline.adaptation = Adaptation(request, self._load, self._take, self._node.executor)
        answer: Trigger.Response = await pipeline.adaptation.answer
        self._node.get_logger().info(f"adapt: {answer.message}")
        return answer

    def _refused(self, pipeline: Pipeline, settings: parameters.Settings) -> str:
        """Say why the node does not adapt now; empty where it does."""
        if settings.adapt == NEVER:
            return "adapt is never; start the node with drive, or with empty where everything in view is background"
        if pipeline.adaptation is not None:
            return f"the node adapts already: {pipeline.adaptation.progress()}"
        return missing_command()

    def _folder(self) -> Path:
        """Folder to write to, absolute because the caller may have another working directory than the node.

        Raises:
            OSError: save_folder names none, and there is no default.
        """
        named = self._node.get_parameter("save_folder").value
        return (expand(named) if named else default_folder()).absolute()

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._refiner.reset()
        response.success, response.message = True, "the memory of `hold` is cleared"
        return response
