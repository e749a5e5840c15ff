# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A copy of a ROS 2 bag with the node's topics beside what was recorded, so that a drive can be mapped again."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from bgflow_ros import depth, images
from bgflow_ros.images import ImageError
from bgflow_ros.media import MediaError
from bgflow_ros.pairing import Pairing
from bgflow_ros.refinement import MAPS, Refined, Refiner
from bgflow_ros.segmenter import Segmenter

__all__ = ["Topics", "choose_topics", "copy_with_masks"]

IMAGE, COMPRESSED, INFO, POINTS = (
    f"sensor_msgs/msg/{name}" for name in ("Image", "CompressedImage", "CameraInfo", "PointCloud2")
)
STORE = get_typestore(Stores.LATEST)
FOREVER = QosTime(9223372036, 854775807)
QOS = Qos(
    QosHistory.KEEP_LAST,
    2,
    QosReliability.RELIABLE,
    QosDurability.VOLATILE,
    FOREVER,
    FOREVER,
    QosLiveliness.AUTOMATIC,
    FOREVER,
    False,
)
"""As the node publishes."""


class Bar(Protocol):
    """What of tqdm is used."""

    total: float | None

    def update(self) -> Any:
        """Count one."""


@dataclass(frozen=True)
class Topics:
    """Which of a bag's topics belong to the camera."""

    image: str
    depth: str | None
    info: str | None


def choose_topics(bag: Path, image: str | None, depth_topic: str | None) -> Topics:
    """Choose the camera's topics by their types and by their first messages.

    Args:
        bag: a ROS 2 bag.
        image: of the pictures; the only one of the bag where None.
        depth_topic: of depth; the only one of the bag with the image's frame and size where None, if there is one.

    Raises:
        MediaError: there is no such topic, or a choice to make.
    """
    images_of: dict[str, tuple[Any, ...]] = {}
    depths_of: dict[str, tuple[Any, ...]] = {}
    infos: list[str] = []
    with closing(_open(bag)) as reader:
        for connection in reader.connections:
            if connection.msgtype == INFO:
                infos.append(connection.topic)
            elif connection.msgtype == COMPRESSED and "compressedDepth" not in connection.topic:
                images_of[connection.topic] = ()
            elif connection.msgtype == IMAGE:
                first = _first(reader, connection)
                found = depths_of if getattr(first, "encoding", "") in depth.ENCODINGS else images_of
                found[connection.topic] = (first.header.frame_id, first.width, first.height) if first else ()
    chosen = _only(bag, "images", list(images_of), image, "--topic")
    if chosen is None:
        raise MediaError(f"{bag}: it has no images at all")
    like = images_of[chosen]
    registered = [topic for topic, sort in depths_of.items() if depth_topic == topic or not like or sort == like]
    name = chosen.removesuffix("/compressed").rpartition("/")[0]
    beside = [topic for topic in infos if topic.rpartition("/")[0] == name] or infos
    return Topics(
        chosen,
        _only(bag, "registered depth", registered, depth_topic, "--depth-topic"),
        beside[0] if len(set(beside)) == 1 else None,
    )


def _first(reader: Reader, connection: Any) -> Any:
    """First message of a topic that is whole; None where there is none among the first few."""
    for _, _, data in itertools.islice(_messages(reader, [connection]), 10):
        with contextlib.suppress(Exception):  # whatever a damaged message makes the reader raise
            return STORE.deserialize_cdr(data, connection.msgtype)
    return None


def _only(bag: Path, what: str, topics: list[str], wanted: str | None, option: str) -> str | None:
    there = f"it has {what} on {', '.join(topics)}" if topics else f"it has no {what} at all"
    if wanted is not None and wanted not in topics:
        raise MediaError(f"{bag}: no {what} on topic {wanted}; {there}")
    if wanted is None and len(topics) > 1:
        raise MediaError(f"{bag}: choose with {option}; {there}")
    return wanted or (topics[0] if topics else None)


def _open(bag: Path) -> Reader:
    if bag.suffix == ".bag":
        raise MediaError(f"{bag}: a ROS 1 bag; expected one of ROS 2, which `rosbags-convert` makes of it")
    try:
        reader = Reader(bag)
        reader.open()
    except Exception as error:  # whatever a damaged file makes the storage raise
        raise MediaError(f"{bag}: no readable bag ({error or type(error).__name__})") from error
    return reader


