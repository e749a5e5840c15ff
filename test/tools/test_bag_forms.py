# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of every form: storages, versions, compressed, split, cut off, and with channels that nobody understands."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import CompressionType, IndexType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from support.bag_messages import IMAGE, STORE, image_message
from support.made_bags import BOTH, FRAMES, header, messages, room, segment, write

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.source import Bag
from bgflow_ros.media.sources import sources
from bgflow_ros.tools.cli.main import main

TOPIC = "/cam/color/image"
WORDS = "- history: keep_last\n  depth: 10\n  reliability: reliable\n  durability: volatile"
QOS_NUMBERS = """- history: 1
  depth: 10
  reliability: 1
  durability: 2
  deadline: {sec: 9223372036, nsec: 854775807}
  lifespan: {sec: 9223372036, nsec: 854775807}
  liveliness: 1
  liveliness_lease_duration: {sec: 9223372036, nsec: 854775807}
  avoid_ros_namespace_conventions: false
"""


def image(number: int) -> bytes:
    return bytes(STORE.serialize_cdr(image_message(header(number), room(number), "rgb8"), IMAGE))


def definition(type_: str) -> bytes:
    return STORE.generate_msgdef(type_, ros_version=2)[0].encode()


Other = tuple[str | None, str, bytes, str]
"""Name, encoding and data of a schema (None: none at all), encoding of the messages."""
OTHERS: dict[str, Other] = {
    "idl": (
        "house_msgs/msg/Door",
        "ros2idl",
        b"module house_msgs { struct Door { double angle; }; };",
        "cdr",
    ),
    "empty": ("house_msgs/msg/Door", "ros2msg", b"", "cdr"),
    "undefined": ("house_msgs/msg/Door", "", b"", "cdr"),
    "broken": ("house_msgs/msg/Door", "ros2msg", b"float64 angle\n=====\nno such thing[[[", "cdr"),
    "missing": (None, "", b"", "cdr"),
    "json": ("door", "jsonschema", b'{"type": "object"}', "json"),
    "json without schema": (None, "", b"", "json"),
    "protobuf": ("house.Door", "protobuf", b"\x0a\xff\xfe\x00\x80door", "protobuf"),
    "ros1": ("house_msgs/Door", "ros1msg", b"float64 angle", "ros1"),
    "unheard of": ("x", "x", b"\xff", "x"),
}


