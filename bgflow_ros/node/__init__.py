# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The only part that imports rclpy and message packages."""
