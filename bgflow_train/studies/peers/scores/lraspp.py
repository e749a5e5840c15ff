# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from another head on the same encoder: LR-ASPP, a common light segmentation head (Howard et al., 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from bgflow_train.model.scores import Score
from bgflow_train.networks.device import DEVICE
from bgflow_train.training.steps import mask_loss, take_step

if TYPE_CHECKING:
    from bgflow_train.model.fitting_data import FittingData

__all__ = ["LrasppScore"]


class LrasppScore(Score):
    """Foreground logit of torchvision's LR-ASPP head on layers 3 and 5 of a frozen encoder.

    Args:
        low: Channels of layer 3.
        high: Channels of layer 5.
    """

    name, kind = "lraspp", "head"
    index = 0  # layer 3, the first
    WIDTH = 128
    """Number of inner channels, as in the paper."""
    IMAGES = 500
    """Number of evenly spaced images of each data set at most; their maps must fit into memory."""
    EPOCHS = 12
    BATCH = 8
    RATE = 2e-3

    def __init__(self, low: int, high: int) -> None:
        from torchvision.models.segmentation.lraspp import LRASPPHead

        super().__init__()
        self.head = LRASPPHead(low, high, 1, self.WIDTH)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Compute the foreground logit of each cell of layer 3."""
        logits: Tensor = self.head({"low": maps[self.index], "high": maps[2]})
        return logits

    @property
    def learnt(self) -> LrasppScore:
        """The score itself."""
        return self

    def fit(self, data: FittingData) -> None:
        """Train the head on some of the images."""
        self.fit_maps(data.maps(self.name, self.IMAGES), data.seed)

    def fit_maps(self, examples: Iterable[tuple[list[Tensor], npt.NDArray[np.uint8]]], seed: int) -> int:
        """Train the head on feature maps, which are all kept in memory with 16 bits per number.

        Args:
            examples: The layers' maps of each image, and its mask in the canvas.
            seed: Seed of the initial weights and of the order.

        Returns:
            The number of images.
        """
        kept = [(maps[0][0].half().cpu(), maps[2][0].half().cpu(), torch.from_numpy(mask)) for maps, mask in examples]
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for module in self.head.modules():
                if isinstance(module, torch.nn.Conv2d | torch.nn.BatchNorm2d):
                    module.reset_parameters()
        self.requires_grad_(True).to(DEVICE).train()
        optimizer = torch.optim.AdamW(self.parameters(), self.RATE)
        steps = self.EPOCHS * (len(kept) // self.BATCH)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
        with tqdm(total=steps, desc=self.name, unit="step") as bar:
            for _ in range(self.EPOCHS):
                order = torch.randperm(len(kept), generator=generator).tolist()
                for start in range(0, len(kept) - self.BATCH + 1, self.BATCH):
                    chosen = [kept[place] for place in order[start : start + self.BATCH]]
                    low, high, mask = (torch.stack(part).to(DEVICE) for part in zip(*chosen, strict=True))
                    loss = mask_loss(self.head({"low": low.float(), "high": high.float()}), mask)
                    take_step(self, loss, optimizer, schedule, max_norm=math.inf)
                    bar.set_postfix(loss=f"{loss.item():.3f}")
                    bar.update()
        self.requires_grad_(False).cpu().eval()
        return len(kept)
