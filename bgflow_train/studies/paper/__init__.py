# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's tables and figures, one file each, and what they share."""
