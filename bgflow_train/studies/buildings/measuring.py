# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurement of a model before and after its adaptation to a building."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from bgflow_ros.media.frames import Failures
from bgflow_ros.media.posed_recording import PosedDepth, PosedRecording
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.adaptation.adapting import FALSE_ALARMS, adapt
from bgflow_train.adaptation.checks import AdaptationError
from bgflow_train.data import VOID
from bgflow_train.evaluation.mask_counts import MaskCounts
from bgflow_train.evaluation.metrics import histogram, measure
from bgflow_train.studies.buildings.building import Building, labelled, read_rgb

__all__ = ["AFTER", "BEFORE", "EMPTIED", "PLANES", "WAYS", "measure_building", "measure_images"]

BEFORE, AFTER, PLANES, EMPTIED = (
    "before",
    "after a drive",
    "after a drive with depth and poses",
    "after a drive through empty rooms",
)
WAYS = (BEFORE, AFTER, PLANES, EMPTIED)
"""Ways to adapt a model, the first of which is not to."""

Labelled = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Image, H x W x 3, and mask, H x W."""


def measure_images(model: Model, images: Iterable[Labelled], advance: Callable[[], Any]) -> dict[str, float]:
    """Measure a model on labelled images, JSON-ready: ranking, and what the default masks hold."""
    segmenter = Segmenter(model, "cpu", precision="float32")
    counts: Any = 0
    pixels = []
    for image, mask in images:
        found = segmenter(image)
        known = mask != VOID
        counts = counts + histogram(found.logit[known], mask[known])
        pixels.append(MaskCounts.of_image(found, mask))
        advance()
    metrics, shares = measure(counts), MaskCounts.of_images(np.array(pixels)).shares()
    return {
        "auroc": metrics.auroc,
        "fpr95": metrics.fpr95,
        "foreground_missed": shares["foreground_missed"],
        "background_taken": shares["background_taken_for_foreground"],
        "foreground_static": shares["foreground_taken_for_static"],
        "background_static": shares["background_found_static"],
    }


def measure_building(
    building: Building, model: Model, home: Callable[[Model], dict[str, float] | None], advance: Callable[[], Any]
) -> dict[str, Any]:
    """Measure a building, JSON-ready.

    Args:
        building: The building.
        model: The model to adapt.
        home: Measures an adapted model on other images.
        advance: Called after each image.

    Returns:
        For each way of adapting the measurement there and at home, and what the manifest would say; or, under
        `refused`, why the model was not adapted.
    """

    def measured(one: Model) -> dict[str, float]:
        return measure_images(one, map(labelled, building.measured), advance)

    found: dict[str, Any] = {BEFORE: {"there": measured(model)}}
    frames = [] if building.recording is None else list(PosedRecording(building.recording).frames(Failures()))
    drives: dict[str, tuple[list[npt.NDArray[np.uint8]], list[PosedDepth]]] = {
        AFTER: (list(map(read_rgb, building.furnished)), []),
        PLANES: ([rgb for _, rgb, _ in frames], [view for *_, view in frames]),
        EMPTIED: (list(map(read_rgb, building.empty)), []),
    }
    for name, (images, views) in drives.items():
        if not images:
            continue
        try:
            adapted = adapt(model, images, name == EMPTIED, FALSE_ALARMS, lambda: None, views)
        except AdaptationError as error:
            found[name] = {"refused": str(error)}
            continue
        found[name] = {"there": measured(adapted.model), "home": home(adapted.model), "adapted": adapted.record}
    return found
