# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Costmaps of drives: obstacles that are missed, phantoms, and free space that is lost, by layer."""
