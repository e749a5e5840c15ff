# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of images from ROS 1 bags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.highlevel import AnyReader

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.storage import Definition, Message, Topic

__all__ = ["Ros1Recording"]


class Ros1Recording:
    """ROS 1 bag that is open for reading, with the part of `Recording`'s interface that reading images needs.

    Raises:
        MediaError: the bag cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.damage = path, list[str]()
        if path.suffix != ".bag":
            raise MediaError(f"{path}: ROS 1 bags must end in `.bag`; rename it")
        self._reader = AnyReader([path])
        try:
            self._reader.open()
        except Exception as error:  # whatever a damaged file makes the reader raise
            why = f"no readable ROS 1 bag ({error or type(error).__name__}); `rosbag reindex` may mend it"
            raise MediaError(f"{path}: {why}") from error
        self._topics = {
            connection.id: Topic(connection.topic, Definition(connection.msgtype))
            for connection in self._reader.connections
        }
        self.topics: Counter[Topic] = Counter()
        for connection in self._reader.connections:
            self.topics[self._topics[connection.id]] += connection.msgcount
        self.seconds = self._reader.duration * 1e-9

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Read the messages of some topics in the order in which they were received."""
        wanted = [connection for connection in self._reader.connections if self._topics[connection.id] in topics]
        try:
            for connection, received, data in self._reader.messages(wanted) if wanted else ():
                yield Message(self._topics[connection.id], received, data)
        except Exception as error:  # whatever a damaged file makes the reader raise
            self.damage.append(f"{self.path}: damaged ({error or type(error).__name__}); `rosbag reindex` may mend it")

    def deserialize(self, message: Message) -> Any:
        """Decode a message; damaged bytes may raise any exception."""
        return self._reader.deserialize(message.data, message.topic.type)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def __enter__(self) -> Ros1Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
