# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation of a model folder to a building from images of it: the flows learn what its rooms look like."""
