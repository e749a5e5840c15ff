# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Measurements that ship in no model: the paper's tables, peers, odometry, speed."""
