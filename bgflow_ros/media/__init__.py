# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Sources of frames (image files, videos, bags, cameras) and overlay videos."""
