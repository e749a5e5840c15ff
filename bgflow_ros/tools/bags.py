# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Copies of ROS 2 bags with the node's topics beside the recorded ones, so that a drive can be mapped again."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures, MediaError
from bgflow_ros.media.rosbag.recording import STORE, Recording
from bgflow_ros.media.rosbag.storage import Message
from bgflow_ros.media.rosbag.topics import COMPRESSED, IMAGE, INFO, CameraTopics, first_message
from bgflow_ros.media.rosbag.writer import BagWriter
from bgflow_ros.segmentation import depth
from bgflow_ros.segmentation.camera_calibration import doubt, fit_camera_info, intrinsics, rectification
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.images import Decoder
from bgflow_ros.segmentation.message_fields import image_fields, label_info_fields, nanoseconds, point_cloud_fields
from bgflow_ros.segmentation.outputs import (
    CAMERA_INFO,
    CONFIDENCE,
    FOREGROUND_MASK,
    FOREGROUND_POINTS,
    IGNORE_MASK,
    LABEL_INFO,
    LABELS,
    POINTS,
    STATIC_DEPTH,
    STATIC_DEPTH_INFO,
    STATIC_MASK,
    Output,
)
from bgflow_ros.segmentation.pairing import TOLERANCE, Pairing
from bgflow_ros.segmentation.refinement import DEPTH_KEEPS, Refined, Refiner
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_ros.tools.ahead import ahead
from bgflow_ros.tools.bag_outcome import Outcome

__all__ = ["SEMANTIC", "copy_with_masks"]

MASKS = (FOREGROUND_MASK, STATIC_MASK, IGNORE_MASK)
Decoded = tuple[Any, npt.NDArray[np.uint8]]
"""Deserialized image, and its pixels, H x W x 3, RGB."""
SEMANTIC = (LABELS, CONFIDENCE, LABEL_INFO, POINTS)
"""What a semantic costmap reads."""


class ProgressBar(Protocol):
    """Part of tqdm's interface that is used."""

    total: float | None

    def update(self) -> Any:
        """Count one message."""


def copy_with_masks(
    recording: Recording,
    out: Path,
    topics: CameraTopics,
    segmenters: Sequence[Segmenter],
    node: str,
    more: Sequence[Output],
    bar: ProgressBar,
    depth_keeps: str = DEPTH_KEEPS[0],
) -> Outcome:
    """Copy a bag and add what the node would have published for each image, received right after the image.

    Every readable message is copied byte for byte, whatever its type. A killed process leaves no bag named `out`.

    Args:
        recording: ROS 2 bag to copy; it is not changed.
        out: folder of the new bag, which must not exist; the same ROS 2 distribution can read it.
        topics: topics of the camera.
        segmenters: segment the images, as many at once, ahead of what is written.
        node: fully qualified node name, with which the names of the new topics begin.
        more: outputs to add beside MASKS and those of depth and calibration; POINTS only where the bag has both.
        bar: progress bar that gets the number of messages and each finished one.
        depth_keeps: what static depth keeps, one of DEPTH_KEEPS.

    Raises:
        MediaError: the bag already has topics of the node.
        OSError, sqlite3.Error: the new bag cannot be written.
    """
    if taken := [topic.name for topic in recording.topics if topic.name.startswith(node + "/")]:
        raise MediaError(f"{recording.path}: holds {taken[0]} already; name another node with --node")
    outcome = Outcome(topics)
    expected, count, received = recording.topics.total(), 0, 0
    bar.total = expected
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
        with BagWriter(Path(temporary) / out.name, recording) as writer:
            masks = _Masks(writer, outcome, recording, node, more, depth_keeps)
            workers = [functools.partial(_segment, segmenter) for segmenter in segmenters]
            for message, segmented in ahead(recording.messages(), masks.decode, workers):
                received = message.received
                writer.write(message)
                masks.add(message, segmented)
                bar.update()
                count += 1
            masks.finish(received)
        outcome.problems += recording.damage
        if count != expected and not recording.damage:
            outcome.problems.append(f"{recording.path}: {count} of {expected} messages can be read")
        shutil.move(Path(temporary) / out.name, out)
    return outcome


