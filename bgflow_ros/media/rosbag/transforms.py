# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Poses between frames from the transforms in a bag (tf2_msgs/TFMessage on /tf and /tf_static; REP 105)."""

from __future__ import annotations

import bisect
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rgbd_recording import pose_matrix
from bgflow_ros.media.rosbag.topics import Readable
from bgflow_ros.segmentation.message_fields import nanoseconds

__all__ = ["Transforms"]

TRANSFORMS = "tf2_msgs/msg/TFMessage"
STATIC = "/tf_static"
GAP = 500_000_000
"""Nanoseconds between two transforms beyond which nothing is known of the time between them."""

Pose = npt.NDArray[np.float64]
Step = tuple[int, Pose]
"""A stamp in nanoseconds, and the position and the quaternion x y z w of a frame in its parent, one after the other."""


class Transforms:
    """Tree of frames, each of which has one parent.

    Args:
        bag: Bag that is open; all of its transforms are read.
    """

    def __init__(self, bag: Readable) -> None:
        self._parents: dict[str, str] = {}
        self._fixed: dict[str, Pose] = {}
        self._moving: defaultdict[str, list[Step]] = defaultdict(list)
        for message in bag.messages([topic for topic in bag.topics if topic.type == TRANSFORMS]):
            with contextlib.suppress(Exception):  # a damaged message can make the decoder raise anything
                for one in bag.deserialize(message).transforms:
                    self._add(one, message.topic.name == STATIC)
        for steps in self._moving.values():
            steps.sort(key=lambda step: step[0])

    def _add(self, one: Any, static: bool) -> None:
        child, move, turn = one.child_frame_id.lstrip("/"), one.transform.translation, one.transform.rotation
        pose = np.array([move.x, move.y, move.z, turn.x, turn.y, turn.z, turn.w], np.float64)
        if not np.isfinite(pose).all() or not pose[3:].any():
            return
        self._parents[child] = one.header.frame_id.lstrip("/")
        if static:
            self._fixed[child] = pose
        else:
            self._moving[child].append((nanoseconds(one.header), pose))

    def require(self, frame: str, world: str) -> None:
        """Require that one frame stands above another.

        Raises:
            MediaError: It does not; the message names the frames that do.
        """
        above = list(self._above(frame.lstrip("/")))
        if world.lstrip("/") not in above:
            known = f"above it are {', '.join(above)}" if above else "no transform has it as its child"
            raise MediaError(f"no transforms lead from {frame} up to {world}; {known}")

    def pose(self, frame: str, world: str, stamp: int) -> Pose | None:
        """Compute the pose of a frame in one above it, 4 x 4; None where it is not known at that time.

        Args:
            frame: A frame.
            world: A frame above it.
            stamp: A time in nanoseconds.
        """
        found, below = np.eye(4), frame.lstrip("/")
        for parent in self._above(below):
            step = self._fixed.get(below) if below in self._fixed else self._between(self._moving[below], stamp)
            if step is None:
                return None
            found = pose_matrix(step[:3], step[3:]) @ found
            if parent == world.lstrip("/"):
                return found
            below = parent
        return None

    def _above(self, frame: str) -> Iterator[str]:
        seen = {frame}
        # Two trees that disagree may make a loop.
        while (parent := self._parents.get(frame)) is not None and parent not in seen:
            seen.add(parent)
            yield parent
            frame = parent

    @staticmethod
    def _between(steps: list[Step], stamp: int) -> Pose | None:
        """Interpolate between the neighbours in time."""
        place = bisect.bisect_left(steps, stamp, key=lambda step: step[0])
        if place < len(steps) and steps[place][0] == stamp:
            return steps[place][1]
        if not 0 < place < len(steps) or steps[place][0] - steps[place - 1][0] > GAP:
            return None
        (before, first), (after, second) = steps[place - 1], steps[place]
        share = (stamp - before) / (after - before)
        # A quaternion and its negative are one turn; the nearer of the two is meant.
        second = np.append(second[:3], second[3:] * (np.sign(first[3:] @ second[3:]) or 1.0))
        return np.asarray((1 - share) * first + share * second)
