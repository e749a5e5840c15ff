# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Densities of descriptors: each has the methods `fit` and `nll`."""

from bgflow_train.model.densities.base import Density
from bgflow_train.model.densities.flow import Flow
from bgflow_train.model.densities.gaussian import Gaussian
from bgflow_train.model.densities.hybrid_flow import HybridFlow
from bgflow_train.model.densities.knn import KNN
from bgflow_train.model.densities.mixture import Mixture
from bgflow_train.model.densities.real_nvp import RealNVP
from bgflow_train.model.densities.whitening import Whitening

__all__ = ["KNN", "Density", "Flow", "Gaussian", "HybridFlow", "Mixture", "RealNVP", "Whitening"]
