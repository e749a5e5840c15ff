# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Models of the consumers of masks and static depth, written from the consumers' sources alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np

Stamped = tuple[int, Any]
"""Time stamp in nanoseconds and the message that bears it."""


class StreamSynchronizer:
    """Synchronizer of cuVSLAM (isaac_ros_common, messaging/message_stream_synchronizer.hpp, message_buffer.hpp).

    Every stream has a buffer whose oldest message gives way. When none is empty, the front messages that lie within
    the threshold of the earliest are taken; they are passed on if they are enough, and forgotten either way.
    """

    def __init__(self, streams: int, threshold: int, enough: int, size: int = 10) -> None:
        self.sets: list[dict[int, Any]] = []
        self._buffers: list[deque[Stamped]] = [deque(maxlen=size) for _ in range(streams)]
        self._threshold, self._enough = threshold, enough

    def add(self, stream: int, stamp: int, message: Any) -> None:
        self._buffers[stream].append((stamp, message))
        while all(self._buffers):
            earliest = min(buffer[0][0] for buffer in self._buffers)
            near = [i for i, buffer in enumerate(self._buffers) if buffer[0][0] <= earliest + self._threshold]
            taken = {i: self._buffers[i].popleft()[1] for i in near}
            if len(taken) >= self._enough:
                self.sets.append(taken)


class ExactTime:
    """Policy ExactTime of message_filters: sets of equal stamps; a complete set drops older messages."""

    def __init__(self, streams: int, size: int = 10) -> None:
        self.sets: list[dict[int, Any]] = []
        self._streams, self._size = streams, size
        self._waiting: dict[int, dict[int, Any]] = {}

    def add(self, stream: int, stamp: int, message: Any) -> None:
        self._waiting.setdefault(stamp, {})[stream] = message
        if len(self._waiting[stamp]) == self._streams:
            self.sets.append(self._waiting[stamp])
            self._waiting = {key: value for key, value in self._waiting.items() if key > stamp}
        while len(self._waiting) > self._size:
            del self._waiting[min(self._waiting)]


class ApproximateTime:
    """Policy ApproximateTime of message_filters, as documented for streams that keep their order.

    The latest of the front messages is the pivot. Each other stream gives the message nearest to it, once a later one
    proves it the nearest; no message is used twice, and none older than a used one.
    """

    def __init__(self, streams: int, size: int = 10, longest: float = float("inf")) -> None:
        self.sets: list[dict[int, Any]] = []
        self._buffers: list[deque[Stamped]] = [deque(maxlen=size) for _ in range(streams)]
        self._longest = longest

    def add(self, stream: int, stamp: int, message: Any) -> None:
        self._buffers[stream].append((stamp, message))
        while all(self._buffers):
            pivot = max(buffer[0][0] for buffer in self._buffers)
            if any(buffer[-1][0] < pivot for buffer in self._buffers):
                return  # a nearer one may come
            for buffer in self._buffers:
                while len(buffer) > 1 and abs(buffer[1][0] - pivot) <= abs(buffer[0][0] - pivot):
                    buffer.popleft()
            stamps = [buffer[0][0] for buffer in self._buffers]
            if max(stamps) - min(stamps) <= self._longest:
                self.sets.append({i: buffer.popleft()[1] for i, buffer in enumerate(self._buffers)})
            else:
                min(self._buffers, key=lambda buffer: buffer[0][0]).popleft()


# Pixels where each consumer may detect features, given its mask.


def cuvslam(mask: np.ndarray) -> np.ndarray:
    """Features allowed by cuVSLAM: non-zero is excluded (cuvslam2.h)."""
    return mask == 0


def open_vins(mask: np.ndarray) -> np.ndarray:
    """Features allowed by OpenVINS: above 127 is excluded (open_vins, ov_core/src/track/Grider_FAST.h)."""
    return mask <= 127


def kimera(mask: np.ndarray) -> np.ndarray:
    """Features allowed by Kimera-VIO: 255 is considered, 0 is not (feature-detector/FeatureDetector.cpp)."""
    return mask == 255


def dyna_slam(mask: np.ndarray) -> np.ndarray:
    """Features allowed by DynaSLAM: those where the mask, eroded by 15 pixels, is 1 (src/Frame.cc)."""
    return cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (31, 31))) == 1


def stella_vslam(mask: np.ndarray) -> np.ndarray:
    """Features allowed by stella_vslam: 0 is excluded, and cells of 64 pixels with a corner of 0 (orb_extractor.cc)."""
    usable = np.zeros(mask.shape, bool)
    border, cell, overlap = 19, 64, 6
    bottom, right = mask.shape[0] - border, mask.shape[1] - border
    for top in range(border, bottom - overlap, cell):
        for left in range(border, right - overlap, cell):
            y, x = min(top + cell + overlap, bottom), min(left + cell + overlap, right)
            if all(mask[corner] for corner in ((top, left), (y, left), (top, x), (y, x))):
                usable[top:y, left:x] = mask[top:y, left:x] != 0
    return usable


def rtabmap(depth: np.ndarray) -> np.ndarray:
    """Mask of the detector of RTAB-Map: 255 where depth is known and finite (corelib/src/Features2d.cpp)."""
    if depth.dtype == np.uint16:
        known = (depth > 0) & (depth < np.iinfo(np.uint16).max)
    else:
        known = np.isfinite(depth) & (depth > 0)
    return np.where(known, np.uint8(255), np.uint8(0))


def orb(grey: np.ndarray, mask: np.ndarray | None) -> Iterable[tuple[float, float]]:
    """Positions of the ORB features under a mask."""
    return [keypoint.pt for keypoint in cv2.ORB_create(nfeatures=500).detect(grey, mask)]
