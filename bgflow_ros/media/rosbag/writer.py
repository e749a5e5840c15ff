# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Writing of a ROS 2 bag of one file with its metadata.yaml."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from bgflow_ros.media.rosbag.mcap_file import McapWriter
from bgflow_ros.media.rosbag.names import METADATA
from bgflow_ros.media.rosbag.recording import STORE, WORDS, Recording
from bgflow_ros.media.rosbag.sqlite_file import SqliteWriter
from bgflow_ros.media.rosbag.storage import HASH, QOS, Definition, Message, StorageWriter, Topic

__all__ = ["BagWriter"]

NAMED = {"history": "keep_last", "reliability": "reliable", "durability": "volatile", "liveliness": "automatic"}
NUMBERED = {"history": 1, "reliability": 1, "durability": 2, "liveliness": 1}
"""Values that rosbag2 wrote before it wrote words (rmw/types.h)."""
FOREVER = {"sec": 9223372036, "nsec": 854775807}


class BagWriter:
    """Writes a bag with the storage and version of another one; a context manager.

    The ROS 2 distribution that recorded the other bag can read this one. An exception leaves the bag incomplete.

    Args:
        folder: folder to create; it must not exist.
        like: the other bag, whose topics and extras are announced.
    """

    def __init__(self, folder: Path, like: Recording) -> None:
        folder.mkdir()
        self._folder, self._like, self._version = folder, like, like.version
        self._storage = "mcap" if like.mcap else "sqlite3"
        self._path = folder / f"{folder.name}.{'mcap' if like.mcap else 'db3'}"
        self._file: StorageWriter = McapWriter(self._path) if like.mcap else SqliteWriter(self._path)
        self._counts: Counter[Topic] = Counter()
        self._times: tuple[int, int] | None = None
        for topic in like.topics:
            self.add(topic)
        for extra in like.extras():
            self._file.add_extra(extra)

    def topic(self, name: str, type_: str, latched: bool = False) -> Topic:
        """Announce a topic of a known type with the node's quality of service, and return it."""
        words = self._version >= WORDS
        qos = {**(NAMED if words else NUMBERED), "depth": 2, "avoid_ros_namespace_conventions": False}
        if latched:
            qos |= {"durability": "transient_local" if words else 1, "depth": 1}
        qos.update({key: dict(FOREVER) for key in ("deadline", "lifespan", "liveliness_lease_duration")})
        metadata = ((QOS, yaml.safe_dump([qos], sort_keys=False).strip()), (HASH, STORE.hash_rihs01(type_)))
        text = STORE.generate_msgdef(type_, ros_version=2)[0]
        topic = Topic(name, Definition(type_, "ros2msg", text.encode()), metadata=metadata)
        self.add(topic)
        return topic

    def add(self, topic: Topic) -> None:
        """Announce a topic."""
        self._file.add(topic)
        self._counts[topic] = 0

    def write(self, message: Message) -> None:
        """Append a message."""
        self._file.write(message)
        self._counts[message.topic] += 1
        start, end = self._times or (message.received, message.received)
        self._times = min(start, message.received), max(end, message.received)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._file.abort()
        else:
            metadata = self._metadata()
            self._file.close(self._version, yaml.safe_dump(metadata, sort_keys=False))
            (self._folder / METADATA).write_text(
                yaml.safe_dump({"rosbag2_bagfile_information": metadata}, sort_keys=False)
            )

    def _metadata(self) -> dict[str, Any]:
        start, end = self._times or (0, 0)

        def span() -> dict[str, Any]:  # a new object each time, because YAML writes repeated objects as aliases
            return {
                "starting_time": {"nanoseconds_since_epoch": start},
                "duration": {"nanoseconds": end - start},
                "message_count": self._counts.total(),
            }

        return {
            "version": self._version,
            "storage_identifier": self._storage,
            **span(),
            "topics_with_message_count": [
                {"topic_metadata": self._of(topic), "message_count": count} for topic, count in self._counts.items()
            ],
            "compression_format": "",
            "compression_mode": "",
            "relative_file_paths": [self._path.name],
            "files": [{"path": self._path.name, **span()}],
            "custom_data": self._like.metadata.get("custom_data"),
            "ros_distro": self._like.metadata.get("ros_distro") or "",
        }

    def _of(self, topic: Topic) -> dict[str, Any]:
        qos: Any = topic.said(QOS)
        if self._version >= WORDS:
            try:
                qos = yaml.safe_load(qos) or []
            except yaml.YAMLError:
                qos = []
        return {
            "name": topic.name,
            "type": topic.type,
            "serialization_format": topic.serialization,
            "offered_qos_profiles": qos,
            "type_description_hash": self._like.hash(topic),
        }
