# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random changes of camera, lens and light, and of objects in the scene, for the training of the default model.

The paper only flips, rescales and brightens (augment.py), which does not prepare a network for other cameras than
NYU's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bgflow_ros.segmentation.letterbox import FILL
from bgflow_train.data import Sample

__all__ = ["CONSTANTS", "jitter_geometry", "jitter_light", "paste_objects", "scatter_shapes"]

Image = npt.NDArray[np.float32]

SCALE = (0.75, 1.8)
"""Range of factors on the size that the image has in the canvas."""
STRETCH = 0.15
"""Largest logarithm of the ratio between the scales of both axes."""
TILT = 3.0
"""Standard deviation of the rotation, in degrees; half of the images are rotated."""
MOST_PASTED = 0.5
"""Largest share of the crop that pasted objects may cover."""
SHAPES = (0.005, 0.12)
"""Approximate range of the share of the crop that a random shape covers."""
STANDS_OUT = 20.0
"""Mean difference in grey levels from the covered pixels below which a shape is left out as invisible."""
CHANCE = {
    "exposure": 0.2,
    "gamma": 0.8,
    "white balance": 0.7,
    "contrast": 0.8,
    "grey": 0.12,
    "saturation": 0.48,
    "blur": 0.15,
    "motion": 0.08,
    "coarse": 0.1,
    "noise": 0.2,
    "falloff": 0.15,
    "jpeg": 0.15,
}
"""Probability of each change."""
CONSTANTS = {
    "scale": list(SCALE),
    "stretch": STRETCH,
    "tilt": TILT,
    "pasted": MOST_PASTED,
    "shapes": [*SHAPES, STANDS_OUT],
    "chance": CHANCE,
}
"""Constants of the code that jittered images depend on."""