def write_mcap(path: Path, others: dict[str, Other], count: int = FRAMES, **options: Any) -> Path:
    """A lone MCAP file: images, and a channel for each of the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = McapWriter(file, **({"chunk_size": 20_000, "compression": CompressionType.NONE} | options))
        writer.start(profile="ros2")
        color = writer.register_channel(
            TOPIC,
            "cdr",
            writer.register_schema(IMAGE, "ros2msg", definition(IMAGE)),
            {"offered_qos_profiles": WORDS},
        )
        channels = {}
        for name, (type_, encoding, data, serialization) in others.items():
            schema = 0 if type_ is None else writer.register_schema(type_, encoding, data)
            topic = "/" + name.replace(" ", "_")
            channels[name] = writer.register_channel(topic, serialization, schema, {"recorder": name})
        writer.add_attachment(1, 2, "notes.txt", "text/plain", b"a notebook")
        writer.add_metadata("place", {"room": "kitchen"})
        for number in range(count):
            now = 1_000_000_000 + 50_000_000 * number
            writer.add_message(color, now, image(number), now - 7, number)
            for name, channel in channels.items():
                writer.add_message(channel, now + 1, f"{name} {number}".encode(), now - 5, 3 * number)
        writer.finish()
    return path


def everything(path: Path) -> list[tuple[Any, ...]]:
    """Whatever an MCAP file says of its messages."""
    with path.open("rb") as file:
        return [
            (
                (schema.name, schema.encoding, schema.data) if schema else None,
                (channel.topic, channel.message_encoding, channel.metadata),
                (message.log_time, message.publish_time, message.sequence, message.data),
            )
            for schema, channel, message in make_reader(file).iter_messages()
        ]


def frames(path: Path, topic: str | None = None) -> tuple[list[int], str]:
    """Numbers of the images that a bag gives, each checked, and what it tells at the end."""
    given, told = [], ""
    try:
        for frame in Bag(path, topic).frames():
            number = int(frame.name[-6:])
            np.testing.assert_array_equal(frame.rgb, room(number))
            given.append(number)
    except MediaError as error:
        told = str(error)
    return given, told


ALL = list(range(FRAMES))


def copied(path: Path, out: Path) -> list[tuple[Any, ...]]:
    [file] = out.glob("*.mcap")
    return [entry for entry in everything(file) if not entry[1][0].startswith("/segmenter/")]


@pytest.mark.parametrize("other", OTHERS)
def test_a_channel_that_nobody_understands_does_not_keep_images_from_being_read(
    tmp_path: Path, tiny: Path, other: str
) -> None:
    bag = write_mcap(tmp_path / "drive.mcap", {other: OTHERS[other]})
    assert frames(bag) == (ALL, "")
    assert segment(bag, tmp_path / "masked", tiny) == 0
    assert copied(bag, tmp_path / "masked") == everything(bag)
    assert frames(tmp_path / "masked", TOPIC) == (ALL, "")
    assert segment(bag, tmp_path / "out", tiny, "--pictures") == 0
    assert len(list((tmp_path / "out").glob("*_static.png"))) == FRAMES


def test_a_bag_of_many_such_channels_with_its_metadata_is_copied_whole(tmp_path: Path, tiny: Path) -> None:
    file = write_mcap(tmp_path / "drive" / "drive_0.mcap", OTHERS)
    entries = [("/" + name.replace(" ", "_"), other[0] or "", other[3]) for name, other in OTHERS.items()]
    write_metadata(
        tmp_path / "drive", [file.name], "mcap", 9, [(TOPIC, IMAGE, "cdr"), *entries, ("/silent", "a/msg/B", "cdr")]
    )
    assert segment(tmp_path / "drive", tmp_path / "masked", tiny) == 0
    assert copied(file, tmp_path / "masked") == everything(file)
    [new] = (tmp_path / "masked").glob("*.mcap")
    with new.open("rb") as opened:
        reader = make_reader(opened)
        assert [attachment.data for attachment in reader.iter_attachments()] == [b"a notebook"]
        assert {record.name: record.metadata for record in reader.iter_metadata()}["place"] == {"room": "kitchen"}
    metadata = read_metadata(tmp_path / "masked")
    counts = {
        entry["topic_metadata"]["name"]: entry["message_count"] for entry in metadata["topics_with_message_count"]
    }
    assert counts["/silent"] == 0
    assert counts["/protobuf"] == counts["/segmenter/static_mask"] == FRAMES


@given(
    others=st.lists(
        st.tuples(
            st.none() | st.tuples(st.text(max_size=20), st.text(max_size=9), st.binary(max_size=40)),
            st.text(max_size=9),
            st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
            st.binary(max_size=30).filter(lambda data: not data.startswith(zstandard.FRAME_HEADER)),
        ),
        min_size=4,
        max_size=6,
    )
)
@settings(max_examples=6, deadline=None)
def test_any_channel_is_copied_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, tiny: Path, others: list[tuple[Any, str, dict[str, str], bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with (folder / "drive.mcap").open("wb") as file:
        writer = McapWriter(file)
        writer.start()
        color = writer.register_channel(TOPIC, "cdr", writer.register_schema(IMAGE, "ros2msg", b""))
        writer.add_message(color, 5, image(0), 5)
        for number, (schema, serialization, metadata, data) in enumerate(others):
            schema_id = writer.register_schema(*schema) if schema else 0
            channel = writer.register_channel(f"/other{number}", serialization, schema_id, metadata)
            writer.add_message(channel, 6 + number, data, 4, 9)
        writer.finish()
    assert segment(folder / "drive.mcap", folder / "masked", tiny) == 0
    assert copied(folder / "drive.mcap", folder / "masked") == everything(folder / "drive.mcap")


def write_metadata(
    folder: Path, files: list[str], storage: str, version: int, topics: list[tuple[str, str, str]]
) -> None:
    qos: Any = [] if version >= 9 else QOS_NUMBERS if version >= 4 else ""
    metadata = {
        "version": version,
        "storage_identifier": storage,
        "relative_file_paths": files,
        "duration": {"nanoseconds": 1},
        "starting_time": {"nanoseconds_since_epoch": 0},
        "message_count": FRAMES,
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": name,
                    "type": type_,
                    "serialization_format": serialization,
                    "offered_qos_profiles": qos,
                },
                "message_count": FRAMES,
            }
            for name, type_, serialization in topics
        ],
        "compression_format": "",
        "compression_mode": "",
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump({"rosbag2_bagfile_information": metadata}))


def read_metadata(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    return found


def write_old_sqlite(path: Path, schema: int, numbers: range = range(FRAMES)) -> Path:
    """A file of rosbag2 before it kept definitions: with a topic of a type that nobody knows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        qos = ", offered_qos_profiles TEXT NOT NULL" if schema >= 2 else ""
        database.executescript(
            f"""
            CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
                                serialization_format TEXT NOT NULL{qos});
            CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
                                  data BLOB NOT NULL);
            CREATE INDEX timestamp_idx ON messages (timestamp ASC);
            """
        )
        if schema >= 3:
            database.executescript(
                "CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);"
                "CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER, metadata TEXT NOT NULL);"
                "INSERT INTO schema VALUES (3, 'humble');"
            )
        for id_, (name, type_) in enumerate(((TOPIC, IMAGE), ("/door", "house_msgs/msg/Door")), start=1):
            row = (id_, name, type_, "cdr", *([QOS_NUMBERS] if schema >= 2 else []))
            database.execute(f"INSERT INTO topics VALUES ({', '.join('?' * len(row))})", row)
        for number in numbers:
            for id_, data in ((1, image(number)), (2, b"\0\1\0\0door")):
                row = (id_, 50_000_000 * number, data)
                database.execute("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", row)
        database.commit()
    return path


