# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a model does to every picture of a set, counted; a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import io
import itertools
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros import __version__
from bgflow_ros.files import write_atomically
from bgflow_ros.segmenter import Segmenter
from bgflow_train.datasets import BACKGROUND, FOREGROUND, Dataset, Sample
from bgflow_train.metrics import histogram

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


def tally(segmenter: Segmenter, dataset: Dataset, cache: Path) -> Tally:
    """Segment every picture, by the very code that runs on the robot, and count.

    Args:
        segmenter: of the model.
        dataset: whose pictures.
        cache: folder for what is done so far; a run that ends leaves nothing there.
    """
    run = (__version__, segmenter.model.sha256, *segmenter.thresholds, segmenter.runtime.device, dataset.digest())
    path = cache / f"tally-{hashlib.sha256(repr(run).encode()).hexdigest()[:24]}.npz"
    logits, masks = _load(path)
    saved = time.monotonic()
    rest = itertools.islice(dataset, len(logits), None)
    for sample in tqdm(rest, f"evaluate {dataset.name}", len(dataset), unit="picture", initial=len(logits)):
        counts, held = _count(segmenter, sample)
        logits.append(counts)
        masks.append(held)
        if time.monotonic() - saved > PERIOD:
            _save(path, logits, masks)
            saved = time.monotonic()
    path.unlink(missing_ok=True)
    return Tally(np.stack(logits), np.stack(masks))


def _count(segmenter: Segmenter, sample: Sample) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    found = segmenter(sample.rgb)
    foreground, background = sample.mask == FOREGROUND, sample.mask == BACKGROUND
    held = (
        foreground,
        background,
        foreground & (found.foreground == 0),
        foreground & (found.static != 0),
        background & (found.foreground != 0),
        background & (found.static != 0),
    )
    return histogram(found.logit, sample.mask), np.array([mask.sum() for mask in held], np.int64)


def _load(path: Path) -> tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.int64]]]:
    if not path.exists():
        return [], []
    with np.load(path, allow_pickle=False) as file:
        return list(file["logits"]), list(file["masks"])


def _save(path: Path, logits: list[npt.NDArray[np.int64]], masks: list[npt.NDArray[np.int64]]) -> None:
    file = io.BytesIO()
    np.savez_compressed(file, logits=np.stack(logits), masks=np.stack(masks))
    write_atomically(path, file.getvalue())
