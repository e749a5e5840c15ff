# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The model that is exported: densities, scores, their fusion, and the fit of all of them."""
