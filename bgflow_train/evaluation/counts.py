# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that counts what a system does to each image of a data set, and that continues after a kill.

A system turns an image into counts of its pixels. What it is and what it counts differs (the model as it runs on the
robot, a fit, the paper's systems), the loop around it does not: each image's counts are kept on disk until the whole
set has been counted.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bgflow_ros import __version__
from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.data import IndexedDataset, Sample

__all__ = ["Counts", "System", "count", "count_images"]

Counts = npt.NDArray[np.int64]


class System(Protocol):
    """A system under measurement."""

    @property
    def identity(self) -> object:
        """Everything that the counts depend on besides the data set.

        Systems of one class share their counts if the `repr` of their identities is the same, also across processes.
        """

    def count(self, sample: Sample) -> Mapping[str, Counts]:
        """Count the pixels of one image.

        Returns:
            Arrays of counts by name, with the same names and shapes for every image.
        """


def count(system: System, dataset: IndexedDataset, cache: Path, keep: bool = False) -> dict[str, Counts]:
    """Count the pixels of every image of a data set.

    Args:
        system: The system to measure.
        dataset: The labelled images.
        cache: Folder for the counts of a run that is not finished. The same call continues such a run.
        keep: Also keep the finished counts in `cache`, so that the same call reads them instead of counting again.

    Returns:
        The system's arrays by name, stacked along a new first axis, images x ....
    """
    path = cache / f"counts-{_key(system, dataset)}.npz"
    if path.exists():
        return _read(path)
    images = list(count_images(system, dataset, cache))
    counts = {name: np.stack([image[name] for image in images]) for name in images[0]}
    if keep:
        _write(path, counts)
    return counts


def count_images(system: System, dataset: IndexedDataset, cache: Path) -> Iterator[dict[str, Counts]]:
    """Count image by image, for arrays that are too large to be kept for all images at once.

    Args:
        system: The system to measure.
        dataset: The labelled images.
        cache: See `count`.

    Yields:
        The system's arrays by name, for each image in the order of the data set.
    """
    folder = cache / f"counting-{_key(system, dataset)}"
    for index in tqdm(range(len(dataset)), f"count {dataset.name}", unit="image"):
        path = folder / f"{index}.npz"
        if not path.exists():
            _write(path, system.count(dataset[index]))
        yield _read(path)
    shutil.rmtree(folder)


def _key(system: System, dataset: IndexedDataset) -> str:
    identity = __version__, type(system).__name__, system.identity, dataset.digest()
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:24]


def _read(path: Path) -> dict[str, Counts]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name].astype(np.int64) for name in file.files}


def _write(path: Path, counts: Mapping[str, Counts]) -> None:
    # No image has 2^31 pixels, and compression takes half the time for half the width.
    arrays: dict[str, Any] = {name: array.astype(np.int32) for name, array in counts.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_atomically(path, file.getvalue())
