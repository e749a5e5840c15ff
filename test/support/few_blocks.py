# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0 with one block in each stage: the same names, channels and strides for half of the work."""

from __future__ import annotations

from typing import Any

import pytest
import timm
from timm.models import register_model
from timm.models.efficientnet import BN_EPS_TF_DEFAULT, EfficientNet, _gen_efficientnet_lite
from torch import nn

from bgflow_train.networks import efficientnet_lite

__all__ = ["replace"]


@register_model
def efficientnet_few_blocks(pretrained: bool = False, **settings: Any) -> EfficientNet:
    settings = {"bn_eps": BN_EPS_TF_DEFAULT, "pad_type": "same"} | settings
    # The number of blocks of a stage is rounded up.
    return _gen_efficientnet_lite("tf_efficientnet_lite0", depth_multiplier=0.1, pretrained=pretrained, **settings)


def replace(patch: pytest.MonkeyPatch) -> None:
    """Make this network instead of EfficientNet-Lite0, with the ImageNet weights of the blocks that it has."""
    whole, load = efficientnet_lite.ARCHITECTURES[0], efficientnet_lite._load_imagenet

    def load_some(network: nn.Module, number: int) -> str:
        with pytest.MonkeyPatch.context() as undone:
            undone.setitem(efficientnet_lite.ARCHITECTURES, 0, whole)
            everything = timm.create_model(whole, pretrained=False, features_only=True)
            source = load(everything, number)
        published = everything.state_dict()
        network.load_state_dict({name: published[name] for name in network.state_dict()})
        return source

    patch.setitem(efficientnet_lite.ARCHITECTURES, 0, efficientnet_few_blocks.__name__)
    patch.setattr(efficientnet_lite, "_load_imagenet", load_some)
