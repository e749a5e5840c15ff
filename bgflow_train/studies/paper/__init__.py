# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Reproduction of the paper's tables and figures."""
