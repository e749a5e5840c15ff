# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Soak test: the real node beside a camera and an operator that cause faults for a long time."""
