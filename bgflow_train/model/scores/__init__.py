# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Scores: evidence for foreground from the feature maps of the backbone."""

from bgflow_train.model.densities import KNN, Gaussian, HybridFlow, Mixture, RealNVP
from bgflow_train.model.scores.base import Score
from bgflow_train.model.scores.classes import ClassesScore
from bgflow_train.model.scores.density import DensityScore
from bgflow_train.model.scores.head import HeadScore
from bgflow_train.model.scores.hybrid import HybridScore
from bgflow_train.model.scores.latent_room import LatentRoomScore
from bgflow_train.model.scores.registry import ScoreError, ScoreRegistry
from bgflow_train.model.scores.room import RoomScore
from bgflow_train.networks import Layer
from bgflow_train.networks.pyramid import Pyramid

__all__ = [
    "COUPLINGS",
    "HIDDEN",
    "SCORES",
    "ClassesScore",
    "DensityScore",
    "HeadScore",
    "HybridScore",
    "LatentRoomScore",
    "RoomScore",
    "Score",
    "ScoreError",
    "ScoreRegistry",
]

COUPLINGS, HIDDEN = 8, 64
"""Number of couplings of a flow, and width of their networks."""
NEIGHBOURS, STORED = 50, 20_000
"""Number of nearest neighbours, and of stored descriptors to search at most."""


def _room(backbone: Pyramid) -> Score:
    return RoomScore(backbone, [layer.number for layer in backbone.layers].index(6))


def _gaussian(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, Gaussian(layer.channels))


def _mixture(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, Mixture(layer.channels))


def _flow(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, RealNVP(layer.channels, couplings=COUPLINGS, hidden=HIDDEN, seed=seed))


def _hybrid(name: str, index: int, layer: Layer, seed: int) -> Score:
    return HybridScore(name, index, layer, HybridFlow(layer.channels, seed=seed))


def _latent(name: str, index: int, layer: Layer, seed: int) -> Score:
    return LatentRoomScore(name, index)


def _knn(name: str, index: int, layer: Layer, seed: int) -> Score:
    return DensityScore(name, index, KNN(layer.channels, neighbours=NEIGHBOURS, stored=STORED))


SCORES = ScoreRegistry(
    {"head": HeadScore, "classes": ClassesScore, "room": _room},
    {
        "gaussian": _gaussian,
        "mixture": _mixture,
        "flow": _flow,
        "knn": _knn,
        "hybrid": _hybrid,
        "latent": _latent,
    },
)
"""Scores of this package; `bgflow_train.studies.peers.scores` has those that are only compared with."""
