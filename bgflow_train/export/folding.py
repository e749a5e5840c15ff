# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Batch normalisation folded into the convolution before it: the same numbers with fewer operations."""

from __future__ import annotations

import copy
from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

__all__ = ["fold_batch_norm"]


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Fold each batch normalisation that follows a convolution in the same module, as it does in all our networks.

    The exporter would do so as well, after it has taken every normalisation apart, which takes most of its time.

    Args:
        network: Network in evaluation mode; it stays as it is.

    Returns:
        A copy that computes the same.
    """
    from timm.layers.norm_act import BatchNormAct2d

    folded = copy.deepcopy(network)
    for module in folded.modules():
        for (_, convolution), (name, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                assert norm.running_mean is not None
                assert norm.running_var is not None
                convolution.weight, convolution.bias = fuse_conv_bn_weights(
                    convolution.weight,
                    convolution.bias,
                    norm.running_mean,
                    norm.running_var,
                    norm.eps,
                    norm.weight,
                    norm.bias,
                )
                # timm's normalisation has the activation in it.
                rest = nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else nn.Identity()
                setattr(module, name, rest)
    return folded
