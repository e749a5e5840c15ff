# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of one small image in every encoding."""

from __future__ import annotations

import struct

import cv2
import numpy as np

HEIGHT, WIDTH = 24, 32

RGB = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

RGB[:, :16] = (200, 40, 90)

RGB[12:, 16:] = (30, 180, 60)

RGB[:12, 16:] = (120, 110, 220)

GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)


def yuv_planes(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Planes of video (ITU-R BT.601, studio swing): Y at full size, U and V at half size."""
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    quarter = HEIGHT // 4
    return (
        i420[:HEIGHT],
        i420[HEIGHT : HEIGHT + quarter].reshape(HEIGHT // 2, WIDTH // 2),
        i420[HEIGHT + quarter :].reshape(HEIGHT // 2, WIDTH // 2),
    )


def packed(order: str) -> np.ndarray:
    """Encode as packed 4:2:2: two pixels in four bytes."""
    y, u, v = yuv_planes(RGB)
    u, v = u.repeat(2, 0), v.repeat(2, 0)
    parts = {"u": u, "v": v, "y": y[:, ::2], "Y": y[:, 1::2]}
    return np.stack([parts[letter] for letter in order], axis=-1).reshape(HEIGHT, WIDTH * 2)


def semiplanar(first: str) -> np.ndarray:
    """Encode as semi-planar 4:2:0: all luma, then interleaved chroma."""
    y, u, v = yuv_planes(RGB)
    chroma = np.stack((u, v) if first == "u" else (v, u), axis=-1).reshape(HEIGHT // 2, WIDTH)
    return np.vstack([y, chroma])


def planar() -> np.ndarray:
    """Encode as planar 4:2:0: all luma, then each chroma."""
    return cv2.cvtColor(RGB, cv2.COLOR_RGB2YUV_I420)


def full_chroma() -> np.ndarray:
    """Encode as semi-planar 4:4:4: all luma, then both chroma of each pixel."""
    y, u, v = yuv_planes(RGB)
    chroma = np.stack([u.repeat(2, 0).repeat(2, 1), v.repeat(2, 0).repeat(2, 1)], axis=-1)
    return np.vstack([y, chroma.reshape(2 * HEIGHT, WIDTH)])


def of_12_bits(raw: np.ndarray) -> np.ndarray:
    """Little-endian values of a camera with 12 bits."""
    return raw.astype("<u2") << 4


def mosaic(pattern: str) -> np.ndarray:
    """Bayer mosaic; the pattern names the colours of the first two pixels of the first two rows."""
    raw = np.empty((HEIGHT, WIDTH), np.uint8)
    for index, colour in enumerate(pattern):
        rows, columns = np.s_[index // 2 :: 2], np.s_[index % 2 :: 2]
        raw[rows, columns] = RGB[rows, columns, "rgb".index(colour)]
    return raw


ALPHA = np.full((HEIGHT, WIDTH, 1), 77, np.uint8)

RAW = {
    "rgb8": RGB,
    "bgr8": RGB[..., ::-1],
    "8UC3": RGB[..., ::-1],
    "rgba8": np.concatenate([RGB, ALPHA], axis=-1),
    "bgra8": np.concatenate([RGB[..., ::-1], ALPHA], axis=-1),
    "mono8": GREY,
    "8UC1": GREY,
    "uyvy": packed("uyvY"),
    "yuv422": packed("uyvY"),
    "yuyv": packed("yuYv"),
    "yuv422_yuy2": packed("yuYv"),
    "nv12": semiplanar("u"),
    "nv21": semiplanar("v"),
    "nv24": full_chroma(),
    "yuv420": planar(),
    "rgb16": of_12_bits(RGB),
    "bgr16": of_12_bits(RGB[..., ::-1]),
    "16UC3": of_12_bits(RGB[..., ::-1]),
    # Opaque is the whole range of 16 bits, whatever the camera's.
    "rgba16": np.concatenate([of_12_bits(RGB), np.full_like(ALPHA, 65535, "<u2")], axis=-1),
    "bgra16": np.concatenate([of_12_bits(RGB[..., ::-1]), np.full_like(ALPHA, 65535, "<u2")], axis=-1),
    "mono16": of_12_bits(GREY),
    **{f"bayer_{pattern}8": mosaic(pattern) for pattern in ("rggb", "bggr", "gbrg", "grbg")},
    **{f"bayer_{pattern}16": of_12_bits(mosaic(pattern)) for pattern in ("rggb", "bggr", "gbrg", "grbg")},
}

UNPADDED = {"nv24", "yuv420"}


def exif(orientation: int) -> bytes:
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
