# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""bgflow: what an empty room looks like, so that everything else can be found. This package runs on the robot."""

__version__ = "0.1.0"
