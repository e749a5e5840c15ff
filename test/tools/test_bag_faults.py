# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Bags whose topics are not as masks, static depth and points need them: told with numbers, exit status 1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from support.made_bags import (
    CAMERA,
    FRAMES,
    HEIGHT,
    IMAGE,
    INFO,
    STORE,
    WIDTH,
    depth,
    header,
    info,
    messages,
    picture,
    read,
    room,
    segment,
)
from support.made_images import exif

from bgflow_ros.media.frames import MediaError
from bgflow_ros.media.sources import Bag

COMPRESSED = "sensor_msgs/msg/CompressedImage"
COLOR, DEPTH, CALIBRATION = "/cam/color/image", "/cam/depth/image", "/cam/color/camera_info"
MASKS, STATIC, POINTS = "/segmenter/static_mask", "/segmenter/static_depth/image", "/segmenter/foreground_points"


def changed(message: Any, **changes: Any) -> Any:
    fields = {name: getattr(message, name) for name in message.__dataclass_fields__ if name != "__msgtype__"}
    return type(message)(**(fields | changes))


def stamped(head: Any, nanoseconds: int) -> Any:
    time = type(head.stamp)(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)
    return type(head)(stamp=time, frame_id=head.frame_id)


def color(number: int) -> Any:
    return picture(header(number), room(number), "rgb8")


def far(number: int) -> Any:
    return picture(header(number), depth(number), "16UC1")


def calibration(number: int) -> Any:
    return info(header(number))


def write(path: Path, **topics: Callable[[int], Any] | str) -> Path:
    """A bag of topics by their short names: what makes their messages, or the type of one that has none."""
    names = {"color": COLOR, "depth": DEPTH, "calibration": CALIBRATION}
    with Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        for short, make in topics.items():
            name = names.get(short, f"/{short}")
            if isinstance(make, str):
                writer.add_connection(name, make, typestore=STORE)
                continue
            to = writer.add_connection(name, make(0).__msgtype__, typestore=STORE)
            for number in range(FRAMES):
                writer.write(to, 50_000_000 * number, STORE.serialize_cdr(make(number), to.msgtype))
    return path


@pytest.fixture
def masked(tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., SimpleNamespace]:
    """Writes a bag, segments it, and gives what was told."""

    def masked(*arguments: str, **topics: Any) -> SimpleNamespace:
        bag = write(tmp_path / "drive", **topics)
        status = segment(bag, tmp_path / "masked", tiny, *arguments)
        told = capsys.readouterr()
        made = tmp_path / "masked"
        topics_made = {topic for topic, _, _ in read(made)} if made.exists() else set()
        errors = [line for line in told.err.splitlines() if line.startswith("bgflow segment: ")]
        return SimpleNamespace(status=status, out=told.out, errors=errors, path=made, topics=topics_made)

    return masked


def test_a_bag_that_has_everything_has_nothing_to_tell(masked: Any) -> None:
    found = masked(color=color, depth=far, calibration=calibration)
    assert (found.status, found.errors) == (0, [])
    for topic in (MASKS, STATIC, POINTS, "/segmenter/camera_info", "/segmenter/static_depth/camera_info"):
        assert len(messages(found.path, topic)) == FRAMES


def test_an_image_topic_without_messages_is_told(masked: Any) -> None:
    found = masked(color=IMAGE, calibration=calibration)
    assert found.status == 1
    assert found.errors == [f"bgflow segment: no masks: {COLOR} has 0 messages, none of which can be used"]
    with pytest.raises(MediaError, match=f"no frame can be read from topic {COLOR}, which has 0 messages"):
        list(Bag(found.path.parent / "drive").frames())


def test_images_of_which_none_can_be_used_are_told(masked: Any) -> None:
    found = masked(color=lambda number: changed(color(number), encoding="nv61"))
    assert found.status == 1
    assert f"{FRAMES} messages without masks: unknown encoding: 'nv61'; expected one of rgb8" in found.errors[0]
    assert found.errors[1].endswith(f"no masks: {COLOR} has {FRAMES} messages, none of which can be used")


