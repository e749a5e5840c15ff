# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of other detectors, which the default model's are compared with and which ship in no model."""

from collections.abc import Callable

from bgflow_train.model.densities import HybridFlow
from bgflow_train.model.scores import SCORES, DensityScore, HybridScore, Score, ScoreRegistry
from bgflow_train.networks import Layer
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.studies.peers.scores.context import ContextScore
from bgflow_train.studies.peers.scores.hybrid_losses import (
    ContrastFlow,
    LikelihoodScore,
    MarginFlow,
    OutComponentFlow,
)
from bgflow_train.studies.peers.scores.lraspp import LrasppScore
from bgflow_train.studies.peers.scores.padim import PadimScore
from bgflow_train.studies.peers.scores.patchcore import PatchCore
from bgflow_train.studies.peers.scores.ratio import RatioScore
from bgflow_train.studies.peers.scores.spline_flow import SplineFlow

__all__ = [
    "ALL_SCORES",
    "ContextScore",
    "ContrastFlow",
    "LikelihoodScore",
    "LrasppScore",
    "MarginFlow",
    "OutComponentFlow",
    "PadimScore",
    "PatchCore",
    "RatioScore",
    "SplineFlow",
]

SIZES = ((4, 32), (8, 32), (2, 16), (2, 64))
"""Numbers of couplings and widths of the hybrid flows that the default one is compared with."""


def _lraspp(backbone: Pyramid) -> Score:
    channels = {layer.number: layer.channels for layer in backbone.layers}
    return LrasppScore(channels[3], channels[5])


def _patchcore(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, PatchCore(layer.channels))


def _ratio(name: str, index: int, layer: Layer, seed: int) -> Score:
    return RatioScore(name, index, layer.channels)


def _padim(name: str, index: int, layer: Layer, seed: int) -> Score:
    return PadimScore(name, index, layer.channels)


def _context(name: str, index: int, layer: Layer, seed: int) -> Score:
    return ContextScore(name, index, layer.channels)


def _spline(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, SplineFlow(layer.channels, seed=seed))


def _out_component(name: str, index: int, layer: Layer, seed: int) -> Score:
    return HybridScore(name, index, layer, OutComponentFlow(layer.channels, seed=seed))


def _margin(name: str, index: int, layer: Layer, seed: int) -> Score:
    return LikelihoodScore(name, index, layer, MarginFlow(layer.channels, seed=seed))


def _contrast(name: str, index: int, layer: Layer, seed: int) -> Score:
    return LikelihoodScore(name, index, layer, ContrastFlow(layer.channels, seed=seed))


def _twin(name: str, index: int, layer: Layer, seed: int) -> Score:
    return HybridScore(name, index, layer, HybridFlow(layer.channels, seed=seed + 1))


def _sized(couplings: int, hidden: int) -> Callable[[str, int, Layer, int], Score]:
    def make(name: str, index: int, layer: Layer, seed: int) -> Score:
        return HybridScore(
            name, index, layer, HybridFlow(layer.channels, couplings=couplings, hidden=hidden, seed=seed)
        )

    return make


ALL_SCORES = SCORES | ScoreRegistry(
    {"lraspp": _lraspp},
    {
        "patchcore": _patchcore,
        "ratio": _ratio,
        "padim": _padim,
        "context": _context,
        "spline": _spline,
        "outcomponent": _out_component,
        "margin": _margin,
        "contrast": _contrast,
        "twin": _twin,
        **{f"hybrid_{couplings}x{hidden}_": _sized(couplings, hidden) for couplings, hidden in SIZES},
    },
)
"""The scores of the model package and those of this one."""
