# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgflow_ros.images import ENCODINGS, ImageError, decode, decode_compressed

HEIGHT, WIDTH = 24, 32
RGB = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
RGB[:, :16] = (200, 40, 90)
RGB[12:, 16:] = (30, 180, 60)
RGB[:12, 16:] = (120, 110, 220)
GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)


def yuv_planes(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y at full, U and V at half size, as video has them (ITU-R BT.601, studio swing)."""
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    quarter = HEIGHT // 4
    return (
        i420[:HEIGHT],
        i420[HEIGHT : HEIGHT + quarter].reshape(HEIGHT // 2, WIDTH // 2),
        i420[HEIGHT + quarter :].reshape(HEIGHT // 2, WIDTH // 2),
    )


def packed(order: str) -> np.ndarray:
    """4:2:2: two pixels in four bytes."""
    y, u, v = yuv_planes(RGB)
    u, v = u.repeat(2, 0), v.repeat(2, 0)
    parts = {"u": u, "v": v, "y": y[:, ::2], "Y": y[:, 1::2]}
    return np.stack([parts[letter] for letter in order], axis=-1).reshape(HEIGHT, WIDTH * 2)


def semiplanar(first: str) -> np.ndarray:
    """4:2:0: all luma, then chroma in turns."""
    y, u, v = yuv_planes(RGB)
    chroma = np.stack((u, v) if first == "u" else (v, u), axis=-1).reshape(HEIGHT // 2, WIDTH)
    return np.vstack([y, chroma])


def mosaic(pattern: str) -> np.ndarray:
    """One colour a pixel, by the names of the first two rows' first two pixels."""
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
    "bayer_rggb8": mosaic("rggb"),
    "bayer_bggr8": mosaic("bggr"),
    "bayer_gbrg8": mosaic("gbrg"),
    "bayer_grbg8": mosaic("grbg"),
}


def message(encoding: str, padding: int = 0, **changes: object) -> SimpleNamespace:
    raw = np.ascontiguousarray(RAW[encoding].reshape(RAW[encoding].shape[0], -1))
    raw = np.pad(raw, ((0, 0), (0, padding)), constant_values=99)
    fields = {"encoding": encoding, "width": WIDTH, "height": HEIGHT, "step": raw.shape[1], "data": raw.tobytes()}
    return SimpleNamespace(**fields | changes)


def test_the_test_knows_every_encoding() -> None:
    assert RAW.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("padding", [0, 13])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_picture(encoding: str, padding: int) -> None:
    rgb = decode(message(encoding, padding))
    assert rgb.shape == RGB.shape
    expected = np.repeat(GREY[..., None], 3, axis=-1) if encoding in ("mono8", "8UC1") else RGB
    # Away from the colours' borders, where chroma and mosaics blend.
    for rows in (np.s_[3:9], np.s_[15:21]):
        for columns in (np.s_[4:12], np.s_[20:28]):
            difference = np.abs(rgb[rows, columns].astype(int) - expected[rows, columns])
            assert difference.max() <= 3, encoding


def test_rgb8_is_not_copied() -> None:
    data = bytearray(RGB.tobytes())
    rgb = decode(message("rgb8", data=data))
    data[0] = 7
    assert rgb[0, 0, 0] == 7


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"encoding": "16UC1"}, "unknown encoding"),
        ({"encoding": ""}, "unknown encoding"),
        ({"width": 0}, "zero size"),
        ({"height": 0}, "zero size"),
        ({"step": 95}, "wrong step"),
        ({"step": 0}, "wrong step"),
        ({"data": b""}, "truncated data"),
        ({"data": RGB.tobytes()[:-1]}, "truncated data"),
        ({"width": 1 << 31, "height": 1 << 31, "step": 1 << 31}, "oversized"),
        ({"encoding": "nv12", "width": 31, "step": 31}, "odd size"),
        ({"encoding": "nv12", "height": 23}, "odd size"),
        ({"encoding": "uyvy", "width": 31}, "odd size"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_with_its_cause(changes: dict, cause: str) -> None:
    with pytest.raises(ImageError) as caught:
        decode(SimpleNamespace(**vars(message("rgb8")) | changes))
    assert caught.value.cause == cause
    assert str(caught.value).startswith(cause + ": ")


@given(
    encoding=st.sampled_from([*ENCODINGS, "32FC1", "h264"]),
    width=st.integers(0, 70),
    height=st.integers(0, 70),
    step=st.integers(0, 300),
    data=st.binary(max_size=6000),
)
def test_any_fields_give_a_picture_or_an_image_error(
    encoding: str, width: int, height: int, step: int, data: bytes
) -> None:
    fields = SimpleNamespace(encoding=encoding, width=width, height=height, step=step, data=data)
    try:
        rgb = decode(fields)
    except ImageError:
        return
    assert rgb.shape == (height, width, 3)


@pytest.mark.parametrize("extension", [".jpg", ".png", ".bmp", ".webp"])
def test_compressed_pictures_are_read(extension: str) -> None:
    rgb = decode_compressed(cv2.imencode(extension, RGB[..., ::-1])[1])
    assert np.abs(rgb[3:9, 4:12].astype(int) - RGB[3:9, 4:12]).max() <= 12


@given(st.binary(max_size=300))
def test_compressed_rubbish_is_an_image_error(data: bytes) -> None:
    for prefix in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(ImageError, match="undecodable"):
            decode_compressed(prefix + data)


def test_half_a_jpeg_is_read_or_refused_but_never_more() -> None:
    whole = cv2.imencode(".jpg", RGB)[1].tobytes()
    try:
        assert decode_compressed(whole[: len(whole) // 2]).shape == RGB.shape
    except ImageError as error:
        assert error.cause == "undecodable"


def test_a_small_file_that_promises_a_huge_picture_allocates_nothing() -> None:
    code = r"""
import resource, struct, zlib
from bgflow_ros.images import ImageError, decode_compressed
part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
header = part(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
png = b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(bytes(9_000_000))) + part(b"IEND", b"")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_compressed(png)
except ImageError as error:
    print(error.cause, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    cause, kilobytes = told.rsplit(maxsplit=1)
    assert cause == "undecodable"
    assert int(kilobytes) < 100_000
