# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Writer of Matroska files (RFC 9559) with a time for every frame, which OpenCV cannot write."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np


def element(id: str, data: bytes) -> bytes:
    """Encode an EBML element: its id, its size in eight bytes, its data."""
    return bytes.fromhex(id) + (len(data) | 1 << 56).to_bytes(8, "big") + data


def number(id: str, value: int) -> bytes:
    return element(id, value.to_bytes(8, "big"))


def write_mkv(path: Path, frames: Sequence[np.ndarray], seconds: Sequence[float], duration: float) -> Path:
    """Write RGB frames (height x width x 3) as JPEG with their times; `duration` is written to the header."""
    height, width = frames[0].shape[:2]
    header = number("4286", 1) + number("42F7", 1) + number("42F2", 4) + number("42F3", 8)
    header += element("4282", b"matroska") + number("4287", 4) + number("4285", 2)
    info = number("2AD7B1", 1_000_000) + element("4489", struct.pack(">d", 1000 * duration))
    info += element("4D80", b"test") + element("5741", b"test")
    video = element("E0", number("B0", width) + number("BA", height))
    track = number("D7", 1) + number("73C5", 1) + number("83", 1) + element("86", b"V_MJPEG") + video
    clusters = b""
    for rgb, second in zip(frames, seconds, strict=True):
        jpeg = cv2.imencode(".jpg", rgb[..., ::-1])[1].tobytes()
        block = b"\x81" + struct.pack(">hB", 0, 0x80) + jpeg
        clusters += element("1F43B675", number("E7", round(1000 * second)) + element("A3", block))
    segment = element("1549A966", info) + element("1654AE6B", element("AE", track)) + clusters
    path.write_bytes(element("1A45DFA3", header) + element("18538067", segment))
    return path
