# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from support.bag_messages import HEIGHT, STORE, WIDTH
from support.made_image_bags import frame, write_bag
from support.made_videos import write_mkv

from bgflow_ros.media.sources import MediaError, sources
from bgflow_ros.media.video import VideoWriter


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_bag_gives_its_images_in_order(tmp_path: Path, storage: StoragePlugin, compressed: bool) -> None:
    bag = write_bag(tmp_path / "drive", storage, compressed)
    for path in (bag, next(child for child in bag.iterdir() if child.suffix in {".mcap", ".db3"})):
        [source] = sources([path])
        frames = list(source.frames())
        assert [(given.rgb == frame(20 * number)).all() for number, given in enumerate(frames)] == [True] * 10
        assert source.is_sequence
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


class Interrupted:
    """Writer of OpenCV that is interrupted in a bright frame: Python raises once the call that it came in returns."""

    def __init__(self, writer: cv2.VideoWriter) -> None:
        self.writer, self.release = writer, writer.release

    def write(self, image: np.ndarray) -> None:
        self.writer.write(image)
        if image.mean() > 100:
            raise KeyboardInterrupt


def test_an_interrupt_while_a_frame_is_written_keeps_the_video(tmp_path: Path) -> None:
    def interrupted() -> None:
        with VideoWriter(tmp_path / "clip.mp4", 25) as video:
            video.write(frame(20))
            video._writer = Interrupted(video._writer)
            video.write(frame(40))
            video.write(frame(200))

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(list(sources([tmp_path / "clip.mp4"])[0].frames())) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def uneven() -> tuple[list[np.ndarray], list[float]]:
    """Twenty frames at uneven times, 5.7 s in all."""
    times = np.cumsum([0.0, *([0.026, 0.3, 0.8, 0.026] * 5)])[:20]
    return [frame(10 * number) for number in range(20)], times.round(3).tolist()


@pytest.mark.parametrize("duration", [6.1, 6.6])
def test_a_video_without_a_constant_rate_gives_all_frames_at_their_times(tmp_path: Path, duration: float) -> None:
    frames, seconds = uneven()
    [source] = sources([write_mkv(tmp_path / "clip.mkv", frames, seconds, duration)])
    found = list(source.frames())
    assert source.count != 20, "the container's number of frames is an estimate"
    assert [given.second for given in found] == pytest.approx(seconds, abs=0.002)
    assert [abs(int(given.rgb.mean()) - int(sent.mean())) < 5 for given, sent in zip(found, frames, strict=True)] == [
        True
    ] * 20


def test_a_video_that_ends_long_before_its_header_says_is_told_after_its_last_frame(tmp_path: Path) -> None:
    frames, seconds = uneven()
    [source] = sources([write_mkv(tmp_path / "clip.mkv", frames, seconds, 60)])
    found = []
    with pytest.raises(MediaError, match=r"clip.mkv: ends after 5.7 of 60.0 s, 20 frames"):
        found += source.frames()  # += keeps what came before
    with VideoWriter(tmp_path / "clip.mp4", 25) as video:
        for number in range(100):
            video.write(np.random.default_rng(number).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8))
    whole = (tmp_path / "clip.mp4").read_bytes()
    start = whole.index(b"mdat") + 200
    middle = (start + len(whole)) // 2
    (tmp_path / "clip.mp4").write_bytes(whole[:start] + bytes(middle - start) + whole[middle:])
    with pytest.raises(MediaError, match=r"clip.mp4: ends after \d+ of 100 frames"):
        list(sources([tmp_path / "clip.mp4"])[0].frames())


@pytest.mark.skipif(not hasattr(cv2, "CAP_PROP_PTS"), reason="this OpenCV does not tell when a video begins")
def test_a_video_that_begins_late_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    frames = [frame(9 * number) for number in range(20)]
    [source] = sources([write_mkv(tmp_path / "late.mkv", frames, [30 + number / 10 for number in range(20)], 32)])
    assert len(list(source.frames())) == len(frames)


def test_frames_with_times_make_a_video_of_that_length(tmp_path: Path) -> None:
    frames, seconds = uneven()
    with VideoWriter(tmp_path / "clip.mp4", 20) as video:
        for rgb, second in zip(frames, seconds, strict=True):
            video.write(rgb, second)
        video.write(frames[0], seconds[-1] + 1e9)  # a wrong time does not fill the disk
    capture = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == pytest.approx(20 * (seconds[-1] + 60), abs=3)
    levels = [int(capture.read()[1].mean()) for _ in range(115)]
    for sent, second in zip(frames, seconds, strict=True):
        near = levels[max(0, round(20 * second) - 2) : round(20 * second) + 4]
        assert any(abs(level - sent.mean()) < 5 for level in near), second


@pytest.mark.parametrize("size", [(9000, 16), (16, 9000), (65, 49), (20000, 2), (2, 2)])
def test_a_video_of_any_size_is_written(tmp_path: Path, size: tuple[int, int]) -> None:
    with VideoWriter(tmp_path / "clip.mp4", 25) as video:
        video.write(np.full((size[1], size[0], 3), 90, np.uint8))
    [found] = sources([tmp_path / "clip.mp4"])[0].frames()
    assert max(found.rgb.shape) <= 8190
    assert ("scaled down" in video.remark) == (max(size) > 8190)


