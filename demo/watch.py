# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Watch the node from outside: show rate, age and dropped frames; write an overlay video and a contact sheet."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image

from bgflow_ros.media.video import VideoWriter
from bgflow_ros.node.compatibility import running_ros
from bgflow_ros.segmentation.files import user_path, write_atomically
from bgflow_ros.segmentation.letterbox import letterbox

SNAPSHOTS = 6
"""Rows of the contact sheet."""
TILE = (256, 192)
COLUMNS = ("image", *(f"segmenter/{name}" for name in ("likelihood", "foreground_mask", "static_mask", "overlay")))
WARM_UP = 2.0
"""Seconds after the first mask that the report leaves out because of discovery and first allocations."""
TYPES = {"rgb8": np.uint8, "mono8": np.uint8, "32FC1": np.float32}


def stamp(message: Any) -> int:
    """Time stamp of a message in nanoseconds."""
    return Time.from_msg(message.header.stamp).nanoseconds


def pixels(message: Image) -> npt.NDArray[Any]:
    """View the data of an image message as an array of shape height x width (x 3)."""
    shape = (message.height, message.width, 3) if message.encoding == "rgb8" else (message.height, message.width)
    return np.frombuffer(message.data, TYPES[message.encoding]).reshape(shape)


class Snapshot:
    """Row of the contact sheet: the same frame on every topic.

    The snapshot subscribes only until it has the frame, so that the node computes the likelihood for few frames.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: dict[int, dict[str, Image]] = {}
        self.row: dict[str, Image] | None = None
        self._subscriptions = [
            node.create_subscription(Image, topic, lambda message, topic=topic: self._collect(topic, message), 5)
            for topic in COLUMNS
        ]

    def _collect(self, topic: str, message: Image) -> None:
        frame = self._seen.setdefault(stamp(message), {})
        frame[topic] = message
        if len(frame) == len(COLUMNS):
            self.row = frame
        while len(self._seen) > 10:
            self._seen.pop(next(iter(self._seen)))

    def close(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)


class Watch(Node):
    """Node that counts the frames of the camera and the masks that answer them."""

    def __init__(self, video: VideoWriter) -> None:
        super().__init__("watch")
        self.video = video
        self.filmed = 0
        self.film_start: int | None = None
        self.first: float | None = None
        self.sent: set[int] = set()
        self.answered: dict[int, float] = {}
        self.create_subscription(CameraInfo, "camera_info", self._count, 10)
        self.create_subscription(Image, "segmenter/foreground_mask", self._measure, 10)
        self.create_subscription(Image, "segmenter/overlay", self._film, 5)

    @property
    def measuring(self) -> bool:
        """True once the warm-up is over."""
        return self.first is not None and time.monotonic() - self.first > WARM_UP

    def _count(self, info: CameraInfo) -> None:
        if self.measuring:
            self.sent.add(stamp(info))

    def _measure(self, mask: Image) -> None:
        now = self.get_clock().now().nanoseconds
        if self.first is None:
            self.first = time.monotonic()
        if self.measuring and stamp(mask) in self.sent:
            self.answered[stamp(mask)] = (now - stamp(mask)) * 1e-6

    def _film(self, overlay: Image) -> None:
        # An overlay is repeated for frames without an answer, so that the video plays in real time.
        self.film_start = self.film_start or stamp(overlay)
        due = 1 + round((stamp(overlay) - self.film_start) * 1e-9 * self.video.rate)
        while self.filmed < due:
            self.video.write(pixels(overlay))
            self.filmed += 1

    def report(self) -> dict[str, float] | None:
        """Rates of frames and masks in hertz, age of the masks in milliseconds, and numbers of frames and drops.

        The result is None until two frames and a mask have been measured.
        """
        if len(self.sent) < 2 or not self.answered:
            return None
        seconds = (max(self.sent) - min(self.sent)) * 1e-9
        ages = list(self.answered.values())
        # The answers to the last frames may still be on their way.
        settled = [sent for sent in self.sent if sent < self.get_clock().now().nanoseconds - 500_000_000]
        return {
            "frames_per_second": (len(self.sent) - 1) / seconds,
            "masks_per_second": len(self.answered) / len(self.sent) * (len(self.sent) - 1) / seconds,
            "age_p50_ms": float(np.percentile(ages, 50)),
            "age_p95_ms": float(np.percentile(ages, 95)),
            "frames": len(settled),
            "dropped": sum(sent not in self.answered for sent in settled),
        }


def contact_sheet(rows: list[dict[str, Image]]) -> npt.NDArray[np.uint8]:
    """Tile the snapshots, one row for each and one column for each topic, into a BGR image."""
    sheet = []
    for row in rows:
        tiles = []
        for topic in COLUMNS:
            tile = pixels(row[topic])
            if tile.dtype == np.float32:
                tile = cv2.applyColorMap((255 * tile).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
            else:
                tile = cv2.cvtColor(tile, cv2.COLOR_RGB2BGR if tile.ndim == 3 else cv2.COLOR_GRAY2BGR)
            framed = np.empty((TILE[1], TILE[0], 3), np.uint8)
            letterbox(tile, framed)
            tiles.append(framed)
        sheet.append(np.hstack(tiles))
    header = np.full((28, TILE[0] * len(COLUMNS), 3), 255, np.uint8)
    for index, topic in enumerate(COLUMNS):
        cv2.putText(header, topic, (TILE[0] * index + 8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([header, *sheet])


def main() -> int:
    """Watch for some seconds; return 1 if no mask came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="duration (%(default)s)")
    parser.add_argument("--out", type=user_path, required=True, help="folder to write to")
    arguments, ros_arguments = parser.parse_known_args()
    rows: list[dict[str, Image]] = []
    with running_ros(args=ros_arguments), VideoWriter(arguments.out / "overlay.mp4", 30.0) as video:
        node = Watch(video)
        start = shown = time.monotonic()
        snapshot: Snapshot | None = None
        try:
            while (elapsed := time.monotonic() - start) < arguments.seconds:
                rclpy.spin_once(node, timeout_sec=0.1)
                if (
                    snapshot is None
                    and len(rows) < SNAPSHOTS
                    and elapsed > (len(rows) + 0.5) * arguments.seconds / SNAPSHOTS
                ):
                    snapshot = Snapshot(node)
                if snapshot is not None and snapshot.row is not None:
                    rows.append(snapshot.row)
                    snapshot.close()
                    snapshot = None
                if time.monotonic() - shown > 0.5:
                    shown = time.monotonic()
                    show(node, elapsed, arguments.seconds)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        report = node.report()
    print(file=sys.stderr)
    if report is None:
        came = "the frames were too few to measure" if node.first is not None else "no mask came"
        print(f"watch: {came} in {arguments.seconds:g} s", file=sys.stderr)
        return 1
    write_atomically(arguments.out / "report.json", (json.dumps(report, indent=1) + "\n").encode())
    if rows:
        write_atomically(arguments.out / "contact_sheet.jpg", cv2.imencode(".jpg", contact_sheet(rows))[1].tobytes())
    return 0


def show(node: Watch, elapsed: float, seconds: float) -> None:
    """Rewrite the status line."""
    if node.first is None:
        text = "waiting for the first mask"
    elif (report := node.report()) is None:
        text = "warming up"
    else:
        text = (
            f"{report['masks_per_second']:5.1f} masks/s   "
            f"age p50 {report['age_p50_ms']:5.1f} ms  p95 {report['age_p95_ms']:5.1f} ms   "
            f"dropped {report['dropped']} of {report['frames']} frames"
        )
    print(f"\r{elapsed:4.0f} of {seconds:.0f} s   {text:<90}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
