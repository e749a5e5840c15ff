# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds of a model: chosen on rooms that have trained nothing, and what they keep in each source of rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_train.data import IndexedDataset
from bgflow_train.data.registry import open_split
from bgflow_train.data.rendered_rooms import open_rooms
from bgflow_train.evaluation.counts import Counts
from bgflow_train.evaluation.model_counts import count_model
from bgflow_train.evaluation.operating_points import POINTS, OperatingPoint, Source, check, measure, thresholds
from bgflow_train.export.manifest import Manifest
from bgflow_train.export.model_card import write_card
from bgflow_train.export.reporting import evaluation_reports, room_names
from bgflow_train.model.partition import VALIDATE

__all__ = ["Thresholds", "choose_thresholds", "set_thresholds", "with_unseen"]


def with_unseen(validation: Sequence[IndexedDataset], rooms: Path | None) -> list[IndexedDataset]:
    """Add the folder of rendered rooms that no training has seen, if there is one, to the validation images.

    Raises:
        DatasetError: The folder has no rooms.
    """
    return [*validation, *([] if rooms is None else [open_rooms(rooms, "all")])]


class Thresholds:
    """Thresholds chosen on some images, and what they keep there.

    Args:
        counts: For each data set the histograms of its images, images x 2 x bins.
        datasets: The data sets.
        seed: Seed of the random splits.

    Raises:
        DatasetError: There are too few rooms, or the scores are too bad.
    """

    def __init__(self, counts: Sequence[Counts], datasets: Sequence[IndexedDataset], seed: int) -> None:
        self.counts = list(counts)
        """See the argument."""
        sources = [
            Source(part, room_names([dataset]), dataset.name.startswith("rooms/"))
            for part, dataset in zip(counts, datasets, strict=True)
        ]
        self.likelihoods = thresholds(sources)
        """Likelihood by mask."""
        self.entry = {
            mask: {
                "likelihood": self.likelihoods[mask],
                "level": point.level,
                "guarantee": _guarantee(point, sources, datasets),
            }
            for mask, point in POINTS.items()
        }
        """The manifest's entry `thresholds`."""
        self.calibration: dict[str, Any] = {
            "operating_points_on_1000_splits": {mask: check(sources, point, seed) for mask, point in POINTS.items()},
            "operating_points_by_source": {
                dataset.name: {"pictures": len(dataset), "sha256": dataset.digest()}
                | {mask: measure(source, point, self.likelihoods[mask]) for mask, point in POINTS.items()}
                for source, dataset in zip(sources, datasets, strict=True)
            },
        }
        """What the manifest says of them under `calibration`."""

    def of(self, model: Model) -> Model:
        """Give a model these thresholds."""
        foreground, static = self.likelihoods["foreground"], self.likelihoods["static"]
        return replace(model, foreground_threshold=foreground, static_threshold=static)


def _guarantee(point: OperatingPoint, sources: Sequence[Source], datasets: Sequence[IndexedDataset]) -> str:
    numbers = {
        dataset.name: measure(source, point, 0.5)["rooms"]
        for source, dataset in zip(sources, datasets, strict=True)
        if point.rendered or not source.rendered
    }
    rooms = ", ".join(f"{number} of {name}" for name, number in numbers.items())
    return (
        f"conformal risk control over {sum(numbers.values())} rooms ({rooms}): at most {point.level:.0%} "
        f"{point.promise}, in expectation, if that room is exchangeable with these; it ends where the domain changes "
        "and after any post-processing"
    )


def choose_thresholds(
    segmenter: Segmenter, datasets: Sequence[IndexedDataset], cache: Path, seed: int, folds: Sequence[Model] = ()
) -> Thresholds:
    """Segment images and choose thresholds on them.

    Args:
        segmenter: The model.
        datasets: The images.
        cache: Folder for the counts of a run that is not finished.
        seed: Seed of the random splits.
        folds: With cross-fitting, for each fold the model that has not seen it.

    Raises:
        DatasetError: There are too few rooms, or the scores are too bad.
    """
    parts = [Segmenter(model, precision="float32") for model in folds]
    counts = [count_model(segmenter, dataset, cache, folds=parts).logits for dataset in datasets]
    return Thresholds(counts, datasets, seed)


def set_thresholds(folder: Path, data: Path, rooms: Path | None, cache: Path, notes: str = "") -> Manifest:
    """Choose the thresholds of a model folder anew; its graphs stay as they are.

    Args:
        folder: The model folder.
        data: Folder that holds the data sets.
        rooms: See `with_unseen`.
        cache: Folder for the counts of a run that is not finished.
        notes: Markdown to append to the model card.

    Returns:
        The manifest as written.

    Raises:
        DatasetError: Images are missing, there are too few rooms, or the scores are too bad.
    """
    model, manifest = Model.load(folder), Manifest.load(folder)
    manifest.require_unseen()
    seed = manifest.training["recipe"]["seed"]
    unseen = with_unseen([open_split(data, *split) for split in VALIDATE], rooms)
    chosen = choose_thresholds(Segmenter(model, "cpu", precision="float32"), unseen, cache, seed)
    model = chosen.of(model)
    manifest = replace(
        manifest,
        thresholds=chosen.entry,
        calibration=manifest.calibration | chosen.calibration,
        metrics=evaluation_reports(Segmenter(model, "cpu", precision="float32"), data, cache, seed),
    )
    if "int8" in manifest.added:
        metrics = evaluation_reports(Segmenter(model, "cpu", precision="int8"), data, cache, seed)
        manifest = manifest.with_part("int8", manifest.added["int8"] | {"metrics": metrics})
    manifest.write(folder)
    write_card(folder, manifest, notes)
    return manifest
