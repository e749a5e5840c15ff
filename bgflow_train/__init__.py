# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Training of bgflow models: data sets, encoders, densities, fusion, calibration, export and evaluation."""

import bgflow_ros  # noqa: F401 (what it sets in the environment must be there before any library is imported)
