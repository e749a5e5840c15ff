# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The registry of outputs, and the fields and files that their arrays become."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from bgflow_ros.segmentation.encoding import encode_file
from bgflow_ros.segmentation.images import ENCODINGS, Decoder
from bgflow_ros.segmentation.message_fields import image_fields, point_cloud_fields
from bgflow_ros.segmentation.outputs import IMAGE_OUTPUTS, OUTPUTS, OVERLAY, Output
from bgflow_ros.segmentation.refinement import Refiner
from bgflow_ros.segmentation.segmenter import Segmenter

RGB = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)


def named(output: Output) -> str:
    return output.name


@pytest.mark.parametrize("output", OUTPUTS, ids=named)
def test_every_output_is_described_in_a_sentence(output: Output) -> None:
    assert output.topic == f"~/{output.name}"
    assert output.description.endswith(".")
    assert "\n" not in output.description
    assert "|" not in output.description, "it stands in a table"


def test_names_are_unique() -> None:
    assert len({output.name for output in OUTPUTS}) == len(OUTPUTS)
    files = [output.file for output in OUTPUTS if output.file]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("output", IMAGE_OUTPUTS, ids=named)
def test_an_image_output_has_the_array_that_its_encoding_promises(output: Output, segmenter: Segmenter) -> None:
    assert output.pixels is not None
    pixels = output.pixels(Refiner()(segmenter(RGB), 0.0))
    channels = {"mono8": (), "32FC1": (), "rgb8": (3,)}[output.encoding]
    assert pixels.shape == (24, 32, *channels)
    assert pixels.dtype == (np.float32 if output.encoding == "32FC1" else np.uint8)


@pytest.mark.parametrize("output", [output for output in IMAGE_OUTPUTS if output.encoding in ENCODINGS], ids=named)
def test_fields_of_an_image_are_read_back(output: Output, segmenter: Segmenter) -> None:
    assert output.pixels is not None
    pixels = output.pixels(Refiner()(segmenter(RGB), 0.0))
    rgb = Decoder().decode(SimpleNamespace(**image_fields(pixels, output.encoding)))
    np.testing.assert_array_equal(rgb, pixels if output is OVERLAY else np.repeat(pixels[..., None], 3, axis=-1))


def test_an_image_that_is_not_contiguous_is_copied() -> None:
    fields = image_fields(RGB[:, ::2], "rgb8")
    assert (fields["height"], fields["width"], fields["step"]) == (24, 16, 48)
    np.testing.assert_array_equal(fields["data"].reshape(24, 16, 3), RGB[:, ::2])


@pytest.mark.parametrize("number", [0, 5])
def test_points_are_three_float32_each(number: int) -> None:
    def point_field(**fields: Any) -> dict[str, Any]:
        return fields

    points = np.arange(3 * number, dtype=np.float32).reshape(number, 3)
    fields = point_cloud_fields(points, point_field)
    assert [(field["name"], field["offset"]) for field in fields["fields"]] == [("x", 0), ("y", 4), ("z", 8)]
    assert (fields["width"], fields["row_step"]) == (number, 12 * number)
    np.testing.assert_array_equal(fields["data"].view(np.float32).reshape(-1, 3), points)


def test_files_keep_colours_and_numbers() -> None:
    png = cv2.imdecode(np.frombuffer(encode_file(RGB, ".png"), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(png[..., ::-1], RGB)
    assert encode_file(np.zeros((2, 3), np.float32), ".npy").startswith(b"\x93NUMPY")
