# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags in any of their forms, read as far as their data suffice and copied as they are; ROS 1 bags to read."""