@pytest.mark.parametrize("name", ["2024-01-01T12:30:00.mp4", "12:30.mp4", "a b.mp4", "%03d.mp4", "-x.mp4", "é.mp4"])
def test_a_video_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), Path("12:30") / name):
        with VideoWriter(path, 25) as video:
            video.write(frame(90))
        assert len(list(sources([path])[0].frames())) == 1
        assert [child.name for child in path.parent.iterdir() if child.is_file()] == [name]


def test_a_folder_gives_its_images_videos_and_bags_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "e.ppm", "f.tif", "g.bmp"):
        cv2.imwrite(str(tmp_path / name), frame(9))
    cv2.imwrite(str(tmp_path / "d.pgm"), frame(9)[..., 0])
    gif = [cv2.imwrite(str(tmp_path / "i.gif"), frame(9))] if cv2.haveImageWriter("i.gif") else []  # from 4.11 on
    (tmp_path / "h").write_bytes((tmp_path / "b.png").read_bytes())  # an image file without an image extension
    for name in ("notes.txt", "camera.yaml", ".DS_Store", ".hidden.jpg"):
        (tmp_path / name).write_text("no image")
    write_bag(tmp_path / "c", StoragePlugin.MCAP)
    found = sources([tmp_path])
    assert [source.name for source in found] == ["a", "b", "c", "d", "e", "f", "g", "h", *("i" for _ in gif)]
    for source in found:
        assert next(iter(source.frames())).rgb.shape == (HEIGHT, WIDTH, 3)


def test_what_a_user_would_miss_of_a_folder_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(9))
    (tmp_path / "b.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (tmp_path / "sub").mkdir()
    cv2.imwrite(str(tmp_path / "z.png"), np.full((HEIGHT, WIDTH), 1500, np.uint16))
    cv2.imwrite(str(tmp_path / "z.tiff"), np.full((HEIGHT, WIDTH), 1.5, np.float32))
    messages = ("", "b.HEIC.*no complete image", "sub: a folder", "single-channel 16-bit image", "float32")
    for source, message in zip(sources([tmp_path]), messages, strict=True):
        if not message:
            list(source.frames())
            continue
        with pytest.raises(MediaError, match=message):
            list(source.frames())


def test_what_only_seems_to_lie_in_a_folder_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(9))
    (tmp_path / "b.jpg").symlink_to("nowhere")
    (tmp_path / "c.jpg").symlink_to("c.jpg")
    os.mkfifo(tmp_path / "d.mp4")
    (tmp_path / "notes").symlink_to("nowhere")
    (tmp_path / "here.png").symlink_to("a.png")
    found = sources([tmp_path])
    assert [source.name for source in found] == ["a", "b.jpg", "c.jpg", "d.mp4", "here"]
    for source, message in zip(
        found[1:4], ("b.jpg: a broken link", "a broken link", "not a regular file"), strict=True
    ):
        with pytest.raises(MediaError, match=message):
            list(source.frames())


def test_folders_within_a_folder_count_where_asked_for(tmp_path: Path) -> None:
    for folder in ("in", "in/sub/deep", "in/out"):
        (tmp_path / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / folder / "a.png"), frame(9))
    write_bag(tmp_path / "in" / "sub" / "bag", StoragePlugin.MCAP)
    (tmp_path / "in" / "sub" / "up").symlink_to(tmp_path / "in")
    found = sources([tmp_path / "in"], recursive=True, without=tmp_path / "in" / "out")
    assert [source.name for source in found] == ["a", "sub/bag", "sub/deep/a", "up"]
    with pytest.raises(MediaError, match="a link to a folder that it lies in"):
        list(found[3].frames())
    assert next(frame.name for frame in found[1].frames()) == "sub/bag_000000"


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_an_image_file_is_turned_as_its_orientation_says(tmp_path: Path, orientation: int) -> None:
    rgb = frame(20)
    rgb[:, WIDTH // 2 :] = 220
    jpeg = cv2.imencode(".jpg", rgb)[1].tobytes()
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    exif = b"Exif\0\0" + tiff
    (tmp_path / "a.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    [found] = sources([tmp_path / "a.jpg"])[0].frames()
    turned = {1: rgb, 3: np.rot90(rgb, 2), 6: np.rot90(rgb, -1)}[orientation]
    assert found.rgb.shape == turned.shape
    assert np.abs(found.rgb.astype(int).mean(2) - turned.mean(2)).mean() < 10


@pytest.mark.parametrize("name", ["broken.png", "broken.mp4"])
def test_a_broken_file_is_a_media_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not what its name says")
    [source] = sources([tmp_path / name])
    with pytest.raises(MediaError, match="broken"):
        list(source.frames())


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "above" / "sub").mkdir(parents=True)
    for path, message in (
        (tmp_path / "nowhere", "no such file"),
        (tmp_path / "notes.txt", "not an image"),
        (tmp_path, "without images"),
        (tmp_path / "above", "sub: a folder, left out without --recursive"),
    ):
        with pytest.raises(MediaError, match=message):
            sources([path])


def test_a_bag_without_frames_is_a_media_error(tmp_path: Path) -> None:
    with Writer(tmp_path / "drive", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.add_connection("/image", "sensor_msgs/msg/Image", typestore=STORE)
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
