# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The `bgflow` command, with one file for each verb."""
