# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmark of the real node over real DDS: camera, node and receiver run as separate processes."""
