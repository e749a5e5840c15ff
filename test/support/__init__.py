# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Support of the tests: a robot over real DDS, a tiny model, and generators of data sets, bags and videos."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
