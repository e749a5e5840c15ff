# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Comparison of the default model with its peers on the same images."""
