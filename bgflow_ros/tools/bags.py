# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A copy of a ROS 2 bag with the node's topics beside what was recorded, so that a drive can be mapped again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures, MediaError
from bgflow_ros.media.rosbag.recording import STORE, Recording
from bgflow_ros.media.rosbag.storage import Message, Topic
from bgflow_ros.media.rosbag.topics import COMPRESSED, IMAGE, INFO, Topics, decode, first
from bgflow_ros.media.rosbag.writer import BagWriter
from bgflow_ros.segmentation import depth
from bgflow_ros.segmentation.camera_calibration import doubt, fit_camera_info, intrinsics, rectification
from bgflow_ros.segmentation.images import Decoder, ImageError
from bgflow_ros.segmentation.pairing import TOLERANCE, Pairing
from bgflow_ros.segmentation.refinement import MAPS, Refined, Refiner
from bgflow_ros.segmentation.segmenter import Segmenter

__all__ = ["Outcome", "copy_with_masks"]

POINTS = "sensor_msgs/msg/PointCloud2"


class Bar(Protocol):
    """What of tqdm is used."""

    total: float | None

    def update(self) -> Any:
        """Count one."""


@dataclass
class Outcome:
    """What became of a bag."""

    topics: Topics
    masks: int = 0
    """Images that have masks."""
    depths: int = 0
    """Depth images that were paired with them."""
    images: Failures = field(default_factory=Failures)
    """Images that could not be used, and have no masks."""
    outputs: Failures = field(default_factory=Failures)
    """Outputs of depth or calibration that could not be made of an image that has masks."""
    problems: list[str] = field(default_factory=list)
    unrectified: list[str] = field(default_factory=list)
    """What the calibration says of points, which are right for one kind of image only."""
    """What else is not as the user must expect."""

    def remarks(self) -> list[str]:
        """Lines that are worth knowing, about nothing that is missing."""
        alone = self.masks - self.depths if self.topics.depth and self.depths else 0
        lines = [f"{alone} of {self.masks} masks have no depth within {TOLERANCE * 1e-6:.0f} ms"] if alone > 0 else []
        return [*self.topics.remarks, *lines, *self.unrectified]

    def told(self) -> list[str]:
        """Lines about everything that is missing; none where the new bag has all that it could have."""
        lines = [f"{count} messages without masks: {error}" for count, error in self.images.told()]
        lines += [f"{count} outputs missing: {error}" for count, error in self.outputs.told()]
        if not self.masks:
            lines.append(f"no masks: {self.topics.image} has {self.images.total} messages, none of which can be used")
        return [*self.topics.problems, *lines, *self.problems]


def copy_with_masks(
    recording: Recording,
    out: Path,
    topics: Topics,
    segmenter: Segmenter,
    node: str,
    likelihood: bool,
    bar: Bar,
) -> Outcome:
    """Copy a bag and add what the node would have published of each image, received right after it.

    Every message that can be read is there as it was, byte for byte, whatever its type. A kill leaves no bag named
    `out`.

    Args:
        recording: of a ROS 2 bag; not changed.
        out: folder of the new one, which must not exist; of the same storage, and readable by the same ROS 2.
        topics: of the camera.
        segmenter: of the images.
        node: fully qualified name of the node under which to publish.
        likelihood: whether the likelihood is added too.
        bar: is told how many messages there are, and of each that is done.

    Raises:
        MediaError: the bag holds the node's topics already.
        OSError, sqlite3.Error: the new bag cannot be written.
    """
    if taken := [topic.name for topic in recording.topics if topic.name.startswith(node + "/")]:
        raise MediaError(f"{recording.path}: holds {taken[0]} already; name another node with --node")
    outcome = Outcome(topics)
    expected, count, received = recording.topics.total(), 0, 0
    bar.total = expected
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
        with BagWriter(Path(temporary) / out.name, recording) as writer:
            masks = _Masks(writer, outcome, recording, segmenter, node, likelihood)
            for message in recording.messages():
                received = message.received
                writer.write(message)
                masks.add(message)
                bar.update()
                count += 1
            masks.finish(received)
        outcome.problems += recording.damage
        if count != expected and not recording.damage:
            outcome.problems.append(f"{recording.path}: {count} of {expected} messages can be read")
        shutil.move(Path(temporary) / out.name, out)
    return outcome


