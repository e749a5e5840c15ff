# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How fast the real node is over real DDS: camera, node and receiver as processes of their own."""