def test_a_calibration_without_messages_is_told(masked: Any) -> None:
    found = masked(color=color, calibration=INFO)
    assert found.status == 1
    assert found.errors == [f"bgflow segment: no calibration: {CALIBRATION} has no messages"]


def test_depth_without_calibration_gives_static_depth_and_tells_of_the_points(masked: Any) -> None:
    found = masked(color=color, depth=far)
    assert found.status == 1
    assert found.errors == [
        f"bgflow segment: {FRAMES} outputs missing: no calibration: the bag has none that can be used; "
        "foreground_points need one"
    ]
    assert len(messages(found.path, STATIC)) == FRAMES


def test_a_camera_that_is_not_calibrated_is_told(masked: Any) -> None:
    found = masked(
        color=color, depth=far, calibration=lambda number: changed(calibration(number), k=np.zeros(9), p=np.zeros(12))
    )
    assert found.status == 1
    assert f"{FRAMES} outputs missing: no calibration: camera_info has fx, fy, cx, cy 0, 0, 0, 0" in found.errors[0]


@pytest.mark.parametrize("lag", [-1000, 1000])
def test_depth_that_is_never_near_is_told_with_how_far_it_is(masked: Any, lag: int) -> None:
    def late(number: int) -> Any:
        message = far(number)
        nanoseconds = (100 + 3 * number) * 1_000_000_000 + 5 + lag * 1_000_000
        return changed(message, header=stamped(message.header, nanoseconds))

    def slow(number: int) -> Any:
        message = color(number)
        return changed(message, header=stamped(message.header, (100 + 3 * number) * 1_000_000_000 + 5))

    found = masked(color=slow, depth=late, calibration=calibration)
    assert found.status == 1
    assert found.errors == [
        f"bgflow segment: no depth of {DEPTH} belongs to an image: "
        "the nearest stamps are 1000 ms apart, expected at most 20"
    ]
    assert len(messages(found.path, MASKS)) == FRAMES


def test_depth_of_half_the_rate_is_no_fault_and_its_share_is_told(masked: Any) -> None:
    def every_other(number: int) -> Any:
        return changed(far(number), header=header(2 * number))

    found = masked(color=color, depth=every_other, calibration=calibration)
    assert (found.status, found.errors) == (0, [])
    assert f"{FRAMES // 2} of {FRAMES} masks have no depth within 20 ms" in found.out


def test_depth_without_messages_is_told_where_it_is_named(masked: Any) -> None:
    found = masked("--depth-topic", DEPTH, color=color, depth=IMAGE, calibration=calibration)
    assert found.status == 1
    assert found.errors == [f"bgflow segment: no depth of {DEPTH} belongs to an image: no message can be used"]


def half(number: int) -> Any:
    rows = depth(number)[::2, ::2]
    message = picture(header(number), depth(number), "16UC1")
    return changed(
        message,
        height=HEIGHT // 2,
        width=WIDTH // 2,
        step=WIDTH,
        data=np.ascontiguousarray(rows).view(np.uint8).ravel(),
    )


def test_depth_of_another_size_is_told_with_both(masked: Any) -> None:
    found = masked(color=color, depth=half, calibration=calibration)
    assert found.status == 1
    assert found.errors == [
        f"bgflow segment: no depth is used: {DEPTH} is 32x24 in frame 'optical', "
        "the images are 64x48 in frame 'optical'; name one that is registered to them with --depth-topic"
    ]


def test_depth_of_another_size_that_is_named_is_counted(masked: Any) -> None:
    found = masked("--depth-topic", DEPTH, color=color, depth=half, calibration=calibration)
    assert found.status == 1
    assert f"{FRAMES} outputs missing: depth of another size: 32x24 pixels, the image has 64x48" in found.errors[0]


@pytest.mark.parametrize("frame", ["/optical", ""])
def test_a_slash_or_no_name_is_no_other_frame(masked: Any, frame: str) -> None:
    def same(number: int) -> Any:
        message = far(number)
        return changed(message, header=type(message.header)(stamp=message.header.stamp, frame_id=frame))

    assert masked(color=color, depth=same, calibration=calibration).status == 0


