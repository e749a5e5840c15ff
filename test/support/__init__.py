# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What tests share: a robot over real DDS, a tiny model, and data sets, bags and videos that are made here."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
