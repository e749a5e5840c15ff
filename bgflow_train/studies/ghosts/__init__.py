# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a map still holds on another day, although it is gone."""
