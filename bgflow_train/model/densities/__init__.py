# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Densities by name: each is `fit` and `nll`."""

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.gaussian import Gaussian
from bgflow_train.model.densities.knn import KNN
from bgflow_train.model.densities.mixture import Mixture
from bgflow_train.model.densities.patchcore import PatchCore
from bgflow_train.model.densities.real_nvp import RealNVP
from bgflow_train.model.densities.whitening import Whitening

__all__ = ["KNN", "Density", "Gaussian", "Mixture", "PatchCore", "RealNVP", "Whitening"]
