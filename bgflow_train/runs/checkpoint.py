# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Training state on disk, so that a killed training continues from its last epoch."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from bgflow_ros.segmentation.errors import UserError
from bgflow_ros.segmentation.files import write_atomically

__all__ = ["Checkpoint", "DivergedError"]


class DivergedError(UserError):
    """Training whose loss is no longer a number."""


class Checkpoint:
    """Current and best weights, moments of the optimizer, schedule and epoch, in one safetensors file.

    Args:
        path: The file; None to keep the state in memory only.
        module: The module that is trained.
        optimizer: Adam or AdamW.
        schedule: Schedule of the learning rates.
    """

    def __init__(
        self,
        path: Path | None,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> None:
        self.path, self.module, self.optimizer, self.schedule = path, module, optimizer, schedule
        self.epoch = self.best_epoch = 0
        self.nll = self.best_nll = math.inf
        self.best = _copy(module)

    @classmethod
    def open(
        cls,
        path: Path | None,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> Checkpoint:
        """Create the state, and load it from `path` if the file exists."""
        state = cls(path, module, optimizer, schedule)
        if path is not None and path.exists():
            state._load(path)
        return state

    def begin(self, nll: float) -> None:
        """Make the initial weights a candidate of early stopping, with their validation NLL.

        Raises:
            DivergedError: The NLL is not a number.
        """
        self._check(nll)
        self.nll = self.best_nll = nll

    def end_epoch(self, nll: float) -> None:
        """Count an epoch with its validation NLL, keep the weights if they are the best so far, and save.

        Raises:
            DivergedError: The NLL is not a number; what was saved before stays.
        """
        self.epoch += 1
        self.nll = nll
        self._check(nll)
        if nll < self.best_nll:
            self.best_nll, self.best_epoch, self.best = nll, self.epoch, _copy(self.module)
        if self.path is not None:
            write_atomically(self.path, safetensors.torch.save(self._tensors(), {"state": json.dumps(self._numbers())}))

    def _check(self, nll: float) -> None:
        if math.isnan(nll):
            raise DivergedError(
                f"the validation loss of epoch {self.epoch} is not a number; lower the learning rate, or take more or "
                "other images, and start again in an empty folder"
            )

    def restore_best(self) -> None:
        """Load the weights of the lowest validation NLL into the module."""
        self.module.load_state_dict(self.best)

    def _numbers(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "nll": self.nll,
            "best_nll": self.best_nll,
            "schedule": self.schedule.state_dict(),
            # The cosine schedule computes each rate from the previous one.
            "rates": [group["lr"] for group in self.optimizer.param_groups],
        }

    def _tensors(self) -> dict[str, Tensor]:
        tensors = {f"now.{name}": tensor for name, tensor in _copy(self.module).items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"adam.{index}.{name}": value for name, value in moments.items()}
        # safetensors does not accept other memory layouts, such as channels-last.
        return {name: tensor.contiguous() for name, tensor in tensors.items()}

    def _load(self, path: Path) -> None:
        with safetensors.safe_open(path, "pt") as file:
            numbers = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        self.epoch, self.best_epoch = numbers["epoch"], numbers["best_epoch"]
        self.nll, self.best_nll = numbers["nll"], numbers["best_nll"]
        self.schedule.load_state_dict(numbers["schedule"])
        self.module.load_state_dict(_under("now.", tensors))
        self.best = _under("best.", tensors)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under("adam.", tensors).items():
            index, _, key = name.partition(".")
            moments.setdefault(int(index), {})[key] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        groups = [group | {"lr": rate} for group, rate in zip(groups, numbers["rates"], strict=True)]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