@pytest.mark.parametrize("which", ["color", "depth", "both"])
def test_stamps_of_0_pair_nothing_by_chance(masked: Any, which: str) -> None:
    def unstamped(make: Callable[[int], Any], name: str) -> Callable[[int], Any]:
        if which not in (name, "both"):
            return make
        return lambda number: changed(make(number), header=stamped(make(number).header, 0))

    found = masked(color=unstamped(color, "color"), depth=unstamped(far, "depth"), calibration=calibration)
    assert found.status == 1
    count = 2 * FRAMES if which == "both" else FRAMES
    assert f"{count} outputs missing: stamp of 0: frame 'optical'" in found.errors[0]
    assert STATIC not in found.topics
    assert len(messages(found.path, MASKS)) == FRAMES


def test_a_stamp_that_stands_still_pairs_one(masked: Any) -> None:
    found = masked(
        color=lambda number: changed(color(number), header=stamped(color(0).header, 77)),
        depth=lambda number: changed(far(number), header=stamped(far(0).header, 77)),
        calibration=calibration,
    )
    assert found.status == 1
    assert f"{2 * (FRAMES - 1)} outputs missing: stamp twice: 77 ns" in found.errors[0]
    assert len(messages(found.path, STATIC)) == 1


def test_a_calibration_of_the_full_resolution_is_fitted_to_a_binned_image(masked: Any) -> None:
    def full(number: int) -> Any:
        k = calibration(number).k * 2
        k[8] = 1
        return changed(calibration(number), width=2 * WIDTH, height=2 * HEIGHT, k=k, binning_x=2, binning_y=2)

    found = masked(color=color, depth=far, calibration=full)
    assert (found.status, found.errors) == (0, [])
    for topic in ("/segmenter/camera_info", "/segmenter/static_depth/camera_info"):
        for message in messages(found.path, topic):
            np.testing.assert_allclose(message.k, calibration(0).k)
            assert (message.width, message.height, message.binning_x) == (WIDTH, HEIGHT, 0)
    for number, cloud in enumerate(messages(found.path, POINTS)):
        points = cloud.data.view(np.float32).reshape(-1, 3)
        columns = points[:, 0] / points[:, 2] * CAMERA.fx + CAMERA.cx
        assert columns.min() >= 8 * number - 8
        assert columns.max() <= 8 * number + 24
    with pytest.raises(AssertionError, match="no topic"):
        messages(found.path, "/segmenter/overlay")


def test_a_calibration_that_explains_nothing_is_refused(masked: Any) -> None:
    found = masked(
        color=color, depth=far, calibration=lambda number: changed(calibration(number), width=500, height=400)
    )
    assert found.status == 1
    expected = "outputs missing: camera_info of another size: camera_info is of 500x400, the image of 64x48"
    assert f"{2 * FRAMES} {expected}" in found.errors[0]
    assert POINTS not in found.topics
    assert "/segmenter/camera_info" not in found.topics
    assert len(messages(found.path, STATIC)) == FRAMES


def test_a_calibration_that_seems_another_image_s_is_told_once(masked: Any) -> None:
    def halved(number: int) -> Any:
        k = calibration(number).k / 2
        k[8] = 1
        return changed(calibration(number), k=k)

    found = masked(color=color, depth=far, calibration=halved)
    assert found.status == 1
    [error] = found.errors
    assert "camera_info of 64x48 has its principal point at 15.75, 11.75, far from the middle" in error
    assert len(messages(found.path, POINTS)) == FRAMES


def test_a_calibration_of_an_unrectified_image_is_a_remark(masked: Any) -> None:
    p = np.array([60.0, 0, 31.5, 0, 0, 60.0, 23.5, 0, 0, 0, 1, 0])
    found = masked(color=color, depth=far, calibration=lambda number: changed(calibration(number), p=p))
    assert (found.status, found.errors) == (0, [])
    assert found.out.count("camera_info has focal lengths 50, 50 in K and 60, 60 in P") == 1


def test_the_newest_calibration_counts(masked: Any) -> None:
    def zooming(number: int) -> Any:
        k = calibration(number).k.copy()
        k[0] += number
        return changed(calibration(number), k=k)

    found = masked(calibration=zooming, color=color)
    zoomed = [message.k[0] for message in messages(found.path, "/segmenter/camera_info")]
    assert zoomed == [CAMERA.fx + number for number in range(FRAMES)]