@pytest.mark.parametrize(("version", "schema"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3), (6, 3), (7, 3), (8, 3)])
def test_a_bag_of_an_older_ros_2_becomes_one_that_it_can_read(
    tmp_path: Path, tiny: Path, version: int, schema: int
) -> None:
    bag = tmp_path / "drive"
    write_old_sqlite(bag / "drive_0.db3", schema)
    name = f"drive/{'drive_0.db3'}" if version < 4 else "drive_0.db3"
    write_metadata(bag, [name], "sqlite3", version, [(TOPIC, IMAGE, "cdr"), ("/door", "house_msgs/msg/Door", "cdr")])
    assert frames(bag) == (ALL, "")
    assert segment(bag, tmp_path / "masked", tiny) == 0
    assert len(messages(tmp_path / "masked", "/segmenter/static_mask")) == FRAMES
    metadata = read_metadata(tmp_path / "masked")
    assert metadata["version"] == max(version, 4)
    for entry in metadata["topics_with_message_count"]:
        assert isinstance(entry["topic_metadata"]["offered_qos_profiles"], str), "a list is of version 9"
    with Reader(tmp_path / "masked") as reader:
        found = {connection.topic: connection for connection in reader.connections}
        assert [bytes(data) for _, _, data in reader.messages([found["/door"]])] == [b"\0\1\0\0door"] * FRAMES
        assert found["/door"].msgtype == "house_msgs/msg/Door"
        [qos] = found["/segmenter/static_mask"].ext.offered_qos_profiles
        assert (qos.reliability.name, qos.durability.name, qos.depth) == ("RELIABLE", "VOLATILE", 2)


