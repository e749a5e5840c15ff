# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Effect of masks on visual odometry: drives, two methods of odometry, ways to mask, errors, tables."""