def jitter_geometry(
    sample: Sample, scale: float, width: int, height: int, void: int, rng: np.random.Generator
) -> Sample:
    """Scale, stretch, rotate, flip and crop an image and its labels.

    Args:
        sample: The image; its mask may hold any labels.
        scale: Scale from the image to the network's canvas.
        width: Width of the crop in pixels.
        height: Height of the crop in pixels; grey and void fill it where the image does not reach.
        void: Label of unlabelled pixels.
        rng: Source of all random choices.
    """
    size = width, height
    factor = scale * math.exp(rng.uniform(*np.log(SCALE)))
    stretch = math.exp(rng.uniform(-STRETCH, STRETCH) / 2)
    tilt = math.radians(rng.normal(0, TILT)) if rng.random() < 0.5 else 0.0
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    matrix = turn @ np.diag([factor * stretch * mirror, factor / stretch])
    side = np.array(sample.mask.shape[::-1])
    # The crop may lie anywhere, but extends no further beyond the image than necessary.
    reach = np.array(size) / (factor * stretch, factor / stretch) / 2
    middle = rng.uniform(np.minimum(reach, side / 2), np.maximum(side - reach, side / 2))
    move = np.array(size) / 2 - matrix @ middle
    labels = cv2.warpAffine(
        sample.mask, np.column_stack([matrix, move]), size, flags=cv2.INTER_NEAREST, borderValue=(void,)
    )
    rgb: npt.NDArray[Any] = sample.rgb
    shrink = int(0.75 / factor)
    if shrink > 1:
        # Sampling every few pixels without averaging first would cause aliasing that no camera shows.
        small = [max(2, side // shrink) for side in rgb.shape[1::-1]]  # OpenCV 4.5 cannot warp a single pixel
        rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        move = move + matrix @ np.full(2, (shrink - 1) / 2)
        matrix = matrix * shrink
    rgb = cv2.warpAffine(rgb, np.column_stack([matrix, move]), size, flags=cv2.INTER_LINEAR, borderValue=(FILL,) * 3)
    return Sample(np.asarray(rgb, np.uint8), np.asarray(labels, np.uint8), sample.id)


def paste_objects(sample: Sample, other: Sample, background: Sequence[int], rng: np.random.Generator) -> Sample:
    """Paste the objects of one or two classes of another image, as outliers in an unrelated scene.

    Args:
        sample: The image; its mask holds classes, with 0 for unlabelled pixels.
        other: The other image, of the same size.
        background: Classes that are never pasted.
        rng: Source of all random choices.
    """
    kinds = np.setdiff1d(other.mask, (0, *background))
    if not len(kinds):
        return sample
    chosen = rng.choice(kinds, min(len(kinds), int(rng.integers(1, 3))), replace=False)
    covered = np.isin(other.mask, chosen)
    if covered.mean() > MOST_PASTED:
        return sample
    rgb = np.where(covered[..., None], other.rgb, sample.rgb)
    return Sample(rgb, np.where(covered, other.mask, sample.mask), sample.id)


def scatter_shapes(sample: Sample, other: Sample, label: int, rng: np.random.Generator) -> Sample:
    """Add one to three random shapes of no class, in unusual colours and patterns.

    They teach the network that an object is whatever does not belong to the room, even if it has never been seen.

    Args:
        sample: The image; its mask holds classes.
        other: Image of the same size that the patterns are taken from.
        label: Label of the shapes in the mask.
        rng: Source of all random choices.
    """
    rgb, mask = sample.rgb.copy(), sample.mask.copy()
    for _ in range(int(rng.integers(1, 4))):
        covered = _shape(mask.shape, rng)
        pattern = _pattern(other.rgb, rng)
        if covered.any() and np.abs(pattern[covered] - rgb[covered]).mean() >= STANDS_OUT:
            edge = np.asarray(cv2.GaussianBlur(covered.astype(np.float32), (0, 0), rng.uniform(0.3, 0.9)))[..., None]
            rgb = np.asarray(rgb + edge * (pattern - rgb), np.uint8)
            mask[covered] = label
    return Sample(rgb, mask, sample.id)


def _shape(size: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Draw a filled closed curve of random size and position, from a disc to a star or a stick, height x width."""
    height, width = size
    angles = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    radius = np.ones_like(angles)
    for wave in range(2, 7):
        radius += rng.normal(0, 0.5 / wave) * np.cos(wave * angles + rng.uniform(0, 2 * math.pi))
    radius = np.maximum(radius, 0.15)
    stretch, turn = math.exp(rng.normal(0, 0.5)), rng.uniform(0, math.pi)
    area = math.exp(rng.uniform(*np.log(SHAPES))) * height * width
    x, y = radius * np.cos(angles) * stretch, radius * np.sin(angles) / stretch
    curve = np.column_stack([x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)])
    curve = curve * math.sqrt(area / math.pi) + rng.uniform(0, 1, 2) * (width, height)
    filled = np.zeros((height, width), np.uint8)
    cv2.fillPoly(filled, [np.round(curve).astype(np.int32)], 1)
    return filled > 0


def _pattern(rgb: npt.NDArray[np.uint8], rng: np.random.Generator) -> Image:
    """Draw a pattern, H x W x 3: a part of an image, possibly enlarged, recoloured and lit from one side."""
    height, width = rgb.shape[:2]
    zoom = math.exp(rng.uniform(0, 2.5))
    part = [max(4, int(side / zoom)) for side in (height, width)]
    top, left = (int(rng.integers(0, side - cut + 1)) for side, cut in zip((height, width), part, strict=True))
    x = cv2.resize(rgb[top : top + part[0], left : left + part[1]], (width, height)).astype(np.float32)
    x = x[..., rng.permutation(3)]
    x = (x - x.mean()) * rng.uniform(0.2, 1.5) + rng.uniform(20, 235) + rng.uniform(-60, 60, 3)
    x = x * (1 + rng.uniform(0, 1.0) * _ramp((height, width), rng.uniform(0, 2 * math.pi)))
    return np.asarray(np.clip(x, 0, 255), np.float32)


def jitter_light(sample: Sample, rng: np.random.Generator) -> Sample:
    """Change exposure, white balance, lens and sensor of an image at random."""
    happens = {name: rng.random() < chance for name, chance in CHANCE.items()}
    x: Image = sample.rgb.astype(np.float32)
    if happens["exposure"]:
        # A twelfth of the light to three times as much, before the camera's gamma: nights, and overexposed windows.
        x = np.asarray(np.minimum(255, x * math.exp(rng.uniform(-2.5, 1.1) / 2.2)), np.float32)
    if happens["gamma"]:
        x = np.asarray(255 * (x / 255) ** math.exp(rng.uniform(-0.5, 0.5)), np.float32)
    if happens["white balance"]:
        x = x * np.exp(rng.uniform(-0.25, 0.25, 3)).astype(np.float32)
    if happens["contrast"]:
        mean = float(x.mean())
        x = (x - mean) * math.exp(rng.uniform(-0.5, 0.4)) + mean + rng.uniform(-35, 35)
    grey = x.mean(2, keepdims=True)
    if happens["grey"]:
        x = np.repeat(grey, 3, 2)
    elif happens["saturation"]:
        x = grey + (x - grey) * rng.uniform(0.3, 1.6)
    if happens["blur"]:
        x = np.asarray(cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6)), np.float32)
    if happens["motion"]:
        x = _motion_blur(x, int(rng.integers(3, 9)), rng.uniform(0, 180))
    if happens["coarse"]:
        height, width = x.shape[:2]
        small = [max(1, int(side * rng.uniform(0.35, 0.8))) for side in (width, height)]
        x = np.asarray(cv2.resize(cv2.resize(x, small, interpolation=cv2.INTER_AREA), (width, height)), np.float32)
    if happens["noise"]:
        channels = 3 if rng.random() < 0.5 else 1
        x = x + rng.normal(0, rng.uniform(2, 12), (*x.shape[:2], channels)).astype(np.float32)
    if happens["falloff"]:
        x = x * (1 + rng.uniform(0.3, 1.2) * _ramp(x.shape[:2], rng.uniform(0, 2 * math.pi)))
    clipped = np.clip(x, 0, 255).astype(np.uint8)
    if happens["jpeg"]:
        coded = cv2.imencode(".jpg", clipped, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 70))])[1]
        clipped = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return sample._replace(rgb=clipped)


def _motion_blur(x: Image, length: int, degrees: float) -> Image:
    """Blur along a line of `length` pixels at an angle of `degrees`."""
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), degrees, 1)
    kernel = cv2.warpAffine(line, turn, (length, length))
    return np.asarray(cv2.filter2D(x, -1, kernel / kernel.sum()), np.float32)


def _ramp(shape: tuple[int, int], angle: float) -> Image:
    """Compute a linear ramp over the image from -0.7 to 0.7 at most, height x width x 1."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    ramp = math.cos(angle) * (x / shape[1] - 0.5) + math.sin(angle) * (y / shape[0] - 0.5)
    return np.asarray(ramp[..., None], np.float32)