def test_a_compressed_file_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    data = write_mcap(tmp_path / "drive.mcap", {}).read_bytes()
    compressor = zstandard.ZstdCompressor().compressobj()
    half = compressor.compress(data[: len(data) // 2]) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    bag = tmp_path / "drive.mcap.zstd"
    bag.write_bytes(half)
    given, told = frames(bag)
    assert given == ALL[: len(given)]
    assert given
    assert f"{bag}: it ends in the middle" in told
    assert f"`zstd -d {bag}`, then `mcap recover {tmp_path / 'drive.mcap'} -o WHOLE.mcap`" in told


def compress(path: Path, suffix: str = ".zstd") -> Path:
    out = path.with_name(path.name + suffix)
    out.write_bytes(zstandard.compress(path.read_bytes()))
    path.unlink()
    return out


@pytest.mark.parametrize("suffix", [".zstd", ".zst"])
@BOTH
def test_a_compressed_file_is_read_alone(tmp_path: Path, tiny: Path, storage: StoragePlugin, suffix: str) -> None:
    [file] = (path for path in write(tmp_path / "drive", storage).iterdir() if path.suffix != ".yaml")
    lone = compress(file.rename(tmp_path / file.name), suffix)
    [source] = sources([lone])
    assert source.name == "drive"
    given, told = frames(lone)
    assert given == [number for number in ALL if number != 3]
    assert "1 of 6 images cannot be used: wrong step" in told
    assert segment(lone, tmp_path / "masked", tiny) == 1
    assert len(messages(tmp_path / "masked", "/segmenter/static_depth/image")) == FRAMES - 1
    lone.write_bytes(lone.read_bytes()[:-200])
    assert str(lone) in frames(lone)[1]


@pytest.mark.parametrize("mode", [CompressionMode.FILE, CompressionMode.MESSAGE])
@pytest.mark.parametrize("beside", [True, False])
@BOTH
def test_a_compressed_bag_is_read_with_and_without_its_metadata(
    tmp_path: Path, tiny: Path, storage: StoragePlugin, mode: CompressionMode, beside: bool
) -> None:
    bag = tmp_path / "drive"
    writer = Writer(bag, version=9, storage_plugin=storage)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        color = writer.add_connection(TOPIC, IMAGE, typestore=STORE)
        for number in ALL:
            writer.write(color, number, image(number))
    if not beside:
        (bag / "metadata.yaml").unlink()
    [file] = (path for path in bag.iterdir() if path.suffix != ".yaml")
    assert frames(file) == (ALL, "")
    assert frames(bag) == (ALL, "")
    assert segment(bag, tmp_path / "masked", tiny) == 0
    assert len(messages(tmp_path / "masked", TOPIC)) == len(messages(tmp_path / "masked", "/segmenter/static_mask"))


def split(bag: Path, storage: str) -> list[Path]:
    """A bag of twelve files, whose order is that of their numbers."""
    files = []
    for number in range(12):
        file = bag / f"drive_{number}.{storage}"
        if storage == "mcap":
            bag.mkdir(exist_ok=True)
            with file.open("wb") as opened:
                writer = McapWriter(opened)
                writer.start(profile="ros2")
                color = writer.register_channel(TOPIC, "cdr", writer.register_schema(IMAGE, "ros2msg", b""))
                writer.add_message(color, number, image(number % FRAMES), number)
                writer.finish()
        else:
            write_old_sqlite(file, 3, range(number % FRAMES, number % FRAMES + 1))
        files.append(file)
    return files


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("storage", ["mcap", "db3"])
def test_a_split_bag_is_one_bag_and_each_of_its_files_another(
    tmp_path: Path, tiny: Path, storage: str, beside: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    files = split(tmp_path / "drive", storage)
    if beside:
        plugin = "mcap" if storage == "mcap" else "sqlite3"
        write_metadata(tmp_path / "drive", [file.name for file in files], plugin, 9, [(TOPIC, IMAGE, "cdr")])
    [source] = sources([tmp_path / "drive"])
    rooms = [frame.rgb for frame in source.frames()]
    assert [(found == room(number % FRAMES)).all() for number, found in enumerate(rooms)] == [True] * 12
    [frame] = sources([files[4]])[0].frames()
    np.testing.assert_array_equal(frame.rgb, room(4))
    assert segment(tmp_path / "drive", tmp_path / "masked", tiny) == 0
    assert len(messages(tmp_path / "masked", "/segmenter/static_mask")) == 12
    assert segment(files[4], tmp_path / "one", tiny) == 0
    assert len(messages(tmp_path / "one", "/segmenter/static_mask")) == 1
    if beside:
        capsys.readouterr()
        files[4].unlink()
        assert segment(tmp_path / "drive", tmp_path / "part", tiny) == 1
        told = capsys.readouterr().err
        assert (
            f"{files[4]}: missing, although metadata.yaml names it; `ros2 bag reindex {tmp_path / 'drive'}` to make"
            in told
        )
        assert len(messages(tmp_path / "part", "/segmenter/static_mask")) == 11


def test_bags_that_are_named_by_their_time_are_several(tmp_path: Path) -> None:
    for second in ("00", "01"):
        write_mcap(tmp_path / f"rosbag2_2024_01_01-12_30_{second}.mcap", {})
    assert len(sources([tmp_path])) == 2


@BOTH
def test_a_folder_without_metadata_is_read(tmp_path: Path, tiny: Path, storage: StoragePlugin) -> None:
    bag = write(tmp_path / "drive", storage)
    (bag / "metadata.yaml").unlink()
    assert segment(bag, tmp_path / "masked", tiny) == 1  # one image is broken
    assert len(messages(tmp_path / "masked", "/segmenter/foreground_points")) == FRAMES - 1
    (bag / "metadata.yaml").write_text("rosbag2_bagfile_information: [")
    assert segment(bag, tmp_path / "again", tiny) == 1
    assert len(messages(tmp_path / "again", "/segmenter/foreground_points")) == FRAMES - 1


@pytest.mark.parametrize(
    "options",
    [
        {"index_types": IndexType.NONE},
        {"index_types": IndexType.CHUNK},
        {"use_chunking": False},
        {"use_statistics": False},
        {"repeat_channels": False},
        {"repeat_schemas": False},
        {"use_summary_offsets": False},
        {"use_statistics": False, "repeat_channels": False, "repeat_schemas": False, "index_types": IndexType.NONE},
        {"enable_crcs": False},
        {"compression": CompressionType.ZSTD},
        {"compression": CompressionType.LZ4},
    ],
    ids=str,
)
def test_an_mcap_file_is_read_whatever_its_index(tmp_path: Path, tiny: Path, options: dict[str, Any]) -> None:
    bag = write_mcap(tmp_path / "drive.mcap", OTHERS, **options)
    assert frames(bag) == (ALL, "")
    assert segment(bag, tmp_path / "masked", tiny) == 0
    assert copied(bag, tmp_path / "masked") == everything(write_mcap(tmp_path / "whole.mcap", OTHERS))


@pytest.mark.parametrize("options", [{}, {"use_chunking": False}, {"compression": CompressionType.ZSTD}], ids=str)
def test_an_mcap_file_that_ends_anywhere_gives_what_is_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    whole = write_mcap(tmp_path / "whole.mcap", {}, **options).read_bytes()
    cut, most = tmp_path / "cut.mcap", 0
    for end in range(600, len(whole), max(1, len(whole) // 60)):
        cut.write_bytes(whole[:end])
        given, told = frames(cut)
        assert given == ALL[: len(given)]
        assert most <= len(given)
        most = len(given)
        assert len(given) == FRAMES or f"`mcap recover {cut} -o WHOLE.mcap`" in told
    assert most == FRAMES


def test_a_truncated_bag_is_copied_as_far_as_it_goes(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_mcap(tmp_path / "drive.mcap", OTHERS)
    whole = everything(bag)
    bag.write_bytes(bag.read_bytes()[: len(bag.read_bytes()) * 2 // 3])
    assert segment(bag, tmp_path / "masked", tiny) == 1
    told = capsys.readouterr().err
    assert f"{bag}: it ends in the middle, as after a crash of the recorder; recover a complete file with `mcap" in told
    found = copied(bag, tmp_path / "masked")
    assert found == whole[: len(found)]
    assert len(found) >= 1 + len(OTHERS)


def test_a_damaged_chunk_costs_nothing_but_itself(tmp_path: Path) -> None:
    bag = write_mcap(tmp_path / "drive.mcap", {})
    data = bytearray(bag.read_bytes())
    place = data.index(image(2)[200:300])
    data[place : place + 50] = bytes(50)
    bag.write_bytes(data)
    given = []
    with pytest.raises(MediaError, match=r"chunks are damaged: 1, the first by CRCValidationError.*`mcap recover"):
        given.extend(frame.rgb for frame in Bag(bag).frames())
    left = {number for number in ALL if any((rgb == room(number)).all() for rgb in given)}
    assert 0 < FRAMES - len(left) <= 3, "those of one chunk"


def test_a_truncated_sqlite_file_gives_what_is_whole(tmp_path: Path, tiny: Path) -> None:
    bag = write_old_sqlite(tmp_path / "drive.db3", 3)
    whole = bag.read_bytes()
    bag.write_bytes(whole[: len(whole) * 9 // 10 // 4096 * 4096])
    given, told = frames(bag)
    assert given == ALL[: len(given)]
    assert 0 < len(given) < FRAMES
    assert f"`sqlite3 {bag} .recover | sqlite3 WHOLE.db3`" in told
    assert segment(bag, tmp_path / "masked", tiny) == 1
    # Where it ends depends on what else is read.
    assert len(given) <= len(messages(tmp_path / "masked", "/segmenter/static_mask")) < FRAMES


def test_what_a_killed_recorder_left_in_the_write_ahead_log_is_read(tmp_path: Path) -> None:
    bag = write_old_sqlite(tmp_path / "drive.db3", 3, range(2))
    with closing(sqlite3.connect(bag)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_autocheckpoint=0")
        row = (1, 50_000_000 * 2, image(2))
        database.execute("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", row)
        database.commit()
        (tmp_path / "killed").mkdir()
        for suffix in ("", "-wal"):
            (tmp_path / "killed" / f"drive.db3{suffix}").write_bytes(Path(f"{bag}{suffix}").read_bytes())
    assert frames(tmp_path / "killed" / "drive.db3") == ([0, 1, 2], "")


@pytest.mark.parametrize("name", ["a.mcap", "a.db3", "a.mcap.zstd", "a.db3.zstd"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"no bag at all" * 99, ("no MCAP file", "no readable SQLite file of rosbag2 (file is not a database)")),
    ],
)
def test_a_file_that_is_no_bag_ends_with_one_line(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, message: Any
) -> None:
    (tmp_path / name).write_bytes(zstandard.compress(content) if name.endswith(".zstd") else content)
    assert segment(tmp_path / name, tmp_path / "masked", tiny) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert (message if isinstance(message, str) else message["db3" in name]) in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert segment(tmp_path / name, tmp_path / "out", tiny, "--pictures") == 1


def test_a_length_that_lies_asks_for_no_memory(tmp_path: Path) -> None:
    bag = write_mcap(tmp_path / "drive.mcap", {}, use_chunking=False)
    data = bag.read_bytes()
    place = data.index(struct.pack("<Q", 22 + len(image(3))))
    bag.write_bytes(data[:place] + struct.pack("<Q", 1 << 40) + data[place + 8 :])
    given, told = frames(bag)
    assert given == []
    assert "no frame can be read" in told


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Path]:
    """A bag of ten images, of which the fourth is damaged."""
    with Writer(tmp_path / "drive", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        color = writer.add_connection(TOPIC, IMAGE, typestore=STORE)
        for number in range(10):
            data = image(number % FRAMES)
            writer.write(color, 50_000_000 * number, data[:300] if number == 3 else data)
    yield tmp_path / "drive"


def test_one_damaged_image_of_ten_costs_one_image(
    damaged: Path, tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert segment(damaged, tmp_path / "out", tiny, "--pictures") == 1
    assert len(list((tmp_path / "out").glob("drive_*_static.png"))) == 9
    assert not (tmp_path / "out" / "drive_000003_static.png").exists()
    assert (tmp_path / "out" / "drive_overlay.mp4").exists()
    assert "1 of 10 images cannot be used: undecodable" in capsys.readouterr().err


def test_the_viewer_shows_the_other_nine_and_the_other_sources(
    damaged: Path, tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rerun", reason="needs the view extra")
    (tmp_path / "empty.mcap").touch()
    from support.recordings import read

    paths = [str(tmp_path / "empty.mcap"), str(damaged), str(write_mcap(tmp_path / "more.mcap", {}))]
    arguments = ["--model", str(tiny), "--device", "cpu", "--save", str(tmp_path / "view.rrd")]
    assert main(["view", *paths, *arguments]) == 1
    told = capsys.readouterr().err
    assert "1 of 10 images cannot be used: undecodable" in told
    assert "empty.mcap: an empty file" in told
    assert len(read(tmp_path / "view.rrd")["/camera/static"]) == 9 + FRAMES


def test_a_ros_1_bag_gives_its_images_and_tells_of_a_damaged_one(tmp_path: Path) -> None:
    store = get_typestore(Stores.ROS1_NOETIC)
    with Ros1Writer(tmp_path / "old.bag") as writer:
        color = writer.add_connection("/image", IMAGE, typestore=store)
        depth = writer.add_connection("/depth", IMAGE, typestore=store)
        for number in ALL:
            stamp = store.types["builtin_interfaces/msg/Time"](sec=100 + number, nanosec=5)
            head = store.types["std_msgs/msg/Header"](seq=number, stamp=stamp, frame_id="optical")
            pixels = room(number)
            for to, encoding, data in ((color, "rgb8", pixels.ravel()), (depth, "16UC1", pixels[..., :2].ravel())):
                message = store.types[IMAGE](
                    head, pixels.shape[0], pixels.shape[1], encoding, 0, data.size // pixels.shape[0], data
                )
                raw = bytes(store.serialize_ros1(message, IMAGE))
                writer.write(to, number, raw[:99] if number == 3 else raw)
    given, told = frames(tmp_path / "old.bag")
    assert given == [number for number in ALL if number != 3]
    assert "1 of 6 images cannot be used: undecodable" in told
    (tmp_path / "cut.bag").write_bytes((tmp_path / "old.bag").read_bytes()[:-500])
    assert "`rosbag reindex` may mend it" in frames(tmp_path / "cut.bag")[1]
    (tmp_path / "old.bag").rename(tmp_path / "OLD.BAG")
    assert "must end in `.bag`; rename it" in frames(tmp_path / "OLD.BAG")[1]
