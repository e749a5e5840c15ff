# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reading and copying of ROS 2 bags in any of their forms, damaged ones as far as possible; reading of ROS 1 bags."""
