# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled images that scores are fitted to, as the backbone sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from bgflow_train.data import Dataset, DatasetError, IndexedDataset, Sample
from bgflow_train.data.canvas import to_canvas
from bgflow_train.data.classes import mask_to_classes
from bgflow_train.data.subsets import evenly_spaced
from bgflow_train.model.labelled_cells import LabelledCells, collect_cells
from bgflow_train.model.scores import DensityScore, HybridScore, Score
from bgflow_train.networks import Layer
from bgflow_train.networks.device import DEVICE
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.training.crops import Source, draw_crop
from bgflow_train.training.recipe import BackboneRecipe, Recipe

__all__ = ["CONSTANTS", "FittingData", "canvases", "min_cells"]

MIN_CELLS = 50
"""Number of background cells of a layer that a density needs at least, and also as many as the layer has channels."""
CROPS = 2000
"""Number of random crops that give the labelled cells of a hybrid flow."""
CROP_CELLS = 120
"""Number of labelled cells of a crop and score at most."""
OUTLIERS = 0.5
"""Probability that a crop gets things of another image, and that it gets shapes of no class."""
STOPPING_IMAGES = 60
"""Number of evenly spaced images of each data set that stop the training of a flow."""


CONSTANTS = {"crops": [CROPS, CROP_CELLS, OUTLIERS], "stopping": STOPPING_IMAGES}
"""Constants of the code that the labelled cells depend on."""


def min_cells(layer: Layer) -> int:
    """Tell the number of cells of a layer below which no density is fitted: fewer than channels have no covariance."""
    return max(MIN_CELLS, layer.channels)


def canvases(recipe: Recipe, sets: Sequence[Dataset], label: str) -> Iterator[tuple[Tensor, Sample]]:
    """Read the images of data sets as the network sees them.

    Args:
        recipe: Defines the size of the canvas.
        sets: The data sets.
        label: Purpose of the pass over the images, for the progress bar.

    Yields:
        The image, 1 x H x W x 3 of uint8 on the device, and the sample with image and mask of the canvas.
    """
    for dataset in sets:
        for sample in tqdm(dataset, desc=f"{label} {dataset.name}", unit="image"):
            canvas, mask = to_canvas(sample, recipe.width, recipe.height)
            yield torch.from_numpy(canvas).to(DEVICE)[None], Sample(canvas, mask, sample.id)


