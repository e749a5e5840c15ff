# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets: each takes bytes and raises only the errors that its callers expect."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import atheris

with atheris.instrument_imports(include=["bgflow_ros", "rosbags", "yaml", "jsonschema"]):
    import cv2
    import numpy as np
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    from bgflow_ros.media.frames import MediaError
    from bgflow_ros.media.rosbag.recording import Recording
    from bgflow_ros.media.rosbag.source import Bag
    from bgflow_ros.media.rosbag.topics import choose_topics
    from bgflow_ros.segmentation import depth, images
    from bgflow_ros.segmentation.errors import ImageError
    from bgflow_ros.segmentation.model import Model, ModelError

__all__ = ["TARGETS", "Target"]

STORE = get_typestore(Stores.LATEST)
MANIFEST = b"""
format: 1
name: tiny
file: model.onnx
sha256: %064x
input: {width: 128, height: 96}
stride: 8
thresholds:
  foreground: {likelihood: 0.4, level: 0.05, guarantee: none}
  static: {likelihood: 0.7, level: 0.01, guarantee: none}
encoder: {}
layers: []
training: {}
calibration: {}
metrics: {}
"""
SIZES = (0, 1, 2, 3, 4, 6, 8, 16, 1 << 16, (1 << 25) + 1, (1 << 31) - 1, (1 << 32) - 1)


@dataclass(frozen=True)
class Target:
    """Function that takes bytes from outside, with its seeds."""

    run: Callable[[bytes], object]
    seeds: Callable[[], Iterator[bytes]]
    """Valid inputs to start from."""
    longest: int
    """Greatest length of an input in bytes."""


def message(data: bytes, encodings: tuple[str, ...]) -> Any:
    """Image message made from bytes."""
    provider = atheris.FuzzedDataProvider(data)
    encoding = provider.PickValueInList([*encodings, provider.ConsumeUnicode(8)])
    width, height, step = (
        provider.PickValueInList([provider.ConsumeIntInRange(0, 9), provider.PickValueInList(list(SIZES))])
        for _ in range(3)
    )
    big = provider.ConsumeIntInRange(0, 255)
    return SimpleNamespace(
        encoding=encoding, width=width, height=height, step=step, is_bigendian=big, data=provider.ConsumeBytes(1 << 12)
    )


def image(data: bytes) -> None:
    made = message(data, tuple(images.ENCODINGS))
    with contextlib.suppress(ImageError):
        rgb = images.Decoder().image(made)
        assert rgb.shape == (made.height, made.width, 3)
        assert rgb.dtype == np.uint8


def depth_image(data: bytes) -> None:
    made = message(data, tuple(depth.ENCODINGS))
    with contextlib.suppress(ImageError):
        metres = depth.decode(made)
        assert metres.shape == (made.height, made.width)
        camera = depth.Intrinsics(*np.frombuffer((data * 32)[:32], np.float64).tolist()) if data else None
        mask = np.full(metres.shape, 255, np.uint8)
        with np.errstate(all="ignore"):
            static = depth.static_depth(metres, mask)
            assert static.dtype == metres.dtype
            if camera is not None and camera.fx and camera.fy:
                depth.foreground_points(metres, mask, camera)
                assert depth.organised_points(metres, camera).shape == (*metres.shape, 3)


def compressed(data: bytes) -> None:
    with contextlib.suppress(ImageError):
        rgb = images.Decoder().compressed(data)
        assert rgb.ndim == 3
        assert rgb.shape[2] == 3


def manifest(data: bytes) -> None:
    FOLDER.joinpath("manifest.yaml").write_bytes(data)
    with contextlib.suppress(ModelError):
        Model.load(FOLDER)


def bag(suffix: str) -> Callable[[bytes], None]:
    """Bag with one file of the given bytes."""

    def run(data: bytes) -> None:
        file = FOLDER / f"bag{suffix}"
        file.write_bytes(data)
        with contextlib.suppress(MediaError), Recording(file) as recording:
            choose_topics(recording, None, None)
        with contextlib.suppress(MediaError):
            for frame in Bag(file).frames():
                assert frame.rgb.shape[2] == 3

    return run


def no_pictures() -> Iterator[bytes]:
    yield bytes(64)
    yield bytes(range(256))


def pictures() -> Iterator[bytes]:
    picture = np.arange(16 * 12 * 3, dtype=np.uint8).reshape(12, 16, 3)
    for extension in (".jpg", ".png", ".bmp", ".webp", ".tiff"):
        yield cv2.imencode(extension, picture)[1].tobytes()


def manifests() -> Iterator[bytes]:
    yield MANIFEST % 0
    yield b"a: &a [x, x]\nb: *a\n"


def bags(storage: StoragePlugin, suffix: str) -> Callable[[], Iterator[bytes]]:
    def seeds() -> Iterator[bytes]:
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / "bag"
            with Writer(path, version=9, storage_plugin=storage) as writer:
                kind = STORE.types["sensor_msgs/msg/Image"]
                time = STORE.types["builtin_interfaces/msg/Time"](sec=1, nanosec=2)
                header = STORE.types["std_msgs/msg/Header"](stamp=time, frame_id="optical")
                to = writer.add_connection("/image", kind.__msgtype__, typestore=STORE)
                for number in range(3):
                    picture = np.full(8 * 6 * 3, number, np.uint8)
                    made = kind(header, 6, 8, "rgb8", 0, 24, picture)
                    writer.write(to, number, STORE.serialize_cdr(made, kind.__msgtype__))
            yield next(path.glob(f"*{suffix}")).read_bytes()

    return seeds


# In memory, where there is such a place: every input of these is written to a file.
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))

TARGETS = {
    "image": Target(image, no_pictures, 1 << 12),
    "depth": Target(depth_image, no_pictures, 1 << 12),
    "compressed": Target(compressed, pictures, 1 << 12),
    "manifest": Target(manifest, manifests, 1 << 13),
    "mcap": Target(bag(".mcap"), bags(StoragePlugin.MCAP, ".mcap"), 1 << 14),
    "db3": Target(bag(".db3"), bags(StoragePlugin.SQLITE3, ".db3"), 1 << 16),
}