def copy_with_masks(
    bag: Path, out: Path, topics: Topics, segmenter: Segmenter, node: str, likelihood: bool, bar: Bar
) -> Counter[str]:
    """Copy a bag and add what the node would have published of each image, received right after it.

    Every message of the old bag is there as it was, byte for byte. A kill leaves no bag named `out`.

    Args:
        bag: a ROS 2 bag; not changed.
        out: of the new one, which must not exist; of the same storage.
        topics: of the camera.
        segmenter: of the images.
        node: fully qualified name of the node under which to publish.
        likelihood: whether the likelihood is added too.
        bar: is told how many messages there are, and of each that is done.

    Returns:
        How many images or depths could not be used, by cause; they are copied without masks.

    Raises:
        MediaError: the bag cannot be read to its end, or holds the node's topics already.
        OSError: the new bag cannot be written.
    """
    temporary_folder = tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
    with closing(_open(bag)) as reader, temporary_folder as temporary:
        mcap = bag.suffix == ".mcap" or any(bag.glob("*.mcap*"))
        storage = StoragePlugin.MCAP if mcap else StoragePlugin.SQLITE3
        if taken := [connection.topic for connection in reader.connections if connection.topic.startswith(node + "/")]:
            raise MediaError(f"{bag}: holds {taken[0]} already; name another node with --node")
        bar.total, count = reader.message_count, 0
        with Writer(Path(temporary) / out.name, version=9, storage_plugin=storage) as writer:
            copies = {connection.id: _copy(writer, connection) for connection in reader.connections}
            infos = [connection for connection in reader.connections if connection.topic == topics.info]
            masks = _Masks(writer, topics, _first(reader, infos[0]) if infos else None, segmenter, node, likelihood)
            received = 0
            for connection, received, data in _messages(reader):
                writer.write(copies[connection.id], received, data)
                masks.add(connection, received, data)
                bar.update()
                count += 1
            masks.finish(received)
        if count != reader.message_count:
            raise MediaError(f"{bag}: {count} of {reader.message_count} messages can be read")
        shutil.move(Path(temporary) / out.name, out)
    return masks.unusable


def _messages(reader: Reader, connections: Collection[Any] = ()) -> Iterator[tuple[Any, int, Any]]:
    """Messages of some topics, or of all."""
    try:
        yield from reader.messages(connections)
    except Exception as error:  # whatever a damaged file makes the storage raise
        raise MediaError(f"{reader.path}: damaged: {error or type(error).__name__}") from error


def _copy(writer: Writer, connection: Any) -> Any:
    definition = connection.msgdef.data
    if not definition and connection.msgtype in STORE.fielddefs:
        definition = STORE.generate_msgdef(connection.msgtype, ros_version=2)[0]
    return writer.add_connection(
        connection.topic,
        connection.msgtype,
        msgdef=definition,
        rihs01=connection.digest or _hash(connection.msgtype, definition),
        serialization_format=connection.ext.serialization_format,
        offered_qos_profiles=connection.ext.offered_qos_profiles,
    )


def _hash(kind: str, definition: str) -> str:
    """Hash of a type (REP-2016), of an empty one where the bag does not define it, as before ROS 2 Iron."""
    if kind in STORE.fielddefs:
        return STORE.hash_rihs01(kind)
    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg(definition, kind))
    return store.hash_rihs01(kind)


