# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Growth of the packaged model's time with the size of the camera, and of its throughput with cameras and threads."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bgflow_train.studies.speed import images
from bgflow_train.studies.speed.images import Image
from bgflow_train.studies.speed.measure import measure
from bgflow_train.studies.speed.worker import Job, Worker, WorkerError, started

__all__ = ["measure_growth"]

CAMERA_SIZES = ((320, 240), (640, 480), (1280, 960), (1920, 1080), (3840, 2160))
CAMERAS = (1, 2, 4, 8)
THREADS = (1, 2)


def measure_growth(
    job: Job, shown: Sequence[Image], folder: Path, rounds: int, frames: int, seed: int
) -> dict[str, Any]:
    """Measure one system at every camera size, number of cameras and number of threads.

    Args:
        job: system to measure; its images and threads are replaced.
        shown: images to measure on.
        folder: folder for the images that the processes read.
        rounds: number of turns of each setting, in random order.
        frames: images in a turn, for each camera.
        seed: seed of the orders.

    Returns:
        JSON-ready: `sizes` with milliseconds per image, `cameras` with images per second of all cameras together.

    Raises:
        WorkerError: the system cannot be loaded, or its process died.
    """
    jobs, settings = {}, {}
    for width, height in CAMERA_SIZES:
        # All processes hold their images at once, and 8 of the largest take 200 MB.
        saved = images.save(images.resized(shown[:8], width, height), folder / f"{width}x{height}.npz")
        for threads in THREADS:
            name = f"{width}x{height}, {threads}"
            jobs[name] = replace(job, images=saved, threads=threads)
            settings[name] = {"width": width, "height": height, "threads": threads}
    measured, failed = measure(jobs, rounds, frames, seed, "camera sizes")
    for message in failed.values():
        raise WorkerError(message)
    sizes = []
    for name, setting in settings.items():
        wall = measured[name].milliseconds("wall")
        sizes.append(setting | {"median_ms": float(np.median(wall)), "p95_ms": float(np.percentile(wall, 95))})
    return {"sizes": sizes, "cameras": _cameras(job, rounds, frames, seed)}


def _cameras(job: Job, rounds: int, frames: int, seed: int) -> list[dict[str, Any]]:
    """Measure images per second of 1 to 8 concurrent processes, whose cameras always have the next image ready."""
    rng = random.Random(seed)
    settings = [(threads, cameras) for threads in THREADS for cameras in CAMERAS]
    rates: dict[tuple[int, int], list[float]] = {setting: [] for setting in settings}
    with contextlib.ExitStack() as stack:
        loaded = tqdm(total=len(THREADS) * max(CAMERAS), desc="cameras: load", leave=False, unit="process")
        workers: dict[int, list[Worker]] = {threads: [] for threads in THREADS}
        for threads in THREADS:
            for _ in range(max(CAMERAS)):
                workers[threads].append(stack.enter_context(started(Worker(replace(job, threads=threads)))))
                loaded.update()
        loaded.close()
        with tqdm(total=rounds * len(settings), desc="cameras", unit="turn") as bar:
            for _ in range(rounds):
                for threads, cameras in rng.sample(settings, len(settings)):
                    busy = workers[threads][:cameras]
                    _together(busy, 1)  # warms up
                    rates[threads, cameras].append(cameras * frames / _together(busy, frames))
                    bar.update()
    return [
        {
            "cameras": cameras,
            "threads": threads,
            "images_per_second": float(np.median(found)),
            "range": [min(found), max(found)],
        }
        for (threads, cameras), found in rates.items()
    ]


def _together(workers: Sequence[Worker], frames: int) -> float:
    """Return the seconds until all workers have processed this number of images."""
    begin = time.perf_counter()
    for worker in workers:
        worker.begin(0, frames, warm_up=False)
    for worker in workers:
        worker.end()
    return time.perf_counter() - begin
