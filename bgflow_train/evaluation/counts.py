# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a model does to every picture of a set, counted; a run that was killed goes on where it was."""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_rooms.nyu40 import CLASSES
from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_ros.segmentation.segmenter import Segmentation, Segmenter
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, Dataset, Sample
from bgflow_train.data.classes import ClassLabels
from bgflow_train.evaluation.breakdown import band, class_counts
from bgflow_train.evaluation.metrics import histogram

__all__ = ["Tally", "tally"]

PERIOD = 5.0
"""Seconds of work that a kill costs at most."""


class Tally(NamedTuple):
    """Counts of pixels, a picture each."""

    logits: npt.NDArray[np.int64]
    """pictures x 2 x bins, see `metrics.histogram`."""
    masks: npt.NDArray[np.int64]
    """pictures x 6: foreground and background; of the one, outside the foreground mask and in the static mask; of the
    other, in the foreground mask and in the static mask."""
    band_logits: npt.NDArray[np.int64]
    """The same as `logits`, of the pixels in `breakdown.band` alone."""
    band_masks: npt.NDArray[np.int64]
    """The same as `masks`, of these pixels alone."""
    classes: npt.NDArray[np.int64]
    """pictures x 2 x (void and classes), see `breakdown.class_counts`; 0 where no classes were given."""


def tally(segmenter: Segmenter, dataset: Dataset, cache: Path, classes: ClassLabels | None = None) -> Tally:
    """Segment every picture, by the very code that runs on the robot, and count.

    Args:
        segmenter: of the model.
        dataset: whose pictures.
        cache: folder for what is done so far; a run that ends leaves nothing there.
        classes: of these pictures.
    """
    data = dataset.digest(), classes and classes.digest()
    model, runtime = segmenter.model, segmenter.runtime
    run = (__version__, Tally._fields, model.sha256, *segmenter.thresholds, runtime.device, runtime.precision, *data)
    path = cache / f"tally-{hashlib.sha256(repr(run).encode()).hexdigest()[:24]}.npz"
    count: Callable[[Segmenter, Sample], Tally]
    count = _count if classes is None else functools.partial(_count, classes=classes)
    counted = _load(path)
    saved = time.monotonic()
    rest = itertools.islice(dataset, len(counted), None)
    for sample in tqdm(rest, f"evaluate {dataset.name}", len(dataset), unit="picture", initial=len(counted)):
        counted.append(count(segmenter, sample))
        if time.monotonic() - saved > PERIOD:
            _save(path, counted)
            saved = time.monotonic()
    path.unlink(missing_ok=True)
    return _stack(counted)


def _count(segmenter: Segmenter, sample: Sample, classes: ClassLabels | None = None) -> Tally:
    """Count one picture."""
    labels = None if classes is None else classes.of(sample)
    found = segmenter(sample.rgb)
    near = np.where(band(sample.mask), sample.mask, np.uint8(VOID))
    return Tally(
        histogram(found.logit, sample.mask),
        _held(found, sample.mask),
        histogram(found.logit, near),
        _held(found, near),
        np.zeros((2, CLASSES + 1), np.int64) if labels is None else class_counts(labels, found.foreground),
    )


def _held(found: Segmentation, mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    foreground, background = mask == FOREGROUND, mask == BACKGROUND
    held = (
        foreground,
        background,
        foreground & (found.foreground == 0),
        foreground & (found.static != 0),
        background & (found.foreground != 0),
        background & (found.static != 0),
    )
    return np.array([pixels.sum() for pixels in held], np.int64)


def _stack(counted: list[Tally]) -> Tally:
    return Tally(*map(np.stack, zip(*counted, strict=True)))


def _load(path: Path) -> list[Tally]:
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as file:
        return list(map(Tally, *(file[name].astype(np.int64) for name in Tally._fields)))


def _save(path: Path, counted: list[Tally]) -> None:
    file = io.BytesIO()
    # Half as wide: a picture has fewer pixels, and compression is what takes the time.
    np.savez_compressed(file, **{name: counts.astype(np.int32) for name, counts in _stack(counted)._asdict().items()})
    write_atomically(path, file.getvalue())
