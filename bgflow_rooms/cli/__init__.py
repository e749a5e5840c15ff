# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Verbs of the `bgflow` command that render with Blender."""
