# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What another head says of the same encoder: LR-ASPP, the usual light segmentation head (Howard et al., 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.models.segmentation.lraspp import LRASPPHead
from tqdm import tqdm

from bgflow_train.model.scores.base import Score
from bgflow_train.networks.device import DEVICE
from bgflow_train.runs.artifact import mask_loss, take_step

__all__ = ["LrasppScore"]


class LrasppScore(Score):
    """Foreground logit of torchvision's LR-ASPP head on layers 3 and 5 of a frozen encoder.

    Args:
        low: channels of layer 3.
        high: channels of layer 5.
    """

    name = "lraspp"
    WIDTH = 128
    """Channels of its middle, as in the paper."""
    EPOCHS = 12
    BATCH = 8
    RATE = 2e-3

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.head = LRASPPHead(low, high, 1, self.WIDTH)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Foreground logit of each cell of layer 3."""
        logits: Tensor = self.head({"low": maps[0], "high": maps[2]})
        return logits

    def fit(self, seen: Iterable[tuple[list[Tensor], npt.NDArray[np.uint8]]], seed: int) -> int:
        """Train the head on the maps of labelled pictures, which are all kept in memory, 16 bits a number.

        Args:
            seen: the layers' maps of a picture, and its mask in the canvas.
            seed: of the first weights and the order.

        Returns:
            How many pictures there were.
        """
        kept = [(maps[0][0].half().cpu(), maps[2][0].half().cpu(), torch.from_numpy(mask)) for maps, mask in seen]
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
                    take_step(self, loss, optimizer, schedule, longest=math.inf)
                    bar.set_postfix(loss=f"{loss.item():.3f}")
                    bar.update()
        self.requires_grad_(False).cpu().eval()
        return len(kept)
