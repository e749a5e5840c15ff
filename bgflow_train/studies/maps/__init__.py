# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Maps of drives with known poses: what of the room and what of its furniture is in them, by mask."""
