# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS 2 bag in any form: a folder with or without metadata.yaml, or one of its files, compressed or not."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
import zstandard
from mcap.records import Attachment, Metadata
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.mcap_file import McapFile
from bgflow_ros.media.rosbag.names import FILE, METADATA, ROS1, files_in
from bgflow_ros.media.rosbag.sqlite_file import SqliteFile
from bgflow_ros.media.rosbag.storage import HASH, QOS, Definition, Message, StorageFile, Topic

__all__ = ["STORE", "Recording"]

STORE = get_typestore(Stores.LATEST)
for _name, _definition in (
    ("VisionClass", "uint16 class_id\nstring class_name\n"),
    ("LabelInfo", "std_msgs/Header header\nvision_msgs/VisionClass[] class_map\nfloat32 threshold\n"),
):  # of ros-perception/vision_msgs, which rosbags does not know
    STORE.register(get_types_from_msg(_definition, f"vision_msgs/msg/{_name}"))
ZSTD = b"\x28\xb5\x2f\xfd"
"""First bytes of a message that was compressed on its own; a serialised message never begins with them."""
WORDS = 9
"""First version of the metadata that writes QoS in words; rosbag2 reads all versions up to its own."""
NUMBERS = 5
"""Version of the metadata that ROS 2 Humble writes, with QoS in numbers."""


