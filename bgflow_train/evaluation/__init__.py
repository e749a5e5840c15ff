# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics, calibration, operating points, and what a model scores on a data set."""
