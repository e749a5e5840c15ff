# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Choice of the camera's topics in a bag by their types and first messages."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.rosbag.storage import Message, Topic
from bgflow_ros.segmentation import images
from bgflow_ros.segmentation.compressed import PNG, encoding_before
from bgflow_ros.segmentation.depth import same_frame
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.image_size import image_size

__all__ = [
    "COMPRESSED",
    "IMAGE",
    "INFO",
    "CameraTopics",
    "ChosenTopic",
    "Readable",
    "choose_image",
    "choose_topics",
    "first_message",
    "image_topics",
]

IMAGE, COMPRESSED, INFO = (f"sensor_msgs/msg/{name}" for name in ("Image", "CompressedImage", "CameraInfo"))
CDR = "cdr"
"""Serialization format of ROS 2 messages."""
IMAGE_LIKE = re.compile("(Image|Video|image_transport.*Packet)$")
"""Names of message types that hold images, in any package; this includes the video codecs of image_transport."""
MONO16 = "mono16"
"""Encoding of cameras with more than 8 bits, and of depth from some drivers."""


class Readable(Protocol):
    """Common interface of ROS 1 and ROS 2 bags."""

    path: Path

    @property
    def topics(self) -> Mapping[Topic, int]:
        """Numbers of messages by topic."""
        ...

    @property
    def seconds(self) -> float:
        """Seconds from the first message to the last."""
        ...

    @property
    def damage(self) -> list[str]:
        """Descriptions of what could not be read so far."""
        ...

    def messages(self, topics: Collection[Topic]) -> Iterator[Message]:
        """Read the messages of some topics."""
        ...

    def deserialize(self, message: Message) -> Any:
        """Decode a message."""
        ...

    def __enter__(self) -> Readable: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ChosenTopic(NamedTuple):
    """The chosen topic of images."""

    name: str
    first: Any
    """First intact message; None where there is none."""
    remark: str
    """Note for users about the choice; empty where there is none."""


@dataclass(frozen=True)
class CameraTopics:
    """Names of the camera's topics."""

    image: str
    depth: str | None = None
    info: str | None = None
    remarks: tuple[str, ...] = ()
    """Notes for users about the choice."""
    problems: tuple[str, ...] = ()
    """Topics that the bag seems to have and that cannot be used, with reasons."""


def first_message(bag: Readable, topic: str, types: Collection[str]) -> Any:
    """Read the first intact message of a topic; None where there is none among the first few."""
    wanted = [known for known in bag.topics if known.name == topic and known.type in types]
    for message in itertools.islice(bag.messages(wanted), 10):
        with contextlib.suppress(Exception):  # a damaged message can make the decoder raise anything
            return bag.deserialize(message)
    return None


def choose_image(bag: Readable, wanted: str | None) -> ChosenTopic:
    """Choose the topic of the camera's images.

    Args:
        bag: bag that is open.
        wanted: name of the topic; None takes the only topic of images. Depth (16UC1, 32FC1) is never an image. A grey
            image of 16 bits (mono16, PNG), which may be depth, is an image where the bag has no others.

    Raises:
        MediaError: there is no such topic, or the choice is ambiguous.
    """
    firsts = {name: first_message(bag, name, (IMAGE, COMPRESSED)) for name in _names(bag, IMAGE, COMPRESSED)}
    if wanted is not None:
        if wanted not in firsts:
            raise _refusal(bag, f"no images on topic {wanted}; {_there(bag, 'images', list(firsts))}")
        return ChosenTopic(wanted, firsts[wanted], "")
    kinds = {name: _kind(name, message) for name, message in firsts.items()}
    filled = [name for name in firsts if firsts[name] is not None or _count(bag, name)]
    surely = [name for name in filled if kinds[name] == "image"]
    maybe = [name for name in filled if kinds[name] == MONO16]
    empty = [name for name in firsts if name not in filled]
    chosen = surely or maybe or empty
    if not chosen:
        depth = [name for name in firsts if kinds[name] == "depth"]
        raise _refusal(bag, _there(bag, "images", [], depth))
    if len(chosen) > 1:
        raise _refusal(bag, f"choose an image topic with --topic; {_there(bag, 'images', chosen)}")
    [name] = chosen
    remark = f"{name} has grey values of 16 bits and is taken for images, as the bag has no others"
    return ChosenTopic(name, firsts[name], remark if chosen == maybe else "")


