# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""A training that is killed right after it has saved an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bgflow_train.runs.checkpoint import Checkpoint

__all__ = ["killed_after"]


@contextmanager
def killed_after(epoch: int) -> Iterator[None]:
    """Kill the training in the block after this epoch, and see that it comes to that."""
    save = Checkpoint.end_epoch

    def end_epoch(self: Checkpoint, nll: float) -> None:
        save(self, nll)
        if self.epoch == epoch:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "end_epoch", end_epoch)
        yield