class _Masks:
    """Writes the node's topics."""

    def __init__(
        self, writer: BagWriter, outcome: Outcome, bag: Recording, segmenter: Segmenter, node: str, likelihood: bool
    ) -> None:
        self._writer, self._outcome, self._bag, self._segmenter = writer, outcome, bag, segmenter
        self._decoder, self._refiner, self._pairing = Decoder(), Refiner(), Pairing[Refined, Any]()
        self._image_stamps, self._depth_stamps = list[int](), list[int]()
        chosen = outcome.topics
        # What comes before the first calibration has that one, as a bag may begin in the middle of a drive.
        self._info = first(bag, chosen.info, (INFO,)) if chosen.info else None
        names = [name for name in MAPS if name != "overlay" and (likelihood or name != "likelihood")]
        self._maps = {name: writer.topic(f"{node}/{name}", IMAGE) for name in names}
        self._camera_info = writer.topic(f"{node}/camera_info", INFO) if self._info is not None else None
        self._depth_name, self._to_depth = chosen.depth, dict[str, Topic]()
        if chosen.depth:
            self._to_depth = {
                name: writer.topic(f"{node}/{name}", type_)
                for name, type_ in (
                    ("static_depth/image", IMAGE),
                    ("static_depth/camera_info", INFO),
                    ("foreground_points", POINTS),
                )
                if self._info is not None or type_ == IMAGE
            }

    def add(self, message: Message) -> None:
        """Take a message and write what follows from it."""
        topic, chosen = message.topic, self._outcome.topics
        if topic.name == chosen.image and topic.type in (IMAGE, COMPRESSED):
            self._write(self._of_image(message), message.received, self._outcome.images)
        elif topic.name == chosen.info and topic.type == INFO:
            self._write(self._of_info(message), message.received, self._outcome.outputs)
        elif topic.name == chosen.depth and topic.type == IMAGE:
            self._write(self._of_depth(message), message.received, self._outcome.outputs)

    def finish(self, received: int) -> None:
        """Write what has waited for the end, and tell what never came."""
        self._write(self._of_pairs(self._pairing.finish()), received, self._outcome.outputs)
        name, images, depths = self._depth_name, self._image_stamps, self._depth_stamps
        if name and images and not self._outcome.depths and not self._outcome.outputs.total:
            seen = "no message can be used"
            if depths:
                nearest = np.abs(np.subtract.outer(np.array(images[:1000]), np.array(depths[:1000]))).min()
                seen = f"the nearest stamps are {nearest * 1e-6:.0f} ms apart, expected at most {TOLERANCE * 1e-6:.0f}"
            self._outcome.problems.append(f"no depth of {name} belongs to an image: {seen}")

    def _write(self, answers: Iterator[tuple[Topic, Any]], received: int, failures: Failures) -> None:
        while True:
            try:
                topic, message = next(answers)
                data = bytes(STORE.serialize_cdr(message, topic.type))
            except StopIteration:
                return
            except Exception as error:  # whatever a damaged message makes the decoder raise
                failures.add(error)
                return
            self._writer.write(Message(topic, received, data))

    def _new_stamp(self, header: Any, seen: list[int]) -> int:
        """Stamp of a header by which an image can be paired.

        Raises:
            ImageError: it is not set, or is that of the image before: a pair would be made by chance.
        """
        stamp = int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)
        if stamp == 0:
            raise ImageError("stamp of 0", f"frame {header.frame_id!r}; without stamps no depth belongs to an image")
        if seen and seen[-1] == stamp:
            raise ImageError("stamp twice", f"{stamp} ns; expected one of its own for each image")
        seen.append(stamp)
        return stamp

    def _of_info(self, recorded: Message) -> Iterator[tuple[Topic, Any]]:
        self._info = self._bag.deserialize(recorded)
        yield from ()

    def _of_depth(self, recorded: Message) -> Iterator[tuple[Topic, Any]]:
        message = self._bag.deserialize(recorded)
        stamp = self._new_stamp(message.header, self._depth_stamps)
        yield from self._of_pairs(self._pairing.put_depth(stamp, message))

    def _of_image(self, recorded: Message) -> Iterator[tuple[Topic, Any]]:
        message = self._bag.deserialize(recorded)
        rgb = decode(message, self._decoder)
        time = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        masks = self._refiner(self._segmenter(rgb), time)
        for name, to in self._maps.items():
            encoding, get = MAPS[name]
            yield to, _image(message.header, get(masks), encoding)
        self._outcome.masks += 1
        try:
            if self._camera_info is not None:
                yield self._camera_info, self._fitted(masks, message.header)
                self._judge(message.header.frame_id)
        except ImageError as error:
            self._outcome.outputs.add(error)
        if self._depth_name:
            try:
                stamp = self._new_stamp(message.header, self._image_stamps)
            except ImageError as error:
                self._outcome.outputs.add(error)
                return
            yield from self._of_pairs(self._pairing.put_mask(stamp, masks))

    def _of_pairs(self, pairs: list[tuple[Refined, Any]]) -> Iterator[tuple[Topic, Any]]:
        for masks, message in pairs:
            self._outcome.depths += 1
            try:
                yield from self._of_pair(masks, message)
            except Exception as error:  # whatever odd depth or calibration makes them raise
                self._outcome.outputs.add(error)

    def _of_pair(self, masks: Refined, message: Any) -> Iterator[tuple[Topic, Any]]:
        decoded = depth.decode(message)
        height, width = masks.segmentation.image.shape[:2]
        if decoded.shape != (height, width):
            raise ImageError(
                "depth of another size",
                f"{message.width}x{message.height} pixels, the image has {width}x{height}; "
                "expected depth registered to the image (depth_image_proc's register)",
            )
        static = depth.static_depth(decoded, masks.static)
        yield self._to_depth["static_depth/image"], _image(message.header, static, message.encoding)
        if self._info is None:
            raise ImageError("no calibration", "the bag has none that can be used; foreground_points need one")
        info = self._fitted(masks, message.header)
        yield self._to_depth["static_depth/camera_info"], info
        points = depth.foreground_points(decoded, masks.foreground, intrinsics(info))
        yield self._to_depth["foreground_points"], _cloud(message.header, points)

    def _fitted(self, masks: Refined, header: Any) -> Any:
        """Newest calibration, of the size of the image, with a header."""
        height, width = masks.segmentation.image.shape[:2]
        info = fit_camera_info(self._info, width, height)
        info.header = header
        return info

    def _judge(self, frame: str) -> None:
        """Note, once each, what speaks against the newest calibration of an image in a frame."""
        told = self._outcome
        judgements = (told.problems, doubt(self._info, frame)), (told.unrectified, rectification(self._info))
        for lines, line in judgements:
            if line and line not in lines:
                lines.append(line)


def _image(header: Any, pixels: npt.NDArray[Any], encoding: str) -> Any:
    data = np.ascontiguousarray(pixels)
    kind = STORE.types[IMAGE]
    return kind(header, *data.shape[:2], encoding, 0, data.strides[0], data.reshape(-1).view(np.uint8))


def _cloud(header: Any, points: npt.NDArray[np.float32]) -> Any:
    field_: Any = STORE.types["sensor_msgs/msg/PointField"]
    cloud = STORE.types[POINTS]
    fields = [field_(name, 4 * axis, field_.FLOAT32, 1) for axis, name in enumerate("xyz")]
    return cloud(header, 1, len(points), fields, False, 12, 12 * len(points), points.reshape(-1).view(np.uint8), True)