def _segment(segmenter: Segmenter, decoded: Decoded | Exception) -> tuple[Any, Segmentation]:
    """Return a deserialized image and its segmentation, or raise what made it unusable."""
    if isinstance(decoded, Exception):
        raise decoded
    message, rgb = decoded
    return message, segmenter(rgb)


class _Masks:
    """Writes the topics of the node."""

    def __init__(
        self,
        writer: BagWriter,
        outcome: Outcome,
        bag: Recording,
        node: str,
        more: Sequence[Output],
        depth_keeps: str,
    ) -> None:
        self._keeps = depth_keeps
        self._writer, self._outcome, self._bag = writer, outcome, bag
        self._decoder, self._refiner, self._pairing = Decoder(), Refiner(), Pairing[tuple[Refined, Any], Any]()
        self._image_stamps, self._depth_stamps = list[int](), list[int]()
        chosen = outcome.topics
        # Images before the first calibration use that one, since a bag may begin in the middle of a drive.
        self._info = first_message(bag, chosen.info, (INFO,)) if chosen.info else None
        outputs = [*MASKS, *(output for output in more if output is not POINTS)]
        if self._info is not None:
            outputs.append(CAMERA_INFO)
        if chosen.depth:
            outputs.append(STATIC_DEPTH)
        if chosen.depth and self._info is not None:
            outputs += [STATIC_DEPTH_INFO, FOREGROUND_POINTS, *(output for output in more if output is POINTS)]
        self._topics = {
            output: writer.topic(f"{node}/{output.name}", output.type, output.latched) for output in outputs
        }

    def decode(self, recorded: Message) -> Decoded | Exception | None:
        """Decode a recorded image, or return the reason why it cannot be; None for all other messages.

        One decoder sees all images in their order, because the range of 16 bits depends on those before.
        """
        topic = recorded.topic
        if topic.name != self._outcome.topics.image or topic.type not in (IMAGE, COMPRESSED):
            return None
        try:
            message = self._bag.deserialize(recorded)
            return message, self._decoder.decode(message)
        except Exception as error:  # a damaged message can make the decoder raise anything
            return error

    def add(self, message: Message, segmented: Future[tuple[Any, Segmentation]] | None) -> None:
        """Process a recorded message, and its segmentation if it is an image, and write the outputs that follow."""
        topic, chosen = message.topic, self._outcome.topics
        if segmented is not None:
            self._write(self._of_image(segmented), message.received, self._outcome.images)
        elif topic.name == chosen.info and topic.type == INFO:
            self._write(self._of_info(message), message.received, self._outcome.outputs)
        elif topic.name == chosen.depth and topic.type == IMAGE:
            self._write(self._of_depth(message), message.received, self._outcome.outputs)

    def finish(self, received: int) -> None:
        """Write the outputs that still wait, and note depth that matches no image."""
        self._write(self._of_pairs(self._pairing.finish()), received, self._outcome.outputs)
        name, images, depths = self._outcome.topics.depth, self._image_stamps, self._depth_stamps
        if name and images and not self._outcome.depths and not self._outcome.outputs.total:
            seen = "no message can be used"
            if depths:
                nearest = np.abs(np.subtract.outer(np.array(images[:1000]), np.array(depths[:1000]))).min()
                seen = f"the nearest stamps are {nearest * 1e-6:.0f} ms apart, expected at most {TOLERANCE * 1e-6:.0f}"
            self._outcome.problems.append(f"no depth of {name} belongs to an image: {seen}")

    def _write(self, answers: Iterator[tuple[Output, Any]], received: int, failures: Failures) -> None:
        while True:
            try:
                output, message = next(answers)
                topic = self._topics[output]
                data = bytes(STORE.serialize_cdr(message, topic.type))
            except StopIteration:
                return
            except Exception as error:  # a damaged message can make the decoder raise anything
                failures.add(error)
                return
            self._writer.write(Message(topic, received, data))

    def _new_stamp(self, header: Any, seen: list[int]) -> int:
        """Take the stamp of a header, by which images and depth are paired.

        Raises:
            ImageError: the stamp is 0 or that of the message before, so that pairs would be arbitrary.
        """
        stamp = nanoseconds(header)
        if stamp == 0:
            raise ImageError("stamp of 0", f"frame {header.frame_id!r}; without stamps no depth belongs to an image")
        if seen and seen[-1] == stamp:
            raise ImageError("stamp twice", f"{stamp} ns; expected one of its own for each image")
        seen.append(stamp)
        return stamp

    def _of_info(self, recorded: Message) -> Iterator[tuple[Output, Any]]:
        self._info = self._bag.deserialize(recorded)
        yield from ()

    def _of_depth(self, recorded: Message) -> Iterator[tuple[Output, Any]]:
        message = self._bag.deserialize(recorded)
        stamp = self._new_stamp(message.header, self._depth_stamps)
        yield from self._of_pairs(self._pairing.put_depth(stamp, message))

    def _of_image(self, segmented: Future[tuple[Any, Segmentation]]) -> Iterator[tuple[Output, Any]]:
        message, segmentation = segmented.result()
        time = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        masks = self._refiner(segmentation, time)
        if LABEL_INFO in self._topics and not self._outcome.masks:
            yield LABEL_INFO, _label_info(message.header)
        for output in self._topics:
            if output.pixels is not None:
                yield output, _image(message.header, output.pixels(masks), output.encoding)
        self._outcome.masks += 1
        try:
            if CAMERA_INFO in self._topics:
                yield CAMERA_INFO, self._fitted(masks, message.header)
                self._judge(message.header.frame_id)
        except ImageError as error:
            self._outcome.outputs.add(error)
        if self._outcome.topics.depth:
            try:
                stamp = self._new_stamp(message.header, self._image_stamps)
            except ImageError as error:
                self._outcome.outputs.add(error)
                return
            yield from self._of_pairs(self._pairing.put_mask(stamp, (masks, message.header)))

    def _of_pairs(self, pairs: list[tuple[tuple[Refined, Any], Any]]) -> Iterator[tuple[Output, Any]]:
        for (masks, header), message in pairs:
            self._outcome.depths += 1
            try:
                yield from self._of_pair(masks, header, message)
            except Exception as error:  # odd depth or calibration can raise anything
                self._outcome.outputs.add(error)

    def _of_pair(self, masks: Refined, header: Any, message: Any) -> Iterator[tuple[Output, Any]]:
        height, width = masks.segmentation.image.shape[:2]
        decoded = depth.decode_registered(message, width, height)
        static = depth.static_depth(decoded, getattr(masks, self._keeps))
        yield STATIC_DEPTH, _image(message.header, static, message.encoding)
        if self._info is None:
            raise ImageError("no calibration", "the bag has none that can be used; foreground_points need one")
        info = self._fitted(masks, message.header)
        yield STATIC_DEPTH_INFO, info
        camera = intrinsics(info)
        yield FOREGROUND_POINTS, _points(message.header, depth.foreground_points(decoded, masks.foreground, camera))
        if POINTS in self._topics:
            yield POINTS, _points(header, depth.organised_points(decoded, camera))

    def _fitted(self, masks: Refined, header: Any) -> Any:
        """Fit the newest calibration to the image and give it a header."""
        height, width = masks.segmentation.image.shape[:2]
        info = fit_camera_info(self._info, width, height)
        info.header = header
        return info

    def _judge(self, frame: str) -> None:
        """Note doubts about the newest calibration of an image in a frame, each of them once."""
        told = self._outcome
        judgements = (told.problems, doubt(self._info, frame)), (told.unrectified, rectification(self._info))
        for lines, line in judgements:
            if line and line not in lines:
                lines.append(line)


def _label_info(header: Any) -> Any:
    return STORE.types[LABEL_INFO.type](header=header, **label_info_fields(STORE.types["vision_msgs/msg/VisionClass"]))


def _image(header: Any, pixels: npt.NDArray[Any], encoding: str) -> Any:
    return STORE.types[IMAGE](header=header, **image_fields(pixels, encoding))


def _points(header: Any, points: npt.NDArray[np.float32]) -> Any:
    return STORE.types[POINTS.type](
        header=header, **point_cloud_fields(points, STORE.types["sensor_msgs/msg/PointField"])
    )
