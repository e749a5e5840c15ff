# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Families of furniture and the shapes they are built from."""
