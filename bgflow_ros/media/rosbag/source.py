# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as sources of frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bgflow_ros.media.frames import Failures, Frame, MediaError
from bgflow_ros.media.rosbag.names import FILE, METADATA, ROS1
from bgflow_ros.segmentation.images import Decoder

if TYPE_CHECKING:
    from bgflow_ros.media.rosbag.topics import Readable

__all__ = ["Bag", "open_bag"]


def open_bag(path: Path) -> Readable:
    """Open a ROS 2 bag, a folder or one of its files, or a ROS 1 bag.

    Raises:
        MediaError: nothing of it can be read, or the packages that bags need are missing.
    """
    try:  # only bags need these packages, and a robot that only segments its camera lacks them
        from bgflow_ros.media.rosbag.recording import Recording
        from bgflow_ros.media.rosbag.ros1 import Ros1Recording
    except ModuleNotFoundError as error:
        raise MediaError(f"{path}: bags need {error.name}: see doc/install.md") from error
    return Ros1Recording(path) if path.suffix.lower() == ROS1 else Recording(path)


class Bag:
    """ROS 2 bag (mcap or sqlite3) or ROS 1 bag, whose frames are the images of one topic.

    Args:
        path: folder of the bag, or one of its files, which is then read alone.
        topic: topic of Image or CompressedImage; None takes the bag's only one.
    """

    is_sequence = True
    rate = 30.0
    count = 0
    remark = ""
    """Note for users about the choice of the topic, set with the first frame; empty where there is none."""

    def __init__(self, path: Path, topic: str | None = None) -> None:
        self.path, self.topic = path, topic
        found = FILE.fullmatch(path.name)
        # Without all of its suffixes.
        self.name = path.name if path.is_dir() else path.name[: found.start("storage") - 1] if found else path.stem

    @property
    def folder(self) -> Path:
        """Folder of the bag, or the file itself where it belongs to no folder with metadata."""
        return self.path.parent if (self.path.parent / METADATA).exists() else self.path

    def frames(self) -> Iterator[Frame]:
        """Read the images of the topic in the order of the bag, numbered by message.

        Raises:
            MediaError: the bag has no such topic, or, after the last frame, some images could not be used.
        """
        failures, decoder = Failures(), Decoder()
        with open_bag(self.path) as bag:
            from bgflow_ros.media.rosbag.topics import choose_image, image_topics

            chosen = choose_image(bag, self.topic)
            self.remark, topics = chosen.remark, image_topics(bag, chosen.name)
            self.count = sum(bag.topics[topic] for topic in topics)
            if self.count > 1 and bag.seconds > 0:
                self.rate = self.count / bag.seconds
            number = 0
            for message in bag.messages(topics):
                try:
                    rgb = decoder.decode(bag.deserialize(message))
                except Exception as error:  # whatever a damaged message makes the decoder raise
                    failures.add(error)
                else:
                    yield Frame(f"{self.name}_{number:06d}", rgb)
                number += 1
            told = [f"{count} of {number} images cannot be used: {error}" for count, error in failures.told()]
            damage = list(bag.damage)
        if number < self.count and not damage:
            told.append(f"it ends after {number} of {self.count} images")
        if number == failures.total:
            told.insert(0, f"no frame can be read from topic {chosen.name}, which has {number} messages")
        lines = [f"{self.path}: {'; '.join(told)}"] if told else []
        if lines or damage:
            raise MediaError("; ".join(lines + damage))
