# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Localisation on another day, in a map of the first: how often and how well, by what masks keep and what has moved."""
