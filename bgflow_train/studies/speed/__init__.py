# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How fast the packaged model is beside its peers, how fast the node is, and how long making a model takes."""
