# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import array
import struct
import subprocess
import sys
import zlib
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_images import GREY, HEIGHT, RAW, RGB, UNPADDED, WIDTH, exif, mosaic, of_12_bits

from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.image_size import image_size
from bgflow_ros.segmentation.images import ENCODINGS, Decoder, decode_file


def decode(message: SimpleNamespace) -> np.ndarray:
    return Decoder().image(message)


def message(encoding: str, padding: int = 0, big: bool = False, **changes: object) -> SimpleNamespace:
    raw = RAW[encoding]
    if big:
        raw = raw.astype(raw.dtype.newbyteorder(">"))
    raw = np.ascontiguousarray(raw.reshape(raw.shape[0], -1)).view(np.uint8)
    raw = np.pad(raw, ((0, 0), (0, padding)), constant_values=99)
    fields = {
        "encoding": encoding,
        "width": WIDTH,
        "height": HEIGHT,
        "step": raw.shape[1],
        "is_bigendian": int(big),
        "data": raw.tobytes(),
    }
    return SimpleNamespace(**fields | changes)


def test_the_test_knows_every_encoding() -> None:
    assert RAW.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 13])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_image(encoding: str, padding: int, big: bool) -> None:
    if padding and encoding in UNPADDED:
        with pytest.raises(ImageError, match="wrong step"):
            decode(message(encoding, padding, big))
        return
    rgb = decode(message(encoding, padding, big))
    assert rgb.shape == RGB.shape
    grey = encoding in ("mono8", "8UC1", "mono16")
    expected = np.repeat(GREY[..., None], 3, axis=-1) if grey else RGB
    # Away from the colours' borders, where chroma and mosaics blend.
    for rows in (np.s_[3:9], np.s_[15:21]):
        for columns in (np.s_[4:12], np.s_[20:28]):
            difference = np.abs(rgb[rows, columns].astype(int) - expected[rows, columns])
            assert difference.max() <= 3, encoding


def grey_of_16_bits(largest: int) -> SimpleNamespace:
    values = np.linspace(0, largest, HEIGHT * WIDTH).astype("<u2")
    return message("mono16", data=values.tobytes())


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_camera_of_any_number_of_bits_gives_the_whole_range(bits: int) -> None:
    rgb = decode(grey_of_16_bits(2**bits - 1))
    assert (rgb.min(), rgb.max()) == (0, 255)
    assert rgb.dtype == np.uint8


def test_brightness_follows_the_camera_and_not_the_brightest_pixel_of_a_frame() -> None:
    decoder = Decoder()
    for largest in (4000, 500, 60, 4095):
        assert decoder.image(grey_of_16_bits(largest)).max() == largest >> 4
    assert decoder.image(grey_of_16_bits(65535)).max() == 255
    assert decoder.image(grey_of_16_bits(4095)).max() == 15


@given(largest=st.integers(0, 65535))
def test_an_image_of_16_bits_is_not_black_unless_it_is(largest: int) -> None:
    brightest = int(decode(grey_of_16_bits(largest)).max())
    assert brightest >= min(largest, 64)


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_depth_is_no_image_and_is_told_as_what_it_is(encoding: str) -> None:
    with pytest.raises(ImageError, match=f"unknown encoding: '{encoding}', which is depth .*; expected one of rgb8,"):
        decode(SimpleNamespace(**vars(message("mono16")) | {"encoding": encoding}))


def test_rgb8_is_not_copied() -> None:
    data = bytearray(RGB.tobytes())
    rgb = decode(message("rgb8", data=data))
    data[0] = 7
    assert rgb[0, 0, 0] == 7


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"encoding": "nv61"}, "unknown encoding"),
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
    big=st.booleans(),
)
def test_any_fields_give_a_picture_or_an_image_error(
    encoding: str, width: int, height: int, step: int, data: bytes, big: bool
) -> None:
    fields = SimpleNamespace(encoding=encoding, width=width, height=height, step=step, data=data, is_bigendian=int(big))
    try:
        rgb = decode(fields)
    except ImageError:
        return
    assert rgb.shape == (height, width, 3)


@pytest.mark.parametrize("extension", [".jpg", ".png", ".bmp", ".webp"])
def test_compressed_pictures_are_read(extension: str) -> None:
    rgb = Decoder().compressed(cv2.imencode(extension, RGB[..., ::-1])[1])
    assert np.abs(rgb[3:9, 4:12].astype(int) - RGB[3:9, 4:12]).max() <= 12


@pytest.mark.parametrize("colour", [False, True])
def test_a_png_of_16_bits_has_its_camera_s_range(colour: bool) -> None:
    values = of_12_bits(RGB[..., ::-1] if colour else GREY)
    rgb = Decoder().compressed(cv2.imencode(".png", values)[1])
    np.testing.assert_array_equal(rgb, RGB if colour else np.repeat(GREY[..., None], 3, axis=-1))


