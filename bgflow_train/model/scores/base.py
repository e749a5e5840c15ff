# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors.torch
from torch import Tensor, nn

from bgflow_ros.segmentation.files import write_atomically
from bgflow_train.networks import Layer

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData
    from bgflow_train.model.scores.density import DensityScore

__all__ = ["Score"]


class Score(nn.Module, ABC):
    """Evidence for foreground for each cell: higher where foreground is more likely, in any unit.

    The fusion combines a list of scores and normalises them. A score that learns from images overrides `fit` and names
    the module that learns in `learnt`; `save` and `load` then need no change.
    """

    name: str
    kind: str
    """Kind of evidence in a word: head, flow, ..."""
    index: int
    """Index among the encoder's layers of the one that the score is on."""

    @abstractmethod
    def forward(self, maps: list[Tensor]) -> Tensor:
        """Score one image.

        Args:
            maps: 1 x channels x h x w for each of the backbone's layers.

        Returns:
            1 x 1 x h x w, with the `stride` of the score.
        """

    def stride(self, layers: Sequence[Layer]) -> int:
        """Tell how many pixels of the network's input a cell of the score covers, given the encoder's layers."""
        return layers[self.index].stride

    @property
    def learnt(self) -> nn.Module | None:
        """Module whose state `save` stores; None for a score that takes everything from the backbone."""
        return None

    @property
    def exportable(self) -> bool:
        """Tell whether the score can become part of an ONNX graph."""
        return True

    def attach(self, scores: Sequence[Score]) -> None:
        """Find another score of the same model, if this one builds on it; by default it does not.

        Args:
            scores: All scores of the model.

        Raises:
            ValueError: It is missing.
        """

    def densities(self) -> list[DensityScore]:
        """List the density scores that this score consists of, which are fitted to background descriptors."""
        return []

    def fit(self, data: FittingData) -> None:
        """Learn from labelled images; by default there is nothing to learn.

        Args:
            data: The images, as the backbone sees them.

        Raises:
            DatasetError: The images have too few background cells.
        """

    def describe(self, data: FittingData) -> list[dict[str, Any]]:
        """Describe the densities of the fitted score, JSON-ready, for the record of the fit.

        Args:
            data: The images that the score was fitted to.
        """
        return [row for density in self.densities() for row in density.describe(data)]

    def is_saved(self, folder: Path) -> bool:
        """Tell whether `load` finds everything that it needs in a folder."""
        return self.learnt is None or self._path(folder).exists()

    def save(self, folder: Path) -> None:
        """Store in a folder what `fit` has learnt, under the name of the score; the fit's checkpoint is removed."""
        if self.learnt is not None:
            write_atomically(self._path(folder), safetensors.torch.save(self.learnt.state_dict()))
            self._checkpoint(folder).unlink(missing_ok=True)

    def load(self, folder: Path) -> None:
        """Read what `save` has stored."""
        if self.learnt is not None:
            self.learnt.load_state_dict(safetensors.torch.load_file(self._path(folder)))

    def _path(self, folder: Path) -> Path:
        return folder / f"{self.name}.safetensors"

    def _checkpoint(self, folder: Path) -> Path:
        return folder / f"{self.name}.checkpoint"