class FittingData:
    """The images of a fit, and the descriptors that its densities are fitted to.

    Args:
        backbone: The trained backbone.
        recipe: Defines the canvas, the number of descriptors and the seed.
        scores: All scores of the fit, so that one pass over the images serves all their densities.
        background: Data sets to fit to.
        validation: Data sets that stop the training of a flow.
        sources: Images with classes that hybrid flows are fitted to.
        folder: Folder of the fit, for checkpoints.
    """

    def __init__(
        self,
        backbone: Pyramid,
        recipe: Recipe,
        scores: Sequence[Score],
        background: Sequence[Dataset],
        validation: Sequence[IndexedDataset],
        sources: Sequence[Source],
        folder: Path,
    ) -> None:
        self.backbone, self.folder, self.seed = backbone, folder, recipe.seed
        self._recipe, self._background, self._validation, self._sources = recipe, background, validation, sources
        self._hybrids = [score for score in scores if isinstance(score, HybridScore)]
        self._densities = [density for score in scores for density in score.densities()]

    def maps(self, label: str, most: int | None = None) -> Iterator[tuple[list[Tensor], npt.NDArray[np.uint8]]]:
        """Compute the feature maps of each image to fit to.

        Args:
            label: Purpose of the pass over the images, for the progress bar.
            most: Take so many evenly spaced images of each indexed data set, and none of the others; None for all.

        Yields:
            The maps, 1 x channels x h x w for each layer, and the mask in the canvas, H x W.
        """
        sets = self._background
        if most is not None:
            sets = [evenly_spaced(dataset, most) for dataset in sets if isinstance(dataset, IndexedDataset)]
        return self._maps(sets, label)

    def cells(self, score: DensityScore) -> tuple[Tensor, Tensor]:
        """Take the descriptors to fit a density to, and those to validate it with: n x channels each.

        Raises:
            DatasetError: The images have too few background cells.
        """
        fit, validation = self._cells[score.name]
        layer = self.backbone.layers[score.index]
        self.check(layer, len(fit), "fit")
        self.check(layer, len(validation), "validate")
        return fit, validation

    def labelled_cells(self, score: HybridScore) -> tuple[LabelledCells, LabelledCells]:
        """Take the labelled cells to fit a hybrid flow to, and those to validate it with.

        Raises:
            DatasetError: The images have too few cells of either side.
        """
        fit, validation = self._labelled_cells[score.name]
        for side in (True, False):
            self.check(score.grid, int((fit.foreground == side).sum()), "fit")
            self.check(score.grid, int((validation.foreground == side).sum()), "validate")
        return fit, validation

    @staticmethod
    def check(layer: Layer, cells: int, purpose: str) -> None:
        """Refuse to fit to too few cells of a side, background or foreground.

        Args:
            layer: The layer of the cells.
            cells: Number of cells that were found.
            purpose: Use of the cells, `fit` or `validate`.

        Raises:
            DatasetError: There are too few.
        """
        least = min_cells(layer) if purpose == "fit" else MIN_CELLS
        if cells < least:
            raise DatasetError(
                f"layer {layer.number} has {cells} cells of a side to {purpose} with, of at least {least}; "
                "more or larger images are needed, or more cells"
            )

    @cached_property
    def _cells(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Descriptors by the name of the density score."""
        most = self._recipe.cells
        fit = self._draw(self._background, most)
        validation = self._draw([evenly_spaced(dataset, STOPPING_IMAGES) for dataset in self._validation], most // 4)
        names = [score.name for score in self._densities]
        return dict(zip(names, zip(fit, validation, strict=True), strict=True))

    @cached_property
    def _labelled_cells(self) -> dict[str, tuple[LabelledCells, LabelledCells]]:
        """Labelled cells by the name of the score."""
        crops = BackboneRecipe(
            width=self._recipe.width,
            height=self._recipe.height,
            crop=(self._recipe.width, self._recipe.height),
            paste=OUTLIERS,
            strew=OUTLIERS,
            seed=self.seed,
        )
        steps = tqdm(range(CROPS), desc="cells of crops", unit="crop")
        drawn = (draw_crop(self._sources, crops, step, 0) for step in steps)
        fit = collect_cells(self.backbone, drawn, self._hybrids, CROP_CELLS, self.seed)
        sets = [evenly_spaced(dataset, STOPPING_IMAGES) for dataset in self._validation]
        seen = (self._on_canvas(sample) for dataset in sets for sample in dataset)
        each = CROPS * CROP_CELLS // 4 // max(1, sum(len(dataset) for dataset in sets))
        validation = collect_cells(self.backbone, seen, self._hybrids, each, self.seed)
        names = [score.name for score in self._hybrids]
        return dict(zip(names, zip(fit, validation, strict=True), strict=True))

    def _on_canvas(self, sample: Sample) -> Sample:
        canvas, mask = to_canvas(sample, self._recipe.width, self._recipe.height)
        return Sample(canvas, mask_to_classes(mask), sample.id)

    def _draw(self, sets: Sequence[Dataset], most: int) -> list[Tensor]:
        """Draw descriptors for each density, about as many from every image."""
        rng = np.random.default_rng(self.seed)
        each = max(1, most // max(1, sum(len(dataset) for dataset in sets)))
        found: list[list[Tensor]] = [[] for _ in self._densities]
        for maps, mask in self._maps(sets, "cells"):
            for score, cells in zip(self._densities, found, strict=True):
                places = np.flatnonzero(score.select_cells(mask, self.backbone.layers[score.index]))
                chosen = np.sort(rng.choice(places, each, replace=False)) if len(places) > each else places
                cells.append(score.descriptors(maps)[0].flatten(1).T[torch.from_numpy(chosen).to(DEVICE)].cpu())
        return [torch.cat(cells) for cells in found]

    def _maps(self, sets: Sequence[Dataset], label: str) -> Iterator[tuple[list[Tensor], npt.NDArray[np.uint8]]]:
        for image, sample in canvases(self._recipe, sets, label):
            with torch.inference_mode():
                maps = self.backbone(image.permute(0, 3, 1, 2).float())
            yield maps, sample.mask
