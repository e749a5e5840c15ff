# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The whole benchmark: writes the systems, measures the machine, the systems, and the growth of the packaged model."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model
from bgflow_train.studies.speed import images
from bgflow_train.studies.speed.growth import measure_growth
from bgflow_train.studies.speed.images import Image
from bgflow_train.studies.speed.limits import Limits, bound, measure_limits
from bgflow_train.studies.speed.machine import machine, versions
from bgflow_train.studies.speed.measure import Measured, measure, ratio
from bgflow_train.studies.speed.operations import Count
from bgflow_train.studies.speed.systems import PACKAGED, System, default_system
from bgflow_train.studies.speed.worker import Job, WorkerError, apart

__all__ = ["FORMAT", "Setting", "benchmark"]

FORMAT = 1
"""Version of the format of the JSON file."""


@dataclass(frozen=True)
class Setting:
    """Settings of a benchmark."""

    rounds: int
    frames: int
    threads: int
    device: str
    seed: int
    growth: bool


def benchmark(systems: Sequence[System], shown: Sequence[Image], source: str, setting: Setting) -> dict[str, Any]:
    """Measure systems on images.

    Args:
        systems: systems to compare.
        shown: RGB images, H x W x 3.
        source: origin of the images, for the report.
        setting: all other settings.

    Returns:
        JSON-ready: machine, versions, model, images, limits, systems, reasons for systems left out, and growth.
    """
    model = Model.load(DEFAULT_MODEL)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        counts, left_out, failed = _write(systems, folder, model, setting)
        # GPU limits are not measured.
        limits = measure_limits(setting.threads, setting.seed) if setting.device == "cpu" else None
        saved = images.save(shown, folder / "images.npz")
        jobs = {
            system.name: Job(system.call, folder / _slug(system), saved, setting.device, setting.threads)
            for system in systems
            if system.name in counts
        }
        measured, broken = measure(jobs, setting.rounds, setting.frames, setting.seed)
        failed |= broken
        preferred = (default_system(setting.device), *PACKAGED, *measured)
        reference = next((name for name in preferred if name in measured), None)
        growth = None
        if setting.growth and reference in PACKAGED:
            try:
                growth = measure_growth(jobs[reference], shown, folder, setting.rounds, setting.frames, setting.seed)
            except WorkerError as error:
                failed["growth"] = str(error)
    rows = [
        _row(system, measured[system.name], measured[reference], counts[system.name], limits)
        for system in systems
        if reference is not None and system.name in measured
    ]
    return {
        "format": FORMAT,
        "machine": machine(),
        "versions": versions(),
        "model": {
            "name": model.name,
            "sha256": model.sha256,
            "int8_sha256": None if model.int8 is None else hashlib.sha256(model.int8).hexdigest(),
        },
        "network_input": [model.width, model.height],
        "pictures": {
            "source": source,
            "number": len(shown),
            "sizes": sorted({f"{image.shape[1]}x{image.shape[0]}" for image in shown}),
            "sha256": images.digest(shown),
        },
        "setting": asdict(setting),
        "limits": None if limits is None else asdict(limits),
        "reference": reference,
        "systems": rows,
        "left_out": left_out,
        "failed": failed,
        "growth": growth,
    }


def _write(
    systems: Sequence[System], folder: Path, model: Model, setting: Setting
) -> tuple[dict[str, Count], dict[str, str], dict[str, str]]:
    """Write each system; return the work of networks, and reasons for systems that were left out or failed."""
    counts: dict[str, Count] = {}
    left_out: dict[str, str] = {}
    failed: dict[str, str] = {}
    bar = tqdm(systems, "write", leave=False, unit="system")
    for system in bar:
        bar.set_postfix_str(system.name)
        if why := system.missing(setting.device):
            left_out[system.name] = why
            continue
        target = folder / _slug(system)
        try:
            counts[system.name] = apart(_written, system, target, model.width, model.height, setting.seed)
        except WorkerError as error:
            failed[system.name] = str(error)
    return counts, left_out, failed


def _written(system: System, folder: Path, width: int, height: int, seed: int) -> Count:
    """Write one system; runs in a separate process."""
    folder.mkdir()
    if system.call.model is None:
        import torch

        torch.manual_seed(seed)
    # Exporters print and warn a lot.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return system.write(folder, width, height, seed)


def _slug(system: System) -> str:
    return system.name.replace(" ", "-")


def _row(
    system: System, measured: Measured, reference: Measured, count: Count, limits: Limits | None
) -> dict[str, Any]:
    wall, network = measured.milliseconds("wall"), float(np.median(measured.milliseconds("network")))
    times, low, high = ratio(measured, reference)
    # No bound without matrix products or convolutions.
    least = (1000 * bound(count.operations, limits) or None) if limits is not None else None
    return {
        "name": system.name,
        "about": system.about,
        "pictures": len(wall),
        "ratio": times,
        "ratio_range": [low, high],
        "median_ms": float(np.median(wall)),
        "p95_ms": float(np.percentile(wall, 95)),
        "network_ms": network,
        "cpu_ms": float(np.mean(measured.milliseconds("cpu"))),
        "peak_mb": measured.peak_bytes / 1e6,
        "load_s": measured.load_seconds,
        "gmac": count.macs / 1e9,
        "gmac_int8": count.macs_int8 / 1e9,
        "mb_moved": count.bytes / 1e6,
        "parameters": count.parameters,
        "nodes_uncounted": count.uncounted,
        "bound_ms": least,
        "gap": None if least is None else network / least,
    }