class _Masks:
    """Writes the node's topics."""

    def __init__(
        self, writer: Writer, topics: Topics, info: Any, segmenter: Segmenter, node: str, likelihood: bool
    ) -> None:
        self.unusable: Counter[str] = Counter()
        self._writer, self._topics, self._info, self._segmenter = writer, topics, info, segmenter
        self._refiner, self._pairing = Refiner(), Pairing[Refined, Any]()
        names = [name for name in MAPS if name != "overlay" and (likelihood or name != "likelihood")]
        self._maps = {name: self._topic(f"{node}/{name}", IMAGE) for name in names}
        self._camera_info = self._topic(f"{node}/camera_info", INFO) if info is not None else None
        if topics.depth:
            self._static_depth = self._topic(f"{node}/static_depth/image", IMAGE)
        if topics.depth and info is not None:
            self._static_info = self._topic(f"{node}/static_depth/camera_info", INFO)
            self._points = self._topic(f"{node}/foreground_points", POINTS)

    def _topic(self, name: str, kind: str) -> Any:
        return self._writer.add_connection(name, kind, typestore=STORE, offered_qos_profiles=[QOS])

    def add(self, connection: Any, received: int, data: Any) -> None:
        """Take a message and write what follows from it."""
        self._write(self._answers(connection, data), received)

    def finish(self, received: int) -> None:
        """Write what has waited for the end."""
        self._write(self._with_depth(self._pairing.finish()), received)

    def _write(self, answers: Iterator[tuple[Any, Any]], received: int) -> None:
        while True:
            try:
                to, message = next(answers)
            except StopIteration:
                return
            except ImageError as error:
                self.unusable[error.cause] += 1
                return
            except Exception as error:  # whatever a damaged message makes the decoder raise
                self.unusable[f"{type(error).__name__}: {error}"] += 1
                return
            self._writer.write(to, received, STORE.serialize_cdr(message, to.msgtype))

    def _answers(self, connection: Any, data: Any) -> Iterator[tuple[Any, Any]]:
        topic, kind = connection.topic, connection.msgtype
        if topic == self._topics.image and kind in (IMAGE, COMPRESSED):
            message: Any = STORE.deserialize_cdr(data, kind)
            rgb = images.decode_compressed(message.data) if kind == COMPRESSED else images.decode(message)
            stamp = _nanoseconds(message.header)
            masks = self._refiner(self._segmenter(rgb), stamp * 1e-9)
            for name, to in self._maps.items():
                encoding, get = MAPS[name]
                yield to, _image(message.header, get(masks), encoding)
            if self._info is not None:
                yield self._camera_info, _stamped(self._info, message.header)
            if self._topics.depth:
                yield from self._with_depth(self._pairing.put_mask(stamp, masks))
        elif topic == self._topics.depth and kind == IMAGE:
            message = STORE.deserialize_cdr(data, kind)
            yield from self._with_depth(self._pairing.put_depth(_nanoseconds(message.header), message))

    def _with_depth(self, pairs: list[tuple[Refined, Any]]) -> Iterator[tuple[Any, Any]]:
        for masks, message in pairs:
            try:
                decoded = depth.decode(message)
            except ImageError as error:
                self.unusable[error.cause] += 1
                continue
            if decoded.shape != masks.segmentation.image.shape[:2]:
                self.unusable["depth of another size"] += 1
                continue
            static = depth.static_depth(decoded, masks.static)
            yield self._static_depth, _image(message.header, static, message.encoding)
            if self._info is None:
                continue
            yield self._static_info, _stamped(self._info, message.header)
            k = self._info.k
            if k[0] > 0 and k[4] > 0:
                camera = depth.Intrinsics(k[0], k[4], k[2], k[5])
                points = depth.foreground_points(decoded, masks.foreground, camera)
                yield self._points, _cloud(message.header, points)


def _nanoseconds(header: Any) -> int:
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


def _stamped(info: Any, header: Any) -> Any:
    fields = {name: getattr(info, name) for name in info.__dataclass_fields__ if name != "__msgtype__"}
    return type(info)(**(fields | {"header": header}))


def _image(header: Any, pixels: npt.NDArray[Any], encoding: str) -> Any:
    data = np.ascontiguousarray(pixels)
    kind = STORE.types[IMAGE]
    return kind(header, *data.shape[:2], encoding, 0, data.strides[0], data.reshape(-1).view(np.uint8))


def _cloud(header: Any, points: npt.NDArray[np.float32]) -> Any:
    field: Any = STORE.types["sensor_msgs/msg/PointField"]
    cloud = STORE.types[POINTS]
    fields = [field(name, 4 * axis, field.FLOAT32, 1) for axis, name in enumerate("xyz")]
    return cloud(header, 1, len(points), fields, False, 12, 12 * len(points), points.reshape(-1).view(np.uint8), True)
