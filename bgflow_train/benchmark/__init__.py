# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""How fast the network and the node are."""
