# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Counting, metrics, calibration, operating points and the evaluation report of a model."""
