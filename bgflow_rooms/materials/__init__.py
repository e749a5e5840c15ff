# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural materials and colours, which need no image files."""
