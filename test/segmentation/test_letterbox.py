# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgflow_ros.segmentation.letterbox import FILL, Content, fit_content, letterbox, upsample

WIDTH, HEIGHT, STRIDE = 128, 96, 8
sizes = st.integers(min_value=1, max_value=2000)


@given(width=sizes, height=sizes)
def test_the_picture_keeps_its_aspect_ratio_and_touches_two_edges_of_the_canvas(width: int, height: int) -> None:
    content = fit_content(width, height, WIDTH, HEIGHT)
    assert content.width == WIDTH or content.height == HEIGHT
    scale = min(WIDTH / width, HEIGHT / height)
    # To the pixel, and never less than one.
    assert abs(content.width - max(1, width * scale)) <= 0.5
    assert abs(content.height - max(1, height * scale)) <= 0.5


@pytest.mark.parametrize("size", [(1920, 1080), (480, 640), (100, 300), (100, 75), (700, 700), (128, 96)])
def test_a_square_stays_a_square_whatever_the_shape_of_the_picture(size: tuple[int, int]) -> None:
    width, height = size
    side = min(size) // 2
    image = np.zeros((height, width, 3), np.uint8)
    image[:side, :side] = 255
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    content = letterbox(image, canvas)
    bright = canvas[: content.height, : content.width, 0] > 127
    across, down = bright[0].sum(), bright[:, 0].sum()
    assert abs(int(across) - int(down)) <= 1
    assert abs(across - side * content.width / width) <= 1


def test_what_the_picture_does_not_cover_is_grey() -> None:
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    content = letterbox(np.zeros((90, 160, 3), np.uint8), canvas)
    assert content == (128, 72)
    assert (canvas[72:] == FILL).all()
    assert (canvas[:72] == 0).all()


@settings(max_examples=60)
@given(width=st.integers(20, 900), height=st.integers(20, 900))
def test_a_ramp_goes_into_the_grid_and_comes_back_in_place(width: int, height: int) -> None:
    """Cells that hold their own centre's coordinates give each pixel its own coordinates back."""
    content = fit_content(width, height, WIDTH, HEIGHT)
    centres = (np.arange(WIDTH // STRIDE, dtype=np.float32) + 0.5) * STRIDE
    grid = np.broadcast_to(centres, (HEIGHT // STRIDE, WIDTH // STRIDE)).copy()
    back = upsample(grid, content, STRIDE, width, height)
    assert back.shape == (height, width)
    expected = (np.arange(width) + 0.5) * content.width / width
    # Bilinear interpolation repeats the outermost cells beyond their centres, and the whole cells' size in pixels
    # is rounded: half a pixel of the image over its width.
    cells = -(-content.width // STRIDE)
    expected = np.clip(expected, STRIDE / 2, (cells - 0.5) * STRIDE)
    assert np.abs(back - expected).max() <= max(0.51 * content.width / width, 0.6)


def test_the_output_is_contiguous_float32_of_the_picture_s_size() -> None:
    back = upsample(np.zeros((12, 16), np.float32), Content(101, 96), STRIDE, 333, 317)
    assert back.shape == (317, 333)
    assert back.dtype == np.float32
    assert back.flags.c_contiguous


@pytest.mark.parametrize("size", [(1280, 960), (1920, 1080), (641, 481), (1283, 963)])
def test_large_pictures_are_averaged_not_sampled(size: tuple[int, int]) -> None:
    width, height = size
    random = np.random.default_rng(0)
    # Noise that averages out, on a slope that stays.
    slope = np.linspace(60, 190, width)[None, :, None]
    image = np.clip(slope + random.normal(0, 40, (height, width, 3)), 0, 255).astype(np.uint8)
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    content = letterbox(image, canvas)
    seen = canvas[: content.height, : content.width].astype(float)
    expected = cv2.resize(image, content, interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(seen - expected).mean() < 6
    assert np.abs(seen.mean(0) - expected.mean(0)).max() < 4  # in place