def choose_topics(bag: Readable, image: str | None, depth_topic: str | None) -> CameraTopics:
    """Choose the camera's topics.

    Args:
        bag: bag that is open.
        image: topic of the images, see `choose_image`.
        depth_topic: topic of depth; None takes the only one with the frame and size of the images, if any.

    Raises:
        MediaError: there is no such topic, or the choice is ambiguous.
    """
    chosen, one, remark = choose_image(bag, image)
    remarks, problems = [remark] if remark else [], []
    firsts = {name: first_message(bag, name, (IMAGE,)) for name in _names(bag, IMAGE) if name != chosen}
    depths = {name: one for name, one in firsts.items() if _kind(name, one) in ("depth", MONO16)}
    like = _place(one)
    compressed = [name for name in _names(bag, COMPRESSED) if name != chosen]
    compressed = [name for name in compressed if _kind(name, first_message(bag, name, (COMPRESSED,))) == "depth"]
    raw = "is compressed; expected a raw Image, which image_transport's republish makes of it"
    if depth_topic is not None:
        if depth_topic in compressed:
            raise _refusal(bag, f"depth on {depth_topic} {raw}")
        if depth_topic not in firsts:
            raise _refusal(bag, f"no depth on topic {depth_topic}; {_there(bag, 'depth', list(depths))}")
        place = _place(firsts[depth_topic])
        if like and place and not same_frame(place[0], like[0]):
            remarks.append(f"{depth_topic} is used as requested: in frame {place[0]!r}, the images in {like[0]!r}")
        registered = [depth_topic]
    else:
        registered = [name for name, one in depths.items() if _same(_place(one), like)]
        others = [name for name, one in depths.items() if _kind(name, one) == "depth"]
        if not registered and others:
            seen = "; ".join(f"{name} is {_size(_place(depths[name]))}" for name in others)
            problems.append(
                f"no depth is used: {seen}, the images are {_size(like)}; "
                "name one that is registered to them with --depth-topic"
            )
        elif not registered and compressed:
            problems.append(f"no depth is used: {compressed[0]} {raw}")
    if len(registered) > 1:
        raise _refusal(bag, f"choose with --depth-topic; {_there(bag, 'registered depth', registered)}")
    infos = _names(bag, INFO)
    namespace = chosen.removesuffix("/compressed").rpartition("/")[0]
    beside = [name for name in infos if name.rpartition("/")[0] == namespace] or infos
    if len(beside) > 1:
        remarks.append(f"no calibration is used: none of {', '.join(beside)} is beside {chosen}")
    elif beside and not _count(bag, beside[0], INFO):
        problems.append(f"no calibration: {beside[0]} has no messages")
    info = beside[0] if len(beside) == 1 else None
    return CameraTopics(chosen, registered[0] if registered else None, info, tuple(remarks), tuple(problems))


def _refusal(bag: Readable, text: str) -> MediaError:
    """Make an error about the topics of a bag, which adds damage of the bag as a possible cause."""
    return MediaError(f"{bag.path}: {'; '.join([text, *bag.damage])}")


def _names(bag: Readable, *types: str) -> list[str]:
    """List the names of topics of these types that can be decoded, in the order of the bag, without duplicates."""
    found = [topic for topic in bag.topics if topic.type in types and topic.serialization == CDR]
    return list(dict.fromkeys(topic.name for topic in found))


def image_topics(bag: Readable, name: str) -> list[Topic]:
    """List the image topics of one name; there are several where publishers differed in quality of service."""
    return [topic for topic in bag.topics if topic.name == name and topic.type in (IMAGE, COMPRESSED)]


def _count(bag: Readable, name: str, *types: str) -> int:
    wanted = types or (IMAGE, COMPRESSED)
    return sum(count for topic, count in bag.topics.items() if topic.name == name and topic.type in wanted)


def _kind(name: str, message: Any) -> str:
    """Kind of a topic's images judging by one of them: image, depth, or mono16, which may be either."""
    if message is None:
        return "image"
    if hasattr(message, "encoding"):
        encoding = message.encoding
    else:
        encoding = "16UC1" if "compressedDepth" in name else encoding_before(message.format)
        head = bytes(message.data[:26])
        if head.startswith(PNG) and head[24:] == b"\x10\x00" and encoding not in images.DEPTH:
            encoding = MONO16
    return "depth" if encoding in images.DEPTH else MONO16 if encoding == MONO16 else "image"


def _place(message: Any) -> tuple[str, int, int] | None:
    """Frame, width and height of an image; None where they are unknown."""
    if message is None:
        return None
    if hasattr(message, "encoding"):
        return message.header.frame_id, message.width, message.height
    try:
        width, height = image_size(message)
    except ImageError:
        return None
    return message.header.frame_id, width, height


def _same(place: tuple[str, int, int] | None, like: tuple[str, int, int] | None) -> bool:
    """Tell whether depth is registered to images, judging by frame and size."""
    return like is None or (place is not None and place[1:] == like[1:] and same_frame(place[0], like[0]))


def _size(place: tuple[str, int, int] | None) -> str:
    return f"{place[1]}x{place[2]} in frame {place[0]!r}" if place else "without messages"


def _there(bag: Readable, what: str, names: list[str], depth: Collection[str] = ()) -> str:
    if names:
        return f"it has {what} on {', '.join(names)}"
    if depth:
        return f"it has no {what}, only depth on {', '.join(depth)}; name one with --topic if it is none"
    others = [
        f"{topic.name} ({topic.type} in {topic.serialization})"
        for topic in bag.topics
        if IMAGE_LIKE.search(topic.type) and not (topic.type in (IMAGE, COMPRESSED) and topic.serialization == CDR)
    ]
    known = f"; not understood: {', '.join(others)}, expected {IMAGE} or CompressedImage in {CDR}" if others else ""
    return f"it has no {what} at all{known}"
