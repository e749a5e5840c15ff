# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Receiver of the benchmark: records stamp and arrival of each foreground mask until it is interrupted."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import time

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from sensor_msgs.msg import Image

from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.tools.node_benchmark.children import RECEIVED


def main() -> None:
    """Receive until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=user_path, help="file for stamps and arrivals (JSON, nanoseconds)")
    arguments = parser.parse_args()
    arrivals: dict[int, int] = {}

    def note(mask: Image) -> None:
        now = time.time_ns()
        if not arrivals:
            print(RECEIVED, flush=True)
        arrivals[Time.from_msg(mask.header.stamp).nanoseconds] = now

    # Without ROS's handlers an interrupt is Python's KeyboardInterrupt, also where the parent ignores it (nohup, `&`).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with running_ros(args=[], signal_handler_options=SignalHandlerOptions.NO):
        node = Node("receiver")
        # A deep queue, so that a delay of the receiver itself shows as age and not as loss.
        node.create_subscription(Image, "segmenter/foreground_mask", note, 100)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        with contextlib.suppress(KeyboardInterrupt):
            executor.spin()
    write_atomically(arguments.file, json.dumps(list(arrivals.items())).encode())


if __name__ == "__main__":
    main()
