# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rendering of scenes into images, masks, labels and depth."""
