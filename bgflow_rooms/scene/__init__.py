# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Layout of a scene: plan, walls, openings, furniture, light and cameras."""
