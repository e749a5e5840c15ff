# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Masks beside what a bag holds."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from support.bag_messages import HEIGHT, IMAGE, STORE, WIDTH, image_message
from support.made_bags import BOTH, CAMERA, FRAMES, depth, header, messages, read, room, segment, write

from bgflow_ros.media.rosbag.recording import Recording
from bgflow_ros.media.rosbag.topics import choose_topics
from bgflow_ros.media.sources import Bag, MediaError
from bgflow_ros.segmentation.depth import foreground_points, static_depth
from bgflow_ros.segmentation.segmenter import Segmenter


@BOTH
def test_what_was_recorded_is_there_byte_for_byte_and_masks_follow_their_image(
    tmp_path: Path, tiny: Path, storage: StoragePlugin, segmenter: Segmenter, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write(tmp_path / "drive", storage)
    assert segment(bag, tmp_path / "masked", tiny) == 1  # one image is broken
    assert "1 messages without masks: wrong step" in capsys.readouterr().err
    before, after = read(bag), read(tmp_path / "masked")
    assert [entry for entry in after if not entry[0].startswith("/segmenter/")] == before
    received = {when for topic, when, _ in before if topic == "/cam/color/image"}
    assert {when for topic, when, _ in after if topic == "/segmenter/static_mask"} <= received
    good = [number for number in range(FRAMES) if number != 3]
    for name, of in (("foreground_mask", "foreground"), ("static_mask", "static"), ("ignore_mask", "ignore")):
        found = messages(tmp_path / "masked", f"/segmenter/{name}")
        for message, number in zip(found, good, strict=True):
            assert message.header == header(number)
            assert (message.encoding, message.width, message.height) == ("mono8", WIDTH, HEIGHT)
            np.testing.assert_array_equal(message.data.reshape(HEIGHT, WIDTH), getattr(segmenter(room(number)), of))
    for message, number in zip(messages(tmp_path / "masked", "/segmenter/camera_info"), good, strict=True):
        assert message.header == header(number)


@BOTH
def test_the_copy_says_of_its_topics_what_the_original_says(tmp_path: Path, tiny: Path, storage: StoragePlugin) -> None:
    bag = write(tmp_path / "drive", storage)
    segment(bag, tmp_path / "masked", tiny)
    with Reader(bag) as old, Reader(tmp_path / "masked") as new:
        found = {connection.topic: connection for connection in new.connections}
        for connection in old.connections:
            copy = found[connection.topic]
            assert (copy.msgtype, copy.digest, copy.msgdef, copy.ext) == (
                connection.msgtype,
                connection.digest,
                connection.msgdef,
                connection.ext,
            )
        [qos] = found["/segmenter/static_mask"].ext.offered_qos_profiles
        assert (qos.reliability.name, qos.durability.name, qos.depth) == ("RELIABLE", "VOLATILE", 2)


def test_depth_gets_its_static_part_and_its_points(tmp_path: Path, tiny: Path, segmenter: Segmenter) -> None:
    segment(write(tmp_path / "drive"), tmp_path / "masked", tiny)
    good = [number for number in range(FRAMES) if number != 3]
    statics = messages(tmp_path / "masked", "/segmenter/static_depth/image")
    infos = messages(tmp_path / "masked", "/segmenter/static_depth/camera_info")
    clouds = messages(tmp_path / "masked", "/segmenter/foreground_points")
    for number, static, calibration, cloud in zip(good, statics, infos, clouds, strict=True):
        masks = segmenter(room(number))
        assert static.header == calibration.header == cloud.header == header(number, 3_000_000)
        assert static.encoding == "16UC1"
        expected = static_depth(depth(number), masks.static)
        np.testing.assert_array_equal(static.data.view(np.uint16).reshape(HEIGHT, WIDTH), expected)
        points = cloud.data.view(np.float32).reshape(-1, 3)
        np.testing.assert_array_equal(points, foreground_points(depth(number), masks.foreground, CAMERA))
        assert len(points) == cloud.width > 0


def test_several_workers_write_the_very_same_bag(tmp_path: Path, tiny: Path) -> None:
    bag = write(tmp_path / "drive")
    for workers in ("1", "3"):
        assert segment(bag, tmp_path / workers, tiny, "--workers", workers) == 1  # one image is broken
    assert read(tmp_path / "1") == read(tmp_path / "3")


def test_the_range_of_16_bits_is_that_of_the_images_before_with_any_number_of_workers(
    tmp_path: Path, tiny: Path
) -> None:
    kind = "sensor_msgs/msg/Image"
    with Writer(tmp_path / "drive", version=9) as writer:
        connection = writer.add_connection("/image", kind, typestore=STORE)
        for number, level in enumerate([4000, 900, 900, 4000, 900, 3000, 900, 60000, 900] * 3):
            pixels = np.full((HEIGHT, WIDTH), level, np.uint16)
            message = image_message(header(number), pixels.view(np.uint8), "mono16")
            message.step, message.width = 2 * WIDTH, WIDTH
            writer.write(connection, number * 50_000_000, STORE.serialize_cdr(message, kind))
    for workers in ("1", "3"):
        assert segment(tmp_path / "drive", tmp_path / workers, tiny, "--likelihood", "--workers", workers) == 0
    assert read(tmp_path / "1") == read(tmp_path / "3")


def test_likelihood_and_another_node_on_request(tmp_path: Path, tiny: Path) -> None:
    segment(write(tmp_path / "drive"), tmp_path / "masked", tiny, "--likelihood", "--node", "/front/segmenter/")
    found = messages(tmp_path / "masked", "/front/segmenter/likelihood")
    assert [message.encoding for message in found] == ["32FC1"] * (FRAMES - 1)


@BOTH
def test_what_a_semantic_costmap_reads_on_request(tmp_path: Path, tiny: Path, storage: StoragePlugin) -> None:
    segment(write(tmp_path / "drive", storage), tmp_path / "masked", tiny, "--labels")
    masked = tmp_path / "masked"
    with Reader(masked) as reader:
        [topic] = [connection for connection in reader.connections if connection.topic == "/segmenter/label_info"]
        [(_, _, data)] = reader.messages([topic])
    assert [qos.durability.name for qos in topic.ext.offered_qos_profiles] == ["TRANSIENT_LOCAL"]
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(topic.msgdef.data, topic.msgtype))
    info = store.deserialize_cdr(data, topic.msgtype)
    assert [(known.class_id, known.class_name) for known in info.class_map] == [(1, "background"), (2, "foreground")]
    good = [number for number in range(FRAMES) if number != 3]
    labels, masks = (messages(masked, f"/segmenter/{name}") for name in ("labels", "foreground_mask"))
    for of_labels, of_masks in zip(labels, masks, strict=True):
        np.testing.assert_array_equal(of_labels.data, np.where(of_masks.data > 0, 2, 1))
    for message, number in zip(messages(masked, "/segmenter/points"), good, strict=True):
        assert message.header == header(number), "that of the image"
        assert (message.width, message.height) == (WIDTH, HEIGHT)
    assert len(messages(masked, "/segmenter/confidence")) == len(good)


