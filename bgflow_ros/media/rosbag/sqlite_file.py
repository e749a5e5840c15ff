# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of SQLite files of rosbag2 in any version, damaged ones as far as possible, and writing of version 4."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mcap.records import Attachment, Metadata

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.storage import HASH, QOS, Definition, Message, Topic

__all__ = ["SqliteFile", "SqliteWriter"]

TABLES = """
CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE topics(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, serialization_format TEXT NOT NULL,
    offered_qos_profiles TEXT NOT NULL, type_description_hash TEXT NOT NULL
);
CREATE TABLE message_definitions(
    id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
    encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL
);
CREATE TABLE messages(
    id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
INSERT INTO schema(schema_version, ros_distro) VALUES (4, '');
"""
"""Tables as rosbag2 creates them since ROS 2 Iron; older versions read them by the names of the columns."""


class SqliteFile:
    """SQLite file of rosbag2 that is open for reading; see `StorageFile`.

    A damaged file is read in the order of its rows up to the first one that cannot be read.

    Raises:
        MediaError: the file is not a file of rosbag2, or its topics cannot be read.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        if path.stat().st_size == 0:
            raise MediaError("an empty file")
        self._failure = ""
        # A recorder that was killed may have left messages in the write-ahead log, which SQLite must be free to join.
        log = path.with_name(f"{path.name}-wal")
        mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
        self._database = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)
        self._database.text_factory = lambda text: text.decode(errors="replace")
        try:
            # Without this, SQLite refuses truncated files altogether; nothing is written.
            self._database.execute("PRAGMA writable_schema = ON")
            self._topics = dict(self._read_topics())
        except sqlite3.Error as error:
            self._database.close()
            hint = f"; {log.name} can only be joined to it in a folder that can be written: copy both to one"
            unwritable = mode == "mode=ro" and not os.access(path.parent, os.W_OK)
            raise MediaError(f"no readable SQLite file of rosbag2 ({error}){hint if unwritable else ''}") from error
        self._ordered = "timestamp, id"
        counts: Counter[int] = Counter()
        times: list[tuple[int, int]] = []
        try:
            self._query("SELECT id FROM messages ORDER BY timestamp LIMIT 1").fetchall()
            for id_, count, start, end in self._query(
                "SELECT topic_id, COUNT(*), MIN(timestamp), MAX(timestamp) FROM messages GROUP BY topic_id"
            ):
                if not isinstance(start, int) or not isinstance(end, int):
                    raise sqlite3.DataError("a time that is not a number")
                counts[id_] = count
                times.append((start, end))
        except sqlite3.Error as error:
            self._ordered = "id"
            counts.clear()
            times.clear()
            for id_, time, _ in self._rows("SELECT topic_id, timestamp, data FROM messages ORDER BY id"):
                counts[id_] += 1
                times.append((time, time))
            self._failure = str(error)
        self.times = (min(start for start, _ in times), max(end for _, end in times)) if times else (0, 0)
        self.topics: Counter[Topic] = Counter()
        for id_, topic in self._topics.items():
            self.topics[topic] += counts[id_]

    @property
    def damage(self) -> str:
        """Description of what could not be read so far."""
        return f"damaged ({self._failure})" if self._failure else ""

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Read the messages of some topics."""
        wanted = [id_ for id_, topic in self._topics.items() if topic in topics]
        marks = ", ".join("?" * len(wanted))
        select = f"SELECT topic_id, timestamp, data FROM messages WHERE topic_id IN ({marks}) ORDER BY {self._ordered}"
        for id_, received, data in self._rows(select, wanted):
            yield Message(self._topics[id_], received, data)

    def extras(self) -> Iterator[Attachment | Metadata]:
        """Return nothing, since the tables have no place for it."""
        return iter(())

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _query(self, select: str, values: Collection[Any] = ()) -> sqlite3.Cursor:
        return self._database.execute(select, tuple(values))

    def _rows(self, select: str, values: Collection[Any] = ()) -> Iterator[tuple[int, int, bytes]]:
        try:
            for id_, received, data in self._query(select, values):
                # SQLite accepts any value in any column.
                if isinstance(received, int) and isinstance(data, bytes):
                    yield id_, received, data
                else:
                    self._failure = "a row that is not a message"
        except sqlite3.Error as error:
            self._failure = str(error)

    def _read_topics(self) -> Iterator[tuple[int, Topic]]:
        columns = {row[1] for row in self._query("PRAGMA table_info(topics)")}
        qos = "offered_qos_profiles" if "offered_qos_profiles" in columns else "''"
        digest = "type_description_hash" if "type_description_hash" in columns else "''"
        definitions: dict[str, Definition] = {}
        if self._query("PRAGMA table_info(message_definitions)").fetchall():
            for type_, encoding, text in self._query(
                "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions ORDER BY id"
            ):
                data = text if isinstance(text, bytes) else str(text).encode()
                definitions[type_] = Definition(str(type_), str(encoding), data)
        for id_, name, type_, serialization, *said in self._query(
            f"SELECT id, name, type, serialization_format, {qos}, {digest} FROM topics ORDER BY id"
        ):
            metadata = tuple((key, str(value)) for key, value in zip((QOS, HASH), said, strict=True) if value)
            definition = definitions.get(type_, Definition(str(type_)))
            yield id_, Topic(str(name), definition, str(serialization), metadata)


class SqliteWriter:
    """SQLite file of rosbag2 that is open for writing; see `StorageWriter`."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(TABLES)
        self._topics: dict[Topic, int] = {}
        self._defined: set[Definition] = set()

    def add(self, topic: Topic) -> None:
        """Announce a topic."""
        definition = topic.definition or Definition("")
        if definition.encoding and definition not in self._defined:
            self._defined.add(definition)
            row = (definition.type, definition.encoding, definition.data.decode(errors="replace"), topic.said(HASH))
            self._database.execute(
                "INSERT INTO message_definitions"
                "(topic_type, encoding, encoded_message_definition, type_description_hash) VALUES (?, ?, ?, ?)",
                row,
            )
        self._topics[topic] = len(self._topics) + 1
        said = (topic.name, topic.type, topic.serialization, topic.said(QOS), topic.said(HASH))
        self._database.execute("INSERT INTO topics VALUES (?, ?, ?, ?, ?, ?)", (self._topics[topic], *said))

    def write(self, message: Message) -> None:
        """Append a message."""
        self._database.execute(
            "INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)",
            (self._topics[message.topic], message.received, message.data),
        )

    def add_extra(self, extra: Attachment | Metadata) -> None:
        """Leave it out, since the tables have no place for it."""

    def close(self, version: int, metadata: str) -> None:
        """Complete the file."""
        self._database.execute("INSERT INTO metadata(metadata_version, metadata) VALUES (?, ?)", (version, metadata))
        self._database.commit()
        self._database.close()

    def abort(self) -> None:
        """Leave the file incomplete."""
        self._database.close()