class Recording:
    """ROS 2 bag that is open for reading; a context manager.

    Args:
        path: folder of the bag, or one of its files, which is then read alone.

    Raises:
        MediaError: nothing of it can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.topics: Counter[Topic] = Counter()
        """Numbers of messages by topic, including topics without messages that only metadata.yaml lists."""
        self._files: dict[Path, StorageFile] = {}
        self._lost: list[str] = []
        self._opened = contextlib.ExitStack()
        self.metadata = _read_metadata(path)
        """Unaltered content of metadata.yaml; empty where it is missing or cannot be read."""
        try:
            for part in self._find():
                self._open(part)
        except BaseException:
            self.close()
            raise
        if not self._files:
            self.close()
            raise MediaError("; ".join(self._lost) or f"{path}: no file of a ROS 2 bag (mcap, sqlite3) in it")
        for file in self._files.values():
            self.topics.update(file.topics)
        known = {(topic.name, topic.type) for topic in self.topics}
        self._described = {(topic.name, topic.type): topic for topic in self._read_topics()}
        if path.is_dir():
            self.topics.update({topic: 0 for key, topic in self._described.items() if key not in known})

    @property
    def mcap(self) -> bool:
        """True where the storage is MCAP, False where it is SQLite."""
        return isinstance(next(iter(self._files.values())), McapFile)

    @property
    def version(self) -> int:
        """Version of the bag's metadata: 4 (ROS 2 Foxy) to 9 (since Jazzy)."""
        said = self.metadata.get("version")
        if isinstance(said, int):
            return min(max(said, 4), WORDS)
        qos = [text for topic in self.topics if (text := topic.said(QOS))]
        return WORDS if not qos or any(re.search("history: [a-z]", text) for text in qos) else NUMBERS

    @property
    def seconds(self) -> float:
        """Seconds from the first message to the last."""
        times = [file.times for file in self._files.values() if any(file.times)]
        return (max(end for _, end in times) - min(start for start, _ in times)) * 1e-9 if times else 0.0

    @property
    def damage(self) -> list[str]:
        """Descriptions of what could not be read so far, file by file, with commands that repair it."""
        return self._lost + [
            f"{path}: {file.damage}; {_remedy(path)}" for path, file in self._files.items() if file.damage
        ]

    def messages(self, topics: Collection[Topic] | None = None) -> Iterator[Message]:
        """Read the messages of some or all topics, decompressed, in the order in which they were received."""
        decompressor = zstandard.ZstdDecompressor()
        for file in self._files.values():
            for message in file.messages(self.topics if topics is None else topics):
                data = message.data
                if data[:4] == ZSTD:
                    with contextlib.suppress(zstandard.ZstdError):  # it will be undecodable
                        data = decompressor.decompressobj().decompress(data)
                yield message._replace(data=data)

    def hash(self, topic: Topic) -> str:
        """Get the hash of a topic's type (REP 2016); empty where the bag has none, as before ROS 2 Iron."""
        return topic.said(HASH) or self._described.get((topic.name, topic.type), topic).said(HASH)

    def extras(self) -> Iterator[Attachment | Metadata]:
        """Read everything else in its files."""
        for file in self._files.values():
            yield from file.extras()

    def deserialize(self, message: Message) -> Any:
        """Decode a message; damaged bytes may raise any exception."""
        return STORE.deserialize_cdr(message.data, message.topic.type)

    def close(self) -> None:
        """Close its files."""
        self._opened.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self) -> list[Path]:
        """List the existing files in their order."""
        if not self.path.is_dir():
            return [self.path]
        # Before version 4 these paths were relative to the folder above.
        named = [self.path / Path(name).name for name in self.metadata.get("relative_file_paths", [])]
        found = [path for path in named if path.exists()]
        if not found:
            return files_in(self.path)
        remedy = f"`ros2 bag reindex {self.path}` to make one of the files that are there"
        missing = [path for path in named if path not in found]
        self._lost += [f"{path}: missing, although metadata.yaml names it; {remedy}" for path in missing]
        return found

    def _open(self, path: Path) -> None:
        found = FILE.fullmatch(path.name)
        try:
            if path.suffix.lower() == ROS1:
                raise MediaError("a ROS 1 bag; convert it with `rosbags-convert`")
            if found is None:
                raise MediaError("no file of a ROS 2 bag; expected .mcap or .db3, or one of them with .zstd")
            readable = self._decompressed(path) if found["compressed"] else path
            file: StorageFile = SqliteFile(readable) if found["storage"].lower() == "db3" else McapFile(readable)
        except (MediaError, OSError) as error:
            self._lost.append(f"{path}: {error}")
        else:
            self._opened.callback(file.close)
            self._files[path] = file

    def _decompressed(self, path: Path) -> Path:
        """Decompress a file into a temporary folder as far as possible."""
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        out = folder / path.with_suffix("").name
        with path.open("rb") as file, out.open("wb") as plain:
            try:
                shutil.copyfileobj(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True), plain)
            except zstandard.ZstdError as error:
                self._lost.append(f"{path}: damaged ({error})")
        return out

    def _read_topics(self) -> Iterator[Topic]:
        """Read the topics that metadata.yaml describes."""
        with contextlib.suppress(AttributeError, KeyError, TypeError):  # no metadata as rosbag2 writes them
            for entry in self.metadata["topics_with_message_count"]:
                said = entry["topic_metadata"]
                qos = said.get(QOS) or ""
                qos = qos if isinstance(qos, str) else yaml.safe_dump(qos).strip()
                pairs = ((QOS, qos), (HASH, said.get("type_description_hash") or ""))
                metadata = tuple((key, value) for key, value in pairs if value)
                yield Topic(said["name"], Definition(said["type"]), said["serialization_format"], metadata)


def _remedy(path: Path) -> str:
    """Say with which commands a complete file is recovered from a damaged one."""
    first, file = "", path
    if not path.name.endswith((".mcap", ".db3")):
        first, file = f"`zstd -d {path}`, then ", path.with_suffix("")
    if file.suffix == ".db3":
        mend = f"`sqlite3 {file} .recover | sqlite3 WHOLE.db3` and `ros2 bag reindex`"
    else:
        mend = f"`mcap recover {file} -o WHOLE.mcap`"
    return f"recover a complete file with {first}{mend}"


def _read_metadata(bag: Path) -> dict[str, Any]:
    path = (bag if bag.is_dir() else bag.parent) / METADATA
    try:
        read = yaml.safe_load(path.read_text())["rosbag2_bagfile_information"]
        names = {Path(name).name for name in read["relative_file_paths"]}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError):
        return {}
    return read if bag.is_dir() or bag.name in names else {}
