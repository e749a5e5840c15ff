# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation to buildings, measured: masks before and after it, there and at home."""
