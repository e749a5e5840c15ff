# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Batch normalisation folded into convolutions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from torch import nn

from bgflow_train.export.folding import fold_batch_norm
from bgflow_train.networks.efficientnet_lite import EfficientNetLite0


def bare() -> nn.Module:
    """Convolutions with and without bias, and a normalisation that follows none."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 5, 1, bias=False),
        nn.BatchNorm2d(5),
    )


@pytest.mark.parametrize(("make", "left"), [(bare, 1), (lambda: EfficientNetLite0("random"), 0)], ids=["bare", "lite0"])
def test_it_computes_the_same_without_normalisations(make: Callable[[], nn.Module], left: int) -> None:
    network = make().eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.running_mean.copy_(torch.randn(norm.running_mean.shape, generator=generator))
        norm.running_var.copy_(0.5 + torch.rand(norm.running_var.shape, generator=generator))
        norm.weight.copy_(0.5 + torch.rand(norm.weight.shape, generator=generator))
        norm.bias.copy_(torch.randn(norm.bias.shape, generator=generator))
    folded = fold_batch_norm(network)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in folded.modules()) == left
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == len(norms), "it stays as it is"
    image = 255 * torch.rand(1, 3, 64, 64, generator=generator)
    expected, found = network(image), folded(image)
    if isinstance(expected, torch.Tensor):
        expected, found = [expected], [found]
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-3 * float(one.abs().max()))
