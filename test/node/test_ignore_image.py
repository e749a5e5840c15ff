# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels that `ignore_image` marks in any kind of PNG, and the real node's reports about implausible ones."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from diagnostic_msgs.msg import DiagnosticStatus
from soak.camera import MASK, SMALL, FilmingRobot
from support.robot import Segment, pixels

from bgflow_ros.node.parameters import read_body
from bgflow_ros.node.thresholds import SettingsError

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # colour types of PNG


def png(path: Path, kind: int, rows: list[bytes], width: int, depth: int = 8, **chunks: bytes) -> Path:
    """Write a PNG of any colour type and depth; other chunks than header and data by their names."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    others = b"".join(chunk(name.encode(), value) for name, value in chunks.items())
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + others + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    return path


# Of two pixels in each, the first is not the robot and the second is.
KINDS: dict[str, tuple[int, bytes, int, dict[str, bytes]]] = {
    "grey": (GREY, b"\x00\x01", 8, {}),
    "grey, 1 bit": (GREY, b"\x40", 1, {}),
    "grey, 16 bits": (GREY, b"\x00\x00\x00\x01", 16, {}),
    "colour": (RGB, b"\x00\x00\x00\x00\x00\x01", 8, {}),
    "colour, 16 bits": (RGB, b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 16, {}),
    "palette": (PALETTE, b"\x00\x01", 8, {"PLTE": b"\x00\x00\x00\x00\x09\x00"}),
    "palette with transparency": (PALETTE, b"\x00\x01", 8, {"PLTE": b"\xff\xff\xff\xff\xff\xff", "tRNS": b"\x00\xff"}),
    "white, transparent": (RGBA, b"\xff\xff\xff\x00\xff\xff\xff\xff", 8, {}),
    "white, nearly transparent": (RGBA, b"\xff\xff\xff\x00\xff\xff\xff\x01", 8, {}),
    "black, opaque": (RGBA, b"\x00\x00\x00\xff\x00\x01\x00\xff", 8, {}),
    "grey, transparent": (GREY_ALPHA, b"\xff\x00\xff\xff", 8, {}),
    "16 bits, transparent": (RGBA, b"\xff\xff" * 3 + b"\x00\x00" + b"\x00\x01" * 4, 16, {}),
}


@pytest.mark.parametrize(("kind", "row", "depth", "chunks"), KINDS.values(), ids=KINDS)
def test_a_pixel_that_is_black_or_transparent_is_not_the_robot(
    tmp_path: Path, kind: int, row: bytes, depth: int, chunks: dict[str, bytes]
) -> None:
    body = read_body(str(png(tmp_path / "body.png", kind, [row] * 3, 2, depth, **chunks)))
    assert body is not None
    assert body.dtype == np.uint8
    assert body.tolist() == [[0, 255]] * 3


def test_a_path_in_the_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    cv2.imwrite(str(tmp_path / "body.png"), np.full((4, 5), 7, np.uint8))
    body = read_body("~/body.png")
    assert body is not None
    assert body.shape == (4, 5)
    assert read_body("") is None


def test_what_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    png(tmp_path / "huge.png", GREY, [b"\x00"], 2**30)
    for name in ("text.png", "missing.png", "huge.png", ""):
        with pytest.raises(SettingsError, match=f"ignore_image {tmp_path / name}.*expected a PNG"):
            read_body(str(tmp_path / name))


def test_a_jpeg_is_refused_because_its_black_is_not_black(tmp_path: Path) -> None:
    body = np.zeros((48, 64), np.uint8)
    body[30:, 20:40] = 255
    cv2.imwrite(str(tmp_path / "body.jpg"), body)
    with pytest.raises(SettingsError, match=r"body.jpg is a JPEG, whose black is not quite black; expected a PNG"):
        read_body(str(tmp_path / "body.jpg"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SettingsError, match="expected a PNG"):
        read_body(str(tmp_path / "pipe.png"))


@pytest.fixture
def start(start: Callable[..., Segment], tmp_path: Path) -> Callable[[np.ndarray], Segment]:
    """Starts a node that leaves out a body."""

    def start_with_body(body: np.ndarray) -> Segment:
        cv2.imwrite(str(tmp_path / "body.png"), body)
        return start(ignore_image=tmp_path / "body.png")

    return start_with_body


def test_a_transparent_body_hides_nothing_and_is_told(robot: FilmingRobot, start) -> None:
    width, height = SMALL.size
    transparent = np.full((height, width, 4), 255, np.uint8)
    transparent[..., 3] = 0
    segment = start(transparent)
    robot.subscribe(MASK)
    robot.subscribe("segmenter/static_mask")
    assert robot.until(
        lambda: any(pixels(found).any() for topic in (MASK, "segmenter/static_mask") for found in robot.received[topic])
    ), segment.log()
    assert "body.png marks nothing" in segment.log()


def test_a_body_that_covers_nearly_all_is_a_warning(robot: FilmingRobot, start) -> None:
    width, height = SMALL.size
    body = np.full((height, width), 255, np.uint8)
    body[:, : width // 20] = 0
    segment = start(body)
    assert robot.until(lambda: "ignore_image covers 95 % of the view" in robot.diagnosis.message)
    assert robot.diagnosis.level == DiagnosticStatus.WARN
    assert "ignore_image covers 95 % of the view" in segment.log()
    assert robot.until(lambda: robot.masks), "masks come all the same"


def test_a_body_of_another_size_is_told_before_anybody_wants_masks(robot: FilmingRobot, start) -> None:
    robot.leave()
    segment = start(np.zeros((48, 64), np.uint8) + np.eye(48, 64, dtype=np.uint8))
    said = "the image is 160x120, ignore_image 64x48; expected the camera's size"
    assert robot.until(lambda: said in robot.diagnosis.message), segment.log()
    assert robot.diagnosis.level == DiagnosticStatus.WARN
    assert said in segment.log()
    with robot.behaving(size=(64, 48)):
        assert robot.until(lambda: robot.diagnosis.level == DiagnosticStatus.OK), robot.diagnosis
