# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Random furnished rooms, rendered with Blender's Python module into pictures with exact masks, labels and depth."""
