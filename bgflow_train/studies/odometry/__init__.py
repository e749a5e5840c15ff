# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What masks do for visual odometry: drives, two odometries, ways to mask, errors, tables."""
