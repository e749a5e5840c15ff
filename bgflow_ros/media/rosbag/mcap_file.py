# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reading and writing of MCAP files (https://mcap.dev/spec), with or without their index and also truncated ones."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from mcap.reader import SeekingReader
from mcap.records import Attachment, Channel, Chunk, DataEnd, McapRecord, Metadata, Schema
from mcap.records import Message as Record
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.summary import Summary
from mcap.writer import CompressionType, Writer

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.storage import Definition, Message, Topic

__all__ = ["McapFile", "McapWriter"]

MAGIC = b"\x89MCAP0\r\n"
OWN = "rosbag2"
"""Name of the metadata that rosbag2 writes about the whole bag; a copy gets its own."""


class WholeReads:
    """File that never returns fewer bytes than requested, because half a record must not pass for a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int) -> bytes:
        """Read a number of bytes.

        Raises:
            EOFError: the file ends earlier; nothing is allocated for a broken length.
        """
        if size > self._size - self.tell():
            raise EOFError
        return self._file.read(size)


class McapFile:
    """MCAP file that is open for reading; see `StorageFile`.

    Definitions are never parsed. A file without a complete index is read from its beginning in the order of its records
    up to the first broken one. Broken chunks are left out.

    Raises:
        MediaError: the file is not an MCAP file.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._stream = WholeReads(self._file)
        head = self._file.read(len(MAGIC))
        if head != MAGIC:
            self._file.close()
            raise MediaError("no MCAP file" if head else "an empty file")
        self._cut = False
        self._broken: dict[int, str] = {}
        self._topics: dict[int, Topic] = {}
        self._summary = self._read_summary()
        counts: Counter[int] = Counter()
        if self._summary is not None and self._summary.statistics is not None:
            statistics, summary = self._summary.statistics, self._summary
            self._topics = {id_: _topic(channel, summary.schemas) for id_, channel in summary.channels.items()}
            counts.update(statistics.channel_message_counts)
            self.times = (statistics.message_start_time, statistics.message_end_time)
        else:
            received: list[int] = []
            for record in self._scan():
                if isinstance(record, Record) and record.channel_id in self._topics:
                    counts[record.channel_id] += 1
                    received = [min([*received, record.log_time]), max([*received, record.log_time])]
            self.times = (received[0], received[-1]) if received else (0, 0)
        self.topics: Counter[Topic] = Counter()
        for id_, topic in self._topics.items():
            self.topics[topic] += counts[id_]

    @property
    def damage(self) -> str:
        """Description of what could not be read so far."""
        found = []
        if self._cut:
            found.append("it ends in the middle, as after a crash of the recorder")
        if self._broken:
            found.append(f"chunks are damaged: {len(self._broken)}, the first by {next(iter(self._broken.values()))}")
        return " and ".join(found)

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Read the messages of some topics."""
        wanted = {id_: topic for id_, topic in self._topics.items() if topic in topics}
        records = self._scan() if self._summary is None or not self._summary.chunk_indexes else self._indexed(wanted)
        for record in records:
            if isinstance(record, Record) and record.channel_id in wanted:
                topic = wanted[record.channel_id]
                yield Message(topic, record.log_time, record.data, record.publish_time, record.sequence)

    def extras(self) -> Iterator[Attachment | Metadata]:
        """Read attachments, and metadata other than those of rosbag2."""
        if self._summary is None:
            records: Iterator[McapRecord] = self._scan()
        else:
            self._file.seek(0)
            reader = SeekingReader(self._stream)  # type: ignore[arg-type]
            records = iter([*reader.iter_attachments(), *reader.iter_metadata()])
        for record in records:
            if isinstance(record, Attachment) or (isinstance(record, Metadata) and record.name != OWN):
                yield record

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_summary(self) -> Summary | None:
        """Read the index at the end of the file; None where it is missing or incomplete."""
        self._file.seek(0)
        try:
            summary = SeekingReader(self._stream).get_summary()  # type: ignore[arg-type]
        except Exception:  # whatever a truncated file makes the reader raise
            return None
        if summary is None or summary.statistics is None:
            return None
        used = {id_ for id_, count in summary.statistics.channel_message_counts.items() if count}
        used |= {id_ for index in summary.chunk_indexes for id_ in index.message_index_offsets}
        schemas = {channel.schema_id for channel in summary.channels.values()} - {0}
        return summary if used <= summary.channels.keys() and schemas <= summary.schemas.keys() else None

    def _scan(self) -> Iterator[McapRecord]:
        """Read the records from the beginning to the end of the data, or of the file."""
        self._file.seek(0)
        schemas: dict[int, Schema] = {}
        records = StreamReader(self._stream, emit_chunks=True).records  # type: ignore[arg-type]
        while True:
            place = self._file.tell()
            try:
                record = next(records)
            except Exception:  # whatever a truncated file makes the reader raise
                self._cut = True
                return
            if isinstance(record, DataEnd):
                return
            for inner in self._inside(record, place) if isinstance(record, Chunk) else (record,):
                if isinstance(inner, Schema):
                    schemas[inner.id] = inner
                elif isinstance(inner, Channel):
                    self._topics.setdefault(inner.id, _topic(inner, schemas))
                yield inner

    def _indexed(self, channels: Collection[int]) -> Iterator[McapRecord]:
        """Read the records of the chunks that hold these channels, in the order in which they were received."""
        assert self._summary is not None
        waiting: list[tuple[int, int, int, Record]] = []
        for index in sorted(self._summary.chunk_indexes, key=lambda chunk: chunk.message_start_time):
            if index.message_index_offsets and not index.message_index_offsets.keys() & channels:
                continue
            while waiting and waiting[0][0] < index.message_start_time:
                yield heapq.heappop(waiting)[-1]
            try:
                self._file.seek(index.chunk_start_offset)
                chunk = next(StreamReader(self._stream, skip_magic=True, emit_chunks=True).records)  # type: ignore[arg-type]
            except Exception as error:  # whatever a damaged file makes the reader raise
                self._broken[index.chunk_start_offset] = f"{type(error).__name__}: {error}"
                continue
            for number, record in enumerate(self._inside(chunk, index.chunk_start_offset)):
                if isinstance(record, Record) and record.channel_id in channels:
                    heapq.heappush(waiting, (record.log_time, index.chunk_start_offset, number, record))
        while waiting:
            yield heapq.heappop(waiting)[-1]

    def _inside(self, chunk: McapRecord, place: int) -> list[McapRecord]:
        try:
            if not isinstance(chunk, Chunk):
                raise ValueError("the index points at something else")
            return breakup_chunk(chunk, validate_crc=True)
        except Exception as error:  # whatever damaged bytes make the decompressor and the parser raise
            self._broken[place] = f"{type(error).__name__}: {error}"
            return []


def _topic(channel: Channel, schemas: dict[int, Schema]) -> Topic:
    schema = schemas.get(channel.schema_id)
    definition = Definition(schema.name, schema.encoding, schema.data) if schema else None
    return Topic(channel.topic, definition, channel.message_encoding, tuple(channel.metadata.items()))


class McapWriter:
    """Uncompressed MCAP file that is open for writing; see `StorageWriter`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._writer = Writer(self._file, compression=CompressionType.NONE)
        self._writer.start(profile="ros2")
        self._schemas: dict[Definition | None, int] = {None: 0}
        self._channels: dict[Topic, int] = {}

    def add(self, topic: Topic) -> None:
        """Announce a topic."""
        if topic.definition is not None and topic.definition not in self._schemas:
            type_, encoding, data = topic.definition
            self._schemas[topic.definition] = self._writer.register_schema(type_, encoding, data)
        schema = self._schemas[topic.definition]
        self._channels[topic] = self._writer.register_channel(
            topic.name, topic.serialization, schema, dict(topic.metadata)
        )

    def write(self, message: Message) -> None:
        """Append a message."""
        published = message.received if message.published is None else message.published
        channel = self._channels[message.topic]
        self._writer.add_message(channel, message.received, message.data, published, message.sequence)

    def add_extra(self, extra: Attachment | Metadata) -> None:
        """Append an attachment or metadata."""
        if isinstance(extra, Metadata):
            self._writer.add_metadata(extra.name, extra.metadata)
        else:
            self._writer.add_attachment(extra.create_time, extra.log_time, extra.name, extra.media_type, extra.data)

    def close(self, version: int, metadata: str) -> None:
        """Complete the file."""
        self._writer.add_metadata(OWN, {"serialized_metadata": metadata})
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._file.close()

    def abort(self) -> None:
        """Leave the file incomplete."""
        self._file.close()
