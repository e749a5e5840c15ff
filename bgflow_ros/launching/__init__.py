# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Code that the launch files share: arguments, checks that are made before anything starts, and descriptions."""
