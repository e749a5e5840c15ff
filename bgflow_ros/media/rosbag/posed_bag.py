# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Images with depth and known poses from a bag."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures, MediaError, evenly_spread
from bgflow_ros.media.posed_recording import PosedDepth
from bgflow_ros.media.rosbag.source import open_bag
from bgflow_ros.media.rosbag.storage import Topic
from bgflow_ros.media.rosbag.topics import (
    COMPRESSED,
    IMAGE,
    INFO,
    Readable,
    choose_topics,
    first_message,
    image_topics,
)
from bgflow_ros.media.rosbag.transforms import Transforms
from bgflow_ros.segmentation.camera_calibration import fit_camera_info, intrinsics, rectification
from bgflow_ros.segmentation.depth import decode_registered, metres
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.image_size import image_size
from bgflow_ros.segmentation.images import Decoder
from bgflow_ros.segmentation.message_fields import nanoseconds
from bgflow_ros.segmentation.pairing import TOLERANCE

__all__ = ["PosedBag"]

Pose = npt.NDArray[np.float64]


class PosedBag:
    """Bag with images, depth that is registered to them, their calibration, and transforms; as `PosedRecording`.

    Args:
        path: Folder or file of the bag.
        world: Frame that stands still, its z axis upwards, such as odom or map (REP 105).
        topic: Topic of the images; None takes the only one.
        depth_topic: Topic of depth; None takes the only one that is registered to the images.

    Raises:
        MediaError: Something of these is missing.
    """

    def __init__(self, path: Path, world: str, topic: str | None = None, depth_topic: str | None = None) -> None:
        self.folder = path
        with open_bag(path) as bag:
            chosen = choose_topics(bag, topic, depth_topic)
            self._images = image_topics(bag, chosen.image)
            self._depths = [known for known in bag.topics if known.name == chosen.depth and known.type == IMAGE]
            first = first_message(bag, chosen.image, (IMAGE, COMPRESSED))
            info = first_message(bag, chosen.info, (INFO,)) if chosen.info else None
            for what, found in (("image", first), ("depth", self._depths or None), ("camera_info", info)):
                if found is None:
                    raise MediaError("; ".join([f"{path}: no {what} in it can be used", *chosen.problems]))
            try:
                fitted = fit_camera_info(info, *image_size(first))
                self._intrinsics = intrinsics(fitted)
                transforms = Transforms(bag)
                transforms.require(first.header.frame_id, world)
            except (ImageError, MediaError) as error:
                raise MediaError(f"{path}: {error}") from error
            pairs = _pairs(_stamps(bag, self._images), _stamps(bag, self._depths))
            damage = list(bag.damage)
        self._pairs = {
            stamp: (depth, pose)
            for stamp, depth in pairs.items()
            if (pose := transforms.pose(first.header.frame_id, world, stamp)) is not None
        }
        """By stamps of images in nanoseconds: the stamp of its depth, and the camera's pose."""
        self.count, without = len(self._pairs), len(pairs) - len(self._pairs)
        """Number of images that have depth and a pose."""
        if not self.count:
            why = f"has depth within {TOLERANCE / 1e6:.0f} ms" if not pairs else f"has a pose in {world}"
            raise MediaError(f"{path}: no image {why}")
        self.remarks = [
            *chosen.remarks,
            *([f"{without} images without a pose left out"] if without else []),
            *([warning] if (warning := rectification(fitted)) else []),
            *damage,
        ]
        """What the user must know of it."""

    def frames(
        self, failures: Failures, most: int | None = None
    ) -> Iterator[tuple[float, npt.NDArray[np.uint8], PosedDepth]]:
        """Read frames as `PosedRecording.frames` does."""
        stamps = sorted(self._pairs)
        wanted = {stamps[place] for place in evenly_spread(len(stamps), most or len(stamps))}
        depth_wanted = {self._pairs[stamp][0] for stamp in wanted}
        images: dict[int, npt.NDArray[np.uint8]] = {}
        depths: dict[int, Any] = {}
        decoder = Decoder()
        with open_bag(self.folder) as bag:
            for message in bag.messages([*self._images, *self._depths]):
                try:
                    found = bag.deserialize(message)
                    stamp = nanoseconds(found.header)
                    if message.topic in self._depths and stamp in depth_wanted:
                        depths[stamp] = found
                    elif message.topic in self._images and stamp in wanted:
                        images[stamp] = decoder.decode(found)
                    for ready in [one for one in images if self._pairs[one][0] in depths]:
                        yield (ready - stamps[0]) / 1e9, *self._posed(ready, images.pop(ready), depths)
                except Exception as error:  # whatever a damaged message makes the decoder raise
                    failures.add(error)

    def _posed(
        self, stamp: int, image: npt.NDArray[np.uint8], depths: dict[int, Any]
    ) -> tuple[npt.NDArray[np.uint8], PosedDepth]:
        of_depth, pose = self._pairs[stamp]
        stored = decode_registered(depths.pop(of_depth), image.shape[1], image.shape[0])
        return image, PosedDepth(metres(stored), self._intrinsics, pose)


def _stamps(bag: Readable, topics: Sequence[Topic]) -> npt.NDArray[np.int64]:
    """Read the stamps of some topics, in nanoseconds and in their order."""
    found = []
    for message in bag.messages(topics):
        with contextlib.suppress(Exception):  # whatever a damaged message makes the decoder raise; `frames` counts it
            found.append(nanoseconds(bag.deserialize(message).header))
    return np.unique(np.array(found, np.int64))


def _pairs(images: npt.NDArray[np.int64], depths: npt.NDArray[np.int64]) -> dict[int, int]:
    """Find for each depth the image nearest in time, as stamps: of the image, and of the depth."""
    found: dict[int, int] = {}
    if not len(images):
        return found
    for depth in depths.tolist():
        place = int(np.searchsorted(images, depth))
        near = min(images[max(place - 1, 0) : place + 1].tolist(), key=lambda image: abs(image - depth))
        if abs(near - depth) <= (abs(near - found[near]) if near in found else TOLERANCE):
            found[near] = depth
    return found