def test_static_depth_keeps_what_it_is_told(tmp_path: Path, tiny: Path, segmenter: Segmenter) -> None:
    segment(write(tmp_path / "drive"), tmp_path / "masked", tiny, "--depth-keeps", "not_foreground")
    good = [number for number in range(FRAMES) if number != 3]
    for static, number in zip(messages(tmp_path / "masked", "/segmenter/static_depth/image"), good, strict=True):
        expected = static_depth(depth(number), ~segmenter(room(number)).foreground)
        np.testing.assert_array_equal(static.data.view(np.uint16).reshape(HEIGHT, WIDTH), expected)


def test_what_is_for_bags_alone_is_refused_elsewhere(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write(tmp_path / "drive")
    for only in (["--labels"], ["--depth-keeps", "not_foreground"]):
        assert segment(bag, tmp_path / "out", tiny, "--pictures", *only) == 2
        assert "--labels and --depth-keeps are for one bag that is copied" in capsys.readouterr().err
    assert segment(bag, tmp_path / "out", tiny, "--pictures", "--workers", "2") == 2
    assert "--workers is for one bag that is copied" in capsys.readouterr().err
    assert segment(bag, tmp_path / "out", tiny, "--static-depth", "--workers", "2") == 2
    assert "--workers is for one bag that is copied" in capsys.readouterr().err
    assert segment(bag, tmp_path / "out", tiny, "--workers", "0") == 2
    assert "--workers is 0; expected at least 1" in capsys.readouterr().err


def test_masks_are_not_added_twice(tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    segment(write(tmp_path / "drive"), tmp_path / "masked", tiny)
    arguments = ("--topic", "/cam/color/image", "--depth-topic", "/cam/depth/image")
    assert segment(tmp_path / "masked", tmp_path / "again", tiny, *arguments) == 2
    assert "holds /segmenter/foreground_mask already; name another node with --node" in capsys.readouterr().err
    assert segment(tmp_path / "masked", tmp_path / "again", tiny, *arguments, "--node", "/other") == 1
    assert len(messages(tmp_path / "again", "/other/static_mask")) == FRAMES - 1


def test_min_static_reaches_the_masks(tmp_path: Path, tiny: Path) -> None:
    segment(write(tmp_path / "drive"), tmp_path / "masked", tiny, "--min-static", "1")
    assert all((message.data == 255).all() for message in messages(tmp_path / "masked", "/segmenter/static_mask"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "choose an image topic with --topic; it has images on /left/color/image, /right/color/image"),
        (["--topic", "/up"], "no images on topic /up"),
        (["--topic", "/left/color/image"], "choose with --depth-topic"),
    ],
)
def test_a_bag_of_two_cameras_asks_which(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    bag = write(tmp_path / "drive", cameras=("/left", "/right"))
    assert segment(bag, tmp_path / "masked", tiny, *arguments) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "masked").exists()


def test_the_calibration_beside_the_image_is_taken(tmp_path: Path, tiny: Path) -> None:
    bag = write(tmp_path / "drive", cameras=("/left", "/right"))
    arguments = ("--topic", "/right/color/image", "--depth-topic", "/right/depth/image")
    assert segment(bag, tmp_path / "masked", tiny, *arguments) == 1
    assert len(messages(tmp_path / "masked", "/segmenter/camera_info")) == FRAMES - 1


def test_nothing_is_overwritten_and_nothing_half_is_left(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write(tmp_path / "drive")
    (tmp_path / "there").mkdir()
    assert segment(bag, tmp_path / "there", tiny) == 2
    assert "exists" in capsys.readouterr().err

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Segmenter, "__call__", interrupt)
    assert segment(bag, tmp_path / "masked", tiny) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drive", "there"]


def cut(path: Path, number: int) -> None:
    """Write a bag whose image of that number ends in the middle."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        color = writer.add_connection("/cam/color/image", IMAGE, typestore=STORE)
        for this in range(FRAMES):
            data = bytes(STORE.serialize_cdr(image_message(header(this), room(this), "rgb8"), IMAGE))
            writer.write(color, this, data[: 500 if this == number else None])


@pytest.mark.parametrize("number", [0, 4])
def test_a_message_that_ends_in_the_middle_is_copied_and_told(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    cut(tmp_path / "drive", number)
    assert segment(tmp_path / "drive", tmp_path / "masked", tiny) == 1
    assert "1 messages without masks" in capsys.readouterr().err
    assert len([entry for entry in read(tmp_path / "masked") if entry[0] == "/cam/color/image"]) == FRAMES
    assert len(messages(tmp_path / "masked", "/segmenter/static_mask")) == FRAMES - 1


def test_a_lone_mcap_file_becomes_a_bag_that_all_readers_open(tmp_path: Path, tiny: Path) -> None:
    file = write(tmp_path / "drive") / "drive.mcap"
    lone = file.rename(tmp_path / "lone.mcap")
    assert segment(lone, tmp_path / "masked", tiny) == 1
    assert list((tmp_path / "masked").glob("*.mcap"))
    assert (
        segment(tmp_path / "masked", tmp_path / "pictures", tiny, "--pictures", "--topic", "/segmenter/static_mask")
        == 0
    )


def test_depth_of_another_frame_is_left_out_and_told_unless_it_is_named(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Writer(tmp_path / "drive", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        color = writer.add_connection("/cam/color/image", IMAGE, typestore=STORE)
        far = writer.add_connection("/cam/depth/image", IMAGE, typestore=STORE)
        for number in range(FRAMES):
            infrared = header(number)
            infrared = type(infrared)(stamp=infrared.stamp, frame_id="infrared")
            writer.write(color, number, STORE.serialize_cdr(image_message(header(number), room(number), "rgb8"), IMAGE))
            writer.write(far, number, STORE.serialize_cdr(image_message(infrared, depth(number), "16UC1"), IMAGE))
    assert segment(tmp_path / "drive", tmp_path / "without", tiny) == 1
    assert "no depth is used: /cam/depth/image is 64x48 in frame 'infrared'" in capsys.readouterr().err
    assert not any("static_depth" in topic for topic, _, _ in read(tmp_path / "without"))
    assert segment(tmp_path / "drive", tmp_path / "with", tiny, "--depth-topic", "/cam/depth/image") == 1
    told = capsys.readouterr()
    assert "/cam/depth/image is used as requested: in frame 'infrared', the images in 'optical'" in told.out
    assert f"{FRAMES} outputs missing: no calibration" in told.err
    assert len(messages(tmp_path / "with", "/segmenter/static_depth/image")) == FRAMES


@pytest.mark.parametrize(
    ("out", "more", "message"),
    [
        ("drive/masked", (), "which is not changed"),
        ("file/masked", (), "cannot be written"),
        ("masked", ("--node", "segm enter"), "is not a node name"),
    ],
)
def test_where_and_as_whom_nothing_can_be_written(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], out: str, more: tuple[str, ...], message: str
) -> None:
    bag, before = write(tmp_path / "drive"), set((tmp_path / "drive").iterdir())
    (tmp_path / "file").write_text("no folder")
    assert segment(bag, tmp_path / out, tiny, *more) == 2
    assert message in capsys.readouterr().err
    assert set(bag.iterdir()) == before


def test_two_bags_at_once_are_refused(tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    assert segment(tmp_path, tmp_path / "masked", tiny) == 2
    assert "give one bag" in capsys.readouterr().err


def test_a_ros_1_bag_is_told_how_to_become_one_of_ros_2(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    assert segment(tmp_path / "old.bag", tmp_path / "masked", tiny) == 2
    assert "rosbags-convert" in capsys.readouterr().err


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A bag of each storage as the bytes of its file, by suffix."""
    folder = tmp_path_factory.mktemp("files")
    bags = {".mcap": StoragePlugin.MCAP, ".db3": StoragePlugin.SQLITE3}
    return {
        suffix: next(write(folder / suffix[1:], storage).glob(f"*{suffix}")).read_bytes()
        for suffix, storage in bags.items()
    }


@pytest.mark.parametrize("suffix", [".mcap", ".db3"])
@given(
    harm=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=9)), max_size=5),
    kept=st.just(1.0) | st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_a_file_with_bytes_missing_or_altered_is_read_or_refused(
    files: dict[str, bytes], suffix: str, harm: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(files[suffix])
    for place, others in harm:
        start = int(place * len(data))
        data[start : start + len(others)] = others[: len(data) - start]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bag{suffix}"
        path.write_bytes(data[: int(kept * len(data))])
        with contextlib.suppress(MediaError), Recording(path) as recording:
            choose_topics(recording, "/cam/color/image", None)
        with contextlib.suppress(MediaError):
            assert all(frame.rgb.shape[2] == 3 for frame in Bag(path, "/cam/color/image").frames())
