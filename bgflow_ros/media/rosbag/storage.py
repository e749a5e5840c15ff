# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a file of a bag holds, whatever its storage: topics, and messages that nobody has decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mcap.records import Attachment, Metadata

__all__ = ["HASH", "QOS", "Definition", "Message", "StorageFile", "StorageWriter", "Topic"]

QOS, HASH = "offered_qos_profiles", "topic_type_hash"
"""Names that rosbag2 gives the metadata of a topic."""


class Definition(NamedTuple):
    """Definition of a message type, as the file has it."""

    type: str
    encoding: str = ""
    """ros2msg, ros2idl, jsonschema, protobuf, ...; empty where the file does not define the type."""
    data: bytes = b""


@dataclass(frozen=True)
class Topic:
    """A topic of a bag; two of one name may differ in the rest."""

    name: str
    definition: Definition | None
    """None where the file says nothing of the type."""
    serialization: str = "cdr"
    metadata: tuple[tuple[str, str], ...] = ()
    """What else the storage says of it: QoS and HASH, and whatever the recorder added."""

    @property
    def type(self) -> str:
        """Name of the message type; empty where the file does not tell."""
        return self.definition.type if self.definition else ""

    def said(self, name: str) -> str:
        """A part of the metadata; empty where it is missing."""
        return dict(self.metadata).get(name, "")


class Message(NamedTuple):
    """A message as it was recorded."""

    topic: Topic
    received: int
    """Nanoseconds since the epoch."""
    data: bytes
    published: int | None = None
    """Nanoseconds since the epoch, where the storage keeps them."""
    sequence: int = 0


class StorageFile(Protocol):
    """A file that is open for reading."""

    topics: Counter[Topic]
    """Topics and how many messages each has."""
    times: tuple[int, int]
    """Nanoseconds at which the first and the last message were received; 0 where there is none."""

    @property
    def damage(self) -> str:
        """What could not be read so far; empty where nothing is missing."""
        ...

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Messages of these topics in the order in which they were received."""
        ...

    def extras(self) -> Iterator[Attachment | Metadata]:
        """What else is in the file."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class StorageWriter(Protocol):
    """A file that is being written."""

    def add(self, topic: Topic) -> None:
        """Announce a topic, before its first message."""
        ...

    def write(self, message: Message) -> None:
        """Append a message."""
        ...

    def add_extra(self, extra: Attachment | Metadata) -> None:
        """Append something else, where the storage can keep it."""
        ...

    def close(self, version: int, metadata: str) -> None:
        """Complete the file with the bag's metadata (YAML), which are of a version."""
        ...

    def abort(self) -> None:
        """Leave the file incomplete."""
        ...