def mono16(number: int) -> Any:
    """A camera of 12 bits."""
    grey = room(number)[..., 0].astype("<u2") << 4
    return picture(header(number), grey, "mono16")


def png(number: int) -> Any:
    data = cv2.imencode(".png", room(number)[..., 0].astype(np.uint16) << 4)[1]
    return STORE.types[COMPRESSED](header(number), "png", data)


@pytest.mark.parametrize("grey", [mono16, png])
def test_grey_of_16_bits_is_an_image_where_there_is_no_other_and_that_is_told(masked: Any, grey: Any) -> None:
    found = masked(grey=grey, depth=far, calibration=calibration)
    assert (found.status, found.errors) == (0, [])
    assert "/grey has grey values of 16 bits and is taken for images, as the bag has no others" in found.out
    reference = messages(found.path, MASKS)
    assert len(reference) == FRAMES
    assert {0, 255} == set(np.unique(reference[0].data)), "neither black nor white"
    bag = Bag(found.path.parent / "drive")
    assert [(frame.rgb == room(number)).all() for number, frame in enumerate(bag.frames())] == [True] * FRAMES
    assert "/grey has grey values" in bag.remark


def test_grey_of_16_bits_beside_images_is_depth_as_before(masked: Any) -> None:
    found = masked(
        color=color, depth=lambda number: picture(header(number), depth(number), "mono16"), calibration=calibration
    )
    assert (found.status, found.errors) == (0, [])
    assert f"depth {DEPTH}" in found.out
    [encoding] = {message.encoding for message in messages(found.path, STATIC)}
    assert encoding == "mono16"


def test_grey_of_16_bits_that_is_named_is_the_image_and_not_its_own_depth(masked: Any) -> None:
    found = masked("--topic", "/grey", grey=mono16, color=color)
    assert "masks of /grey, depth -" in found.out
    assert found.status == 0


def test_depth_alone_is_no_image_and_told_as_what_it_is(masked: Any) -> None:
    found = masked(depth=far)
    assert found.status == 2
    [error] = found.errors
    assert f"it has no images, only depth on {DEPTH}; name one with --topic if it is none" in error


def test_depth_beside_one_topic_of_images_needs_no_choice(tmp_path: Path) -> None:
    bag = write(tmp_path / "drive", color=color, depth=far)
    assert len(list(Bag(bag).frames())) == FRAMES


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_flag_turns_no_image_of_a_bag(masked: Any, orientation: int) -> None:
    def flagged(number: int) -> Any:
        plain = cv2.imencode(".jpg", room(number)[..., ::-1])[1].tobytes()
        flag = b"Exif\0\0" + exif(orientation)
        data = plain[:2] + b"\xff\xe1" + (len(flag) + 2).to_bytes(2, "big") + flag + plain[2:]
        return STORE.types[COMPRESSED](header(number), "jpeg", np.frombuffer(data, np.uint8))

    found = masked(color=flagged, depth=far, calibration=calibration)
    assert (found.status, found.errors) == (0, [])
    assert all((mask.width, mask.height) == (WIDTH, HEIGHT) for mask in messages(found.path, MASKS))
    for number, frame in enumerate(Bag(found.path.parent / "drive").frames()):
        assert np.abs(frame.rgb.astype(int) - room(number)).max() < 30


def packed(number: int) -> Any:
    png = cv2.imencode(".png", depth(number))[1].tobytes()
    data = np.frombuffer(bytes(12) + png, np.uint8)
    return STORE.types[COMPRESSED](header(number), "16UC1; compressedDepth png", data)


def test_depth_that_is_compressed_is_told(masked: Any) -> None:
    done = masked(color=color, calibration=calibration, depth=packed)
    assert done.status == 1
    assert f"no depth is used: {DEPTH} is compressed; expected a raw Image" in done.errors[0]


def test_images_of_another_serialization_or_type_are_named(masked: Any) -> None:
    done = masked(stereo="stereo_msgs/msg/DisparityImage")
    assert done.status == 2
    assert "not understood: /stereo (stereo_msgs/msg/DisparityImage in cdr), expected sensor_msgs" in done.errors[0]
