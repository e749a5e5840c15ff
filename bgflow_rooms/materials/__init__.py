# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural materials and colours; no image files."""
