# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from bgflow_ros.media import MediaError, sources
from bgflow_ros.video import VideoWriter

HEIGHT, WIDTH = 48, 64
TYPES = get_typestore(Stores.LATEST)


def frame(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (level, level // 2, 255 - level), np.uint8)


def write_bag(
    path: Path, storage: StoragePlugin, compressed: bool = False, topics: tuple[str, ...] = ("/image",)
) -> Path:
    """Ten frames a topic, 20 a second."""
    kind = "sensor_msgs/msg/" + ("CompressedImage" if compressed else "Image")
    header_type, time_type = TYPES.types["std_msgs/msg/Header"], TYPES.types["builtin_interfaces/msg/Time"]
    with Writer(path, version=9, storage_plugin=storage) as writer:
        for topic in topics:
            connection = writer.add_connection(topic, kind, typestore=TYPES)
            for number in range(10):
                header = header_type(stamp=time_type(sec=number, nanosec=0), frame_id="camera")
                rgb = frame(20 * number)
                if compressed:
                    data = cv2.imencode(".png", rgb[..., ::-1])[1]
                    message = TYPES.types[kind](header=header, format="png", data=data)
                else:
                    message = TYPES.types[kind](
                        header=header,
                        height=HEIGHT,
                        width=WIDTH,
                        encoding="rgb8",
                        is_bigendian=0,
                        step=3 * WIDTH,
                        data=rgb.ravel(),
                    )
                writer.write(connection, number * 50_000_000, TYPES.serialize_cdr(message, kind))
    return path


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_bag_gives_its_images_in_order(tmp_path: Path, storage: StoragePlugin, compressed: bool) -> None:
    bag = write_bag(tmp_path / "drive", storage, compressed)
    for path in (bag, next(child for child in bag.iterdir() if child.suffix in {".mcap", ".db3"})):
        [source] = sources([path])
        frames = list(source.frames())
        assert [(given.rgb == frame(20 * number)).all() for number, given in enumerate(frames)] == [True] * 10
        assert source.moves
        assert source.count == 10
        assert source.rate == pytest.approx(20, rel=0.2)


def test_a_bag_of_two_cameras_asks_which(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "drive", StoragePlugin.MCAP, topics=("/left", "/right"))
    with pytest.raises(MediaError, match=r"--topic.*/left, /right"):
        list(sources([bag])[0].frames())
    assert len(list(sources([bag], topic="/right")[0].frames())) == 10
    with pytest.raises(MediaError, match="no images on topic /up"):
        list(sources([bag], topic="/up")[0].frames())


@pytest.mark.parametrize("name", ["broken.mcap", "broken.db3", "broken.bag"])
def test_a_broken_bag_is_a_media_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no bag at all" * 20)
    with pytest.raises(MediaError, match="broken"):
        list(sources([tmp_path / name])[0].frames())


def test_a_video_comes_back_as_it_was_written(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "clip.mp4", 25) as video:
        for number in range(10):
            video.write(frame(20 * number))
    [source] = sources([tmp_path / "clip.mp4"])
    frames = list(source.frames())
    assert (len(frames), source.count, source.rate) == (10, 10, 25)
    assert np.abs(frames[7].rgb.astype(int) - frame(140)).mean() < 6
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_video_that_is_interrupted_keeps_what_was_written(tmp_path: Path) -> None:
    def interrupted() -> None:
        with VideoWriter(tmp_path / "clip.mp4", 25) as video:
            video.write(frame(1))
            video.write(frame(2)[:24])  # another size is letterboxed
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert len(list(sources([tmp_path / "clip.mp4"])[0].frames())) == 2


def test_a_folder_gives_its_pictures_videos_and_bags_sorted_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg"):
        cv2.imwrite(str(tmp_path / name), frame(9))
    (tmp_path / "notes.txt").write_text("no picture")
    write_bag(tmp_path / "c", StoragePlugin.MCAP)
    assert [source.name for source in sources([tmp_path])] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["broken.png", "broken.mp4"])
def test_a_broken_file_is_a_media_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not what its name says")
    [source] = sources([tmp_path / name])
    with pytest.raises(MediaError, match="broken"):
        list(source.frames())


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    for path, message in (
        (tmp_path / "nowhere", "no such file"),
        (tmp_path / "notes.txt", "not a picture"),
        (tmp_path, "without pictures"),
    ):
        with pytest.raises(MediaError, match=message):
            sources([path])


def test_a_bag_without_frames_is_a_media_error(tmp_path: Path) -> None:
    with Writer(tmp_path / "drive", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.add_connection("/image", "sensor_msgs/msg/Image", typestore=TYPES)
    with pytest.raises(MediaError, match="no frame"):
        list(sources([tmp_path / "drive"])[0].frames())


def test_a_bag_that_lost_its_middle_is_a_media_error(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "drive", StoragePlugin.MCAP)
    [file] = bag.glob("*.mcap")
    data = bytearray(file.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 2000] = bytes(2000)
    file.write_bytes(data)
    try:
        frames = list(sources([bag])[0].frames())
    except MediaError as error:
        assert "drive" in str(error)
    else:  # the damage may lie within pixels
        assert len(frames) == 10
