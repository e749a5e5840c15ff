# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images, and what the masks make of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bgflow_ros.segmentation.depth import (
    ENCODINGS,
    Intrinsics,
    decode,
    foreground_points,
    organised_points,
    static_depth,
)
from bgflow_ros.segmentation.errors import ImageError

CAMERA = Intrinsics(fx=50.0, fy=60.0, cx=3.5, cy=2.5)


def message(depth: np.ndarray, name: str, padding: int = 0, big: bool = False, **changes: Any) -> Any:
    rows = depth.astype(depth.dtype.newbyteorder(">" if big else "<")).view(np.uint8).reshape(depth.shape[0], -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xEE)
    fields = {
        "encoding": name,
        "width": depth.shape[1],
        "height": depth.shape[0],
        "step": rows.shape[1],
        "is_bigendian": int(big),
        "data": rows.tobytes(),
    }
    return SimpleNamespace(**(fields | changes))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("padding", [0, 3])
def test_depth_is_read_whatever_its_memory_looks_like(encoding: str, big: bool, padding: int) -> None:
    depth = np.arange(6 * 8).reshape(6, 8).astype(ENCODINGS[encoding]) * 257
    found = decode(message(depth, encoding, padding, big))
    assert found.dtype == ENCODINGS[encoding]
    np.testing.assert_array_equal(found, depth)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"encoding": "rgb8"}, "unknown depth encoding"),
        ({"width": 0}, "depth: zero size"),
        ({"step": 15}, "depth: wrong step"),
        ({"data": b"1234"}, "depth: truncated data"),
        ({"width": 1 << 20, "height": 1 << 20}, "depth: oversized"),
    ],
)
def test_what_is_no_depth_is_refused_by_cause(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(ImageError, match=cause) as refused:
        decode(message(np.zeros((6, 8), np.uint16), "16UC1", **changes))
    assert refused.value.cause == cause


@pytest.mark.parametrize(("kind", "invalid"), [(np.uint16, 0), (np.float32, np.nan)])
def test_what_is_not_static_becomes_invalid_as_rep_118_says(kind: type, invalid: float) -> None:
    depth = np.arange(1, 49).reshape(6, 8).astype(kind)
    before, static = depth.copy(), np.zeros((6, 8), np.uint8)
    static[:, 5:] = 255
    found = static_depth(depth, static)
    assert found.dtype == kind
    np.testing.assert_array_equal(found[:, 5:], depth[:, 5:])
    np.testing.assert_array_equal(found[:, :5], np.full((6, 5), invalid, kind))
    np.testing.assert_array_equal(depth, before)


ODD = st.sampled_from([0.0, -1.0, np.nan, np.inf, -np.inf, 0.5, 2.0, 9.75])


@given(hnp.arrays(np.float32, (6, 8), elements=ODD), hnp.arrays(np.uint8, (6, 8), elements=st.sampled_from([0, 255])))
def test_points_are_the_foreground_that_has_depth_and_project_back(depth: np.ndarray, foreground: np.ndarray) -> None:
    points = foreground_points(depth, foreground, CAMERA)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    v, u = np.nonzero((foreground > 0) & np.isfinite(depth) & (depth > 0))
    assert len(points) == len(v)
    np.testing.assert_allclose(points[:, 0] / points[:, 2] * CAMERA.fx + CAMERA.cx, u, atol=1e-3)
    np.testing.assert_allclose(points[:, 1] / points[:, 2] * CAMERA.fy + CAMERA.cy, v, atol=1e-3)
    np.testing.assert_array_equal(points[:, 2], depth[v, u])


@given(hnp.arrays(np.float32, (6, 8), elements=ODD))
def test_an_organised_cloud_has_the_same_points_each_at_its_pixel(depth: np.ndarray) -> None:
    cloud, everywhere = organised_points(depth, CAMERA), np.full((6, 8), 255, np.uint8)
    assert (cloud.shape, cloud.dtype) == ((6, 8, 3), np.float32)
    known = np.isfinite(depth) & (depth > 0)
    assert np.isnan(cloud[~known]).all()
    np.testing.assert_array_equal(cloud[known], foreground_points(depth, everywhere, CAMERA))


def test_millimetres_become_metres() -> None:
    depth = np.full((6, 8), 1500, np.uint16)
    points = foreground_points(depth, np.full((6, 8), 255, np.uint8), CAMERA)
    np.testing.assert_allclose(points[:, 2], 1.5)
    np.testing.assert_array_equal(organised_points(depth, CAMERA).reshape(-1, 3), points)