def test_a_file_of_16_bits_has_its_camera_s_range_too() -> None:
    np.testing.assert_array_equal(decode_file(cv2.imencode(".png", of_12_bits(RGB[..., ::-1]))[1]), RGB)


def test_a_file_of_measurements_is_no_camera_s_image() -> None:
    with pytest.raises(ImageError, match=r"no camera image: single-channel 16-bit image \(probably depth"):
        decode_file(cv2.imencode(".png", of_12_bits(GREY))[1])
    with pytest.raises(ImageError, match="values of float32"):
        decode_file(cv2.imencode(".tiff", GREY.astype(np.float32))[1])


@pytest.mark.parametrize("pixels", [RGB, GREY], ids=["colour", "grey"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_the_size_of_a_compressed_image_is_read_whatever_its_format(suffix: str, pixels: np.ndarray) -> None:
    data = cv2.imencode(suffix, pixels)[1].tobytes()
    for given_as in (data, np.frombuffer(data, np.uint8), array.array("B", data)):
        assert image_size(SimpleNamespace(data=given_as, format="")) == (WIDTH, HEIGHT)


def test_the_size_of_a_jpeg_or_png_is_read_without_its_pixels() -> None:
    for suffix in (".jpg", ".png"):
        head = cv2.imencode(suffix, RGB)[1].tobytes()[: 400 if suffix == ".jpg" else 33]
        assert image_size(SimpleNamespace(data=head, format="")) == (WIDTH, HEIGHT)


@given(st.binary(max_size=100))
def test_the_size_of_rubbish_is_an_image_error_or_a_size(data: bytes) -> None:
    for prefix in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"):
        try:
            assert len(image_size(SimpleNamespace(data=prefix + data, format=""))) == 2
        except ImageError as error:
            assert error.cause == "undecodable"


def test_the_size_of_a_raw_image_is_that_of_a_whole_message() -> None:
    assert image_size(message("rgb8")) == (WIDTH, HEIGHT)
    with pytest.raises(ImageError, match="truncated data"):
        image_size(message("rgb8", data=b""))


@pytest.mark.parametrize("format_", ["", "png", "rgb8", ";;", "bayer_rggb8; png compressed bgr8", "bayer_what; png"])
def test_a_format_that_says_nothing_known_is_not_heeded(format_: str) -> None:
    rgb = Decoder().compressed(cv2.imencode(".png", RGB[..., ::-1])[1], format_)
    np.testing.assert_array_equal(rgb, RGB)


@pytest.mark.parametrize("form", ["16UC1; png compressed ", "32FC1; tiff compressed ", "16UC1; compressedDepth png"])
def test_depth_that_is_compressed_is_no_image_and_is_told_as_what_it_is(form: str) -> None:
    data = cv2.imencode(".png", np.full((HEIGHT, WIDTH), 2000, np.uint16))[1]
    with pytest.raises(ImageError, match=r"unknown encoding: '(16U|32F)C1', compressed, which is depth"):
        Decoder().compressed(data, form)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_a_mosaic_that_is_compressed_has_its_colours(pattern: str, bits: int) -> None:
    raw = mosaic(pattern) if bits == 8 else of_12_bits(mosaic(pattern))
    form = f"bayer_{pattern}{bits}"
    rgb = Decoder().compressed(cv2.imencode(".png", raw)[1], f"{form}; png compressed ")
    np.testing.assert_array_equal(rgb, decode(message(form)))


@pytest.mark.parametrize(("extension", "kept"), [(".tiff", 2000), (".png", 700)])
def test_a_damaged_image_is_told_by_the_node_and_not_by_opencv(
    extension: str, kept: int, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    with pytest.raises(ImageError, match="undecodable"):
        Decoder().compressed(cv2.imencode(extension, noise)[1][:kept])
    assert "loadsave.cpp" not in capfd.readouterr().err


def test_values_that_are_no_image_s_are_refused() -> None:
    data = cv2.imencode(".tiff", RGB.astype(np.float32))[1]
    with pytest.raises(ImageError, match="undecodable: values of float32; expected 8 or 16 bits"):
        Decoder().compressed(data)


def jpeg(orientation: int) -> bytes:
    plain, flag = cv2.imencode(".jpg", RGB[..., ::-1])[1].tobytes(), b"Exif\0\0" + exif(orientation)
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(flag) + 2) + flag + plain[2:]


def png(orientation: int) -> bytes:
    plain, flag = cv2.imencode(".png", RGB[..., ::-1])[1].tobytes(), b"eXIf" + exif(orientation)
    return plain[:33] + struct.pack(">I", len(flag) - 4) + flag + struct.pack(">I", zlib.crc32(flag)) + plain[33:]


def webp(orientation: int) -> bytes:
    plain, flag = cv2.imencode(".webp", RGB[..., ::-1])[1].tobytes()[12:], exif(orientation)
    if plain[:4] == b"VP8X":
        plain = plain[18:]
    size = struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([8, 0, 0, 0]) + size + plain
    body += b"EXIF" + struct.pack("<I", len(flag)) + flag
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(orientation: int, order: str = "<") -> bytes:
    """Uncompressed, in one strip, as the eleven tags say."""
    tags = [(256, WIDTH), (257, HEIGHT), (258, 8), (259, 1), (262, 2), (273, 146), (274, orientation), (277, 3)]
    tags += [(278, HEIGHT), (279, RGB.size), (284, 1)]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    return head + entries + struct.pack(order + "I", 0) + RGB.tobytes()


FLAGGED = pytest.mark.parametrize("write", [jpeg, png, webp, tiff, lambda flag: tiff(flag, ">")])
ORIENTATIONS = pytest.mark.parametrize("orientation", range(1, 9))


@FLAGGED
@ORIENTATIONS
def test_a_camera_s_image_is_as_the_sensor_wrote_it_whatever_its_flag(write: Any, orientation: int) -> None:
    data = write(orientation)
    for given_as in (data, np.frombuffer(data, np.uint8), array.array("B", data)):
        rgb = Decoder().compressed(given_as)
        assert rgb.shape == RGB.shape
        for corner in (np.s_[3:9, 4:12], np.s_[15:21, 4:12], np.s_[3:9, 20:28], np.s_[15:21, 20:28]):
            assert np.abs(rgb[corner].astype(int) - RGB[corner]).max() <= 12


@ORIENTATIONS
def test_the_size_is_that_of_the_sensor_whatever_the_orientation(orientation: int) -> None:
    assert image_size(SimpleNamespace(data=jpeg(orientation), format="")) == (WIDTH, HEIGHT)


# As far as OpenCV does: 4.6 turns no WebP, 4.5 no PNG either.
@pytest.mark.parametrize("write", [jpeg, tiff] if cv2.__version__.startswith("4.5.") else [jpeg, png, tiff])
@ORIENTATIONS
def test_an_image_file_is_turned_as_its_flag_says(write: Any, orientation: int) -> None:
    upright = [RGB, RGB[:, ::-1], RGB[::-1, ::-1], RGB[::-1]]
    upright += [image.swapaxes(0, 1) for image in (RGB, RGB[::-1], RGB[::-1, ::-1], RGB[:, ::-1])]
    rgb, expected = decode_file(write(orientation)), upright[orientation - 1]
    assert rgb.shape == expected.shape
    assert np.abs(rgb.astype(int) - expected).mean() < 10


@given(st.binary(max_size=300))
def test_compressed_rubbish_is_an_image_error(data: bytes) -> None:
    for prefix in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"):
        with pytest.raises(ImageError, match="undecodable"):
            Decoder().compressed(prefix + data)


def test_half_a_jpeg_is_read_or_refused_but_never_more() -> None:
    whole = cv2.imencode(".jpg", RGB)[1].tobytes()
    try:
        assert decode_file(whole[: len(whole) // 2]).shape == RGB.shape
    except ImageError as error:
        assert error.cause == "undecodable"


def test_a_small_file_that_promises_a_huge_picture_allocates_nothing() -> None:
    code = r"""
import resource, struct, zlib
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.images import decode_file
part = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
header = part(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
png = b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(bytes(9_000_000))) + part(b"IEND", b"")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_file(png)
except ImageError as error:
    print(error.cause, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    cause, kilobytes = told.rsplit(maxsplit=1)
    assert cause == "undecodable"
    assert int(kilobytes) < 100_000


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_jpeg_that_is_cut_off_is_refused_whatever_its_preview(share: float) -> None:
    """Some versions of OpenCV give the upper part, and grey below it."""
    plain = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))[1].tobytes()
    preview = jpeg(1)
    whole = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview + plain[2:]
    assert Decoder().compressed(whole).shape == (64, 64, 3)
    begun = len(whole) - len(plain)
    with pytest.raises(ImageError, match="no complete JPEG"):
        Decoder().compressed(whole[: begun + round(share * len(plain))])


@pytest.mark.parametrize("after", [bytes(1000), b"\0\0\0\x18ftypmp42\xff\xda\xff"])
def test_what_a_camera_appends_to_a_jpeg_is_no_fault(after: bytes) -> None:
    assert Decoder().compressed(jpeg(1) + after).shape == (HEIGHT, WIDTH, 3)
