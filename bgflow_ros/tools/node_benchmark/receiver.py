# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Receiver of the benchmark: records when each image has been answered with all outputs, until it is interrupted."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from sensor_msgs.msg import Image

from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.tools.interrupts import note_interrupts
from bgflow_ros.tools.node_benchmark.children import RECEIVED


def main() -> None:
    """Receive until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "file", type=user_path, help="file for stamps and arrivals of the last output (JSON, nanoseconds)"
    )
    parser.add_argument("outputs", nargs="+", help="names of the outputs to receive")
    arguments = parser.parse_args()
    counts: Counter[int] = Counter()
    arrivals: dict[int, int] = {}

    def note(output: Image) -> None:
        now, stamp = time.time_ns(), Time.from_msg(output.header.stamp).nanoseconds
        counts[stamp] += 1
        if counts[stamp] < len(arguments.outputs):
            return
        if not arrivals:
            print(RECEIVED, flush=True)
        arrivals[stamp] = now

    stopped = note_interrupts()
    with running_ros(args=[], signal_handler_options=SignalHandlerOptions.NO):
        node = Node("receiver")
        # A deep queue, so that a delay of the receiver itself shows as age and not as loss.
        for output in arguments.outputs:
            node.create_subscription(Image, f"segmenter/{output}", note, 100)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        while not stopped.is_set():
            executor.spin_once(timeout_sec=0.2)
    write_atomically(arguments.file, json.dumps(list(arrivals.items())).encode())


if __name__ == "__main__":
    main()
