# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of runs: ownership, checkpoints, and the artifacts that a run leaves behind."""
