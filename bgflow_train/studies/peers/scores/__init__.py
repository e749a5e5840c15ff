# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of other detectors, which the default model's are compared with and which ship in no model."""

from bgflow_train.model.scores import SCORES, DensityScore, Score, ScoreRegistry
from bgflow_train.networks import Layer
from bgflow_train.networks.pyramid import Pyramid
from bgflow_train.studies.peers.scores.context import ContextScore
from bgflow_train.studies.peers.scores.lraspp import LrasppScore
from bgflow_train.studies.peers.scores.padim import PadimScore
from bgflow_train.studies.peers.scores.patchcore import PatchCore
from bgflow_train.studies.peers.scores.ratio import RatioScore
from bgflow_train.studies.peers.scores.spline_flow import SplineFlow

__all__ = ["ALL_SCORES", "ContextScore", "LrasppScore", "PadimScore", "PatchCore", "RatioScore", "SplineFlow"]


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


ALL_SCORES = SCORES | ScoreRegistry(
    {"lraspp": _lraspp},
    {"patchcore": _patchcore, "ratio": _ratio, "padim": _padim, "context": _context, "spline": _spline},
)
"""The scores of the model package and those of this one."""
