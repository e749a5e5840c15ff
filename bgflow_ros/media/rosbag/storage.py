# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Content of a bag's file in any storage: topics and serialised messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mcap.records import Attachment, Metadata

__all__ = ["HASH", "QOS", "Definition", "Message", "StorageFile", "StorageWriter", "Topic"]

QOS, HASH = "offered_qos_profiles", "topic_type_hash"
"""Names of the metadata of a topic in rosbag2."""


class Definition(NamedTuple):
    """Definition of a message type as the file stores it."""

    type: str
    encoding: str = ""
    """Encoding such as ros2msg, ros2idl, jsonschema or protobuf; empty where the file does not define the type."""
    data: bytes = b""


@dataclass(frozen=True)
class Topic:
    """Topic of a bag; two topics of one name may differ in everything else."""

    name: str
    definition: Definition | None
    """Definition of the message type; None where the file does not name the type."""
    serialization: str = "cdr"
    metadata: tuple[tuple[str, str], ...] = ()
    """Further properties: QOS, HASH, and whatever the recorder added."""

    @property
    def type(self) -> str:
        """Name of the message type; empty where the file does not state it."""
        return self.definition.type if self.definition else ""

    def said(self, name: str) -> str:
        """Get one value of the metadata; empty where it is missing."""
        return dict(self.metadata).get(name, "")


class Message(NamedTuple):
    """Message as it was recorded."""

    topic: Topic
    received: int
    """Nanoseconds since the epoch."""
    data: bytes
    published: int | None = None
    """Nanoseconds since the epoch; None where the storage does not keep them."""
    sequence: int = 0


class StorageFile(Protocol):
    """File that is open for reading."""

    topics: Counter[Topic]
    """Numbers of messages by topic."""
    times: tuple[int, int]
    """Times in nanoseconds at which the first and the last message were received; 0 where there is none."""

    @property
    def damage(self) -> str:
        """Description of what could not be read so far; empty where nothing is missing."""
        ...

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Read the messages of some topics in the order in which they were received."""
        ...

    def extras(self) -> Iterator[Attachment | Metadata]:
        """Read everything else in the file."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class StorageWriter(Protocol):
    """File that is open for writing."""

    def add(self, topic: Topic) -> None:
        """Announce a topic before its first message."""
        ...

    def write(self, message: Message) -> None:
        """Append a message."""
        ...

    def add_extra(self, extra: Attachment | Metadata) -> None:
        """Append something else where the storage can keep it."""
        ...

    def close(self, version: int, metadata: str) -> None:
        """Complete the file with the bag's metadata (YAML) and their version."""
        ...

    def abort(self) -> None:
        """Leave the file incomplete."""
        ...
