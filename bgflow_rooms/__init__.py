# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Generator of random furnished rooms: Blender renders images with exact masks, class labels and depth."""
