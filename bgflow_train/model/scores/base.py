# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What every score gives."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["Score"]


class Score(nn.Module, ABC):
    """Evidence for foreground, cell by cell: higher where foreground is more likely, in any unit.

    Fusion sees a list of scores and does not care which.
    """

    name: str

    @abstractmethod
    def forward(self, maps: list[Tensor]) -> Tensor:
        """Score one picture.

        Args:
            maps: 1 x channels x h x w, of each of the encoder's layers.

        Returns:
            1 x 1 x h x w, on the grid of one of the layers.
        """
