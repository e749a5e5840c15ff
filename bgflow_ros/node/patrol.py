# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The executable `patrol`, a node that reports foreground which stays: what does not belong into the building.

It reads the segmenter's foreground mask. Where the model has been adapted to the empty building, all that was not there
then is foreground.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor, SetParametersResult
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from bgflow_ros.node.diagnostics import PERIOD, SLEEPING
from bgflow_ros.node.fastdds import choose_shared_memory
from bgflow_ros.node.guarded import Guarded
from bgflow_ros.node.running import run_node
from bgflow_ros.node.subscription import STEADY
from bgflow_ros.segmentation.foreign_objects import GAP, MIN_AREA, PERSISTENCE, ForeignObject, ForeignObjects

__all__ = ["PatrolNode", "main"]

MASK = "segmenter/foreground_mask"
PARAMETERS = {
    "persistence": (PERSISTENCE, 0.0, 3600.0, "Seconds for which foreground must stay until it is reported."),
    "min_area": (MIN_AREA, 0.0, 1.0, "Share of the image below which a patch of foreground is left out."),
    "gap": (GAP, 0.0, 60.0, "Seconds for which it may be missing in between."),
}
"""Default, least and greatest value, and meaning of each parameter."""
KEPT = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Reports are kept for subscribers that come later."""


class PatrolNode(Guarded):
    """Reports each object once on `~/report`, and what is there at the moment on `/diagnostics`."""

    def __init__(self) -> None:
        super().__init__("patrol")
        for name, (default, low, high, meaning) in PARAMETERS.items():
            ranges = [FloatingPointRange(from_value=low, to_value=high)]
            self.declare_parameter(name, default, ParameterDescriptor(description=meaning, floating_point_range=ranges))
        self._objects = ForeignObjects(**{name: self.get_parameter(name).value for name in PARAMETERS})
        self.add_on_set_parameters_callback(self._set)
        self._arrived = time.monotonic()
        self._masks = 0
        self._report = self.create_publisher(DiagnosticStatus, "~/report", KEPT)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._mask = self.create_subscription(Image, MASK, self._take, 2)
        self.create_timer(PERIOD, self._tell, clock=STEADY)

    def _set(self, changes: list[Parameter[float]]) -> SetParametersResult:
        for change in changes:
            if change.name in PARAMETERS:
                setattr(self._objects, change.name, change.value)
        return SetParametersResult(successful=True)

    def _take(self, message: Image) -> None:
        if message.encoding != "mono8":
            raise ValueError(f"{self._mask.topic_name}: found {message.encoding}, expected mono8")
        rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)
        mask = np.ascontiguousarray(rows[:, : message.width])
        self._arrived, self._masks = time.monotonic(), self._masks + 1
        # By its arrival, because not every camera has stamps, and because a patrol sees what is there now.
        for found in self._objects.update(mask, self.get_clock().now().nanoseconds * 1e-9):
            status = self._status(DiagnosticStatus.WARN, f"a foreign object: {found}", [found])
            status.values.append(KeyValue(key="frame", value=message.header.frame_id))
            self._report.publish(status)
            self.get_logger().warning(status.message)

    def _tell(self) -> None:
        silent = time.monotonic() - self._arrived
        there = self._objects.objects()
        if silent > SLEEPING:
            text = f"no mask for {silent:.0f} s on {self._mask.topic_name}; does the segmenter run?"
            status = self._status(DiagnosticStatus.ERROR, text, [])
        elif not self._masks:
            status = self._status(DiagnosticStatus.OK, f"no mask yet on {self._mask.topic_name}", [])
        elif there:
            count = f"{len(there)} foreign object" + "s" * (len(there) > 1)
            status = self._status(DiagnosticStatus.WARN, f"{count}: {'; '.join(map(str, there))}", there)
        else:
            status = self._status(DiagnosticStatus.OK, "nothing foreign", [])
        status.values.append(KeyValue(key="masks", value=str(self._masks)))
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def _status(self, level: bytes, message: str, objects: list[ForeignObject]) -> DiagnosticStatus:
        values = [
            KeyValue(key=f"object {found.number}{name}", value=value)
            for found in objects
            for name, value in (
                ("", f"{' '.join(map(str, found.box))}"),
                (" since", f"{found.first:.3f}"),
                (" seconds", f"{found.seconds:.1f}"),
            )
        ]
        name = f"{self.get_fully_qualified_name()}: patrol"
        return DiagnosticStatus(
            level=level, name=name, message=message, hardware_id=self._mask.topic_name, values=values
        )


def main() -> int:
    """Run the node until it is told to stop."""
    choose_shared_memory(os.environ)
    return run_node("patrol", PatrolNode)


if __name__ == "__main__":
    sys.exit(main())
